//! Finding columns by the names that users write.

use syncapp_model::{Code, Column, Error};

/// The column that a name means: the one spelled exactly so, else the only one that differs in case alone.
pub(crate) fn find(columns: &[Column], name: &str) -> Option<usize> {
    let exact = columns.iter().position(|column| column.name == name);
    exact.or_else(|| {
        let lower = name.to_lowercase();
        let mut alike = (0..columns.len()).filter(|at| columns[*at].name.to_lowercase() == lower);
        alike.next().filter(|_| alike.next().is_none())
    })
}

/// [`find`], or an error that names the nearest column.
pub(crate) fn resolve(columns: &[Column], name: &str) -> Result<usize, Error> {
    find(columns, name).ok_or_else(|| unknown(columns, name))
}

/// That the stream lacks a column, or has several that differ from the name in case.
pub(crate) fn unknown(columns: &[Column], name: &str) -> Error {
    let lower = name.to_lowercase();
    let alike: Vec<_> = columns
        .iter()
        .filter(|column| column.name.to_lowercase() == lower)
        .map(|column| format!("`{}`", column.name))
        .collect();
    if alike.len() > 1 {
        return Error::new(
            Code::UnknownColumn,
            format!("`{name}` may be any of {}", alike.join(", ")),
        )
        .help("spell it exactly as the source does, in double quotes within an expression");
    }
    let error = Error::new(Code::UnknownColumn, format!("the stream has no column `{name}`"));
    let nearest = columns
        .iter()
        .map(|column| {
            (
                strsim::damerau_levenshtein(&lower, &column.name.to_lowercase()),
                &column.name,
            )
        })
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, nearest)) if distance <= 1 + name.chars().count() / 3 => {
            error.help(format!("did you mean `{nearest}`?"))
        }
        _ => {
            const SHOWN: usize = 20;
            let mut names: Vec<_> = columns
                .iter()
                .take(SHOWN)
                .map(|column| format!("`{}`", column.name))
                .collect();
            if columns.len() > SHOWN {
                names.push("…".to_owned());
            }
            error.help(format!("its columns are {}", names.join(", ")))
        }
    }
}

/// A name in snake case: `CustomerID` and `customer-id` become `customer_id`. A name without letters and digits stays.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
            continue;
        }
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if starts && !out.ends_with('_') {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    let trimmed = out.trim_end_matches('_');
    if trimmed.is_empty() {
        name.to_owned()
    } else {
        trimmed.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case() {
        for (name, want) in [
            ("id", "id"),
            ("CustomerID", "customer_id"),
            ("HTTPServer", "http_server"),
            ("customer-id", "customer_id"),
            ("Total (EUR)", "total_eur"),
            ("_x", "x"),
            ("address2Line", "address2_line"),
            ("Größe", "größe"),
            ("***", "***"),
        ] {
            assert_eq!(snake(name), want, "{name}");
        }
    }
}
