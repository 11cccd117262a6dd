//! Pieces of SQL.

use std::fmt::Write as _;

/// The name of the private database that rows are staged in.
pub(super) const STAGE: &str = "\"_syncapp_stage\"";

/// An identifier, quoted.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table of the file itself, whatever other databases are attached.
pub(super) fn main_table(name: &str) -> String {
    format!("main.{}", quote(name))
}

/// A declared type as it stands in a column definition: bare where SQLite can read it so, else quoted.
pub(super) fn type_name(declared: &str) -> String {
    let (word, arguments) = match declared.split_once('(') {
        Some((word, rest)) => (word, rest.strip_suffix(')')),
        None => (declared, Some("")),
    };
    let plain = word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ' ')
        && arguments.is_some_and(|list| {
            list.is_empty()
                || (list.split(',').count() <= 2 && list.split(',').all(|one| one.trim().parse::<u32>().is_ok()))
        });
    // A word of the grammar, such as `REFERENCES`, would end the type: only names that are types stay bare.
    let words = [
        "GENERATED",
        "ALWAYS",
        "REFERENCES",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "CONSTRAINT",
        "AS",
    ];
    let grammar = word
        .split(' ')
        .any(|word| words.iter().any(|reserved| reserved.eq_ignore_ascii_case(word)));
    if declared.is_empty() || (plain && !grammar) {
        declared.to_owned()
    } else {
        quote(declared)
    }
}

/// One column of a definition.
pub(super) fn definition(name: &str, declared: &str, nullable: bool) -> String {
    let mut sql = format!("{} {}", quote(name), type_name(declared));
    if !nullable {
        sql.push_str(" NOT NULL");
    }
    sql
}

/// Joins what is made of each item.
pub(super) fn joined<T>(items: impl IntoIterator<Item = T>, between: &str, one: impl Fn(T) -> String) -> String {
    let mut sql = String::new();
    for (at, item) in items.into_iter().enumerate() {
        let _ = write!(sql, "{}{}", if at > 0 { between } else { "" }, one(item));
    }
    sql
}
