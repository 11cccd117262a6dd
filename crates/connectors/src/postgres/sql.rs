//! Pieces of SQL: quoting, and values as literals.

use syncapp_model::{Scalar, StreamName};

/// An identifier, quoted.
pub(super) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table's full name, quoted.
pub(super) fn table(name: &StreamName) -> String {
    match &name.namespace {
        Some(schema) => format!("{}.{}", ident(schema), ident(&name.name)),
        None => ident(&name.name),
    }
}

/// A text literal; right whatever `standard_conforming_strings` says.
pub(super) fn text(value: &str) -> String {
    if value.contains('\\') {
        format!(" E'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
    } else {
        format!("'{}'", value.replace('\'', "''"))
    }
}

/// Identifiers, quoted, with commas between them.
pub(super) fn idents<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(ident).collect::<Vec<_>>().join(", ")
}

/// A cursor's value as a literal of its type.
pub(super) fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Int(value) => format!("'{value}'::int8"),
        Scalar::Decimal(value) => format!("{}::numeric", text(value)),
        Scalar::Text(value) => format!("{}::text", text(value)),
        Scalar::Date(days) => format!("(date '1970-01-01' + {days})"),
        Scalar::Timestamp(micros) => format!("(timestamp '1970-01-01' + {})", interval(*micros)),
        Scalar::TimestampTz(micros) => format!("(timestamptz '1970-01-01 00:00:00+00' + {})", interval(*micros)),
        Scalar::Uuid(_) => format!("'{value}'::uuid"),
    }
}

/// Microseconds as an interval of hours and microseconds: exact, and free of months and days.
fn interval(micros: i64) -> String {
    let hours = micros / 3_600_000_000;
    let rest = micros % 3_600_000_000;
    format!("interval '{hours} hours {rest} microseconds'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(table(&StreamName::within("a\"b", "c.d")), r#""a""b"."c.d""#);
        assert_eq!(text("it's"), "'it''s'");
        assert_eq!(text(r"\'; drop table x; --"), r" E'\\''; drop table x; --'");
    }
}
