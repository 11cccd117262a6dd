//! No connector's name where all connectors are meant: a new connector must not need a change there.

use std::path::Path;

use super::Finding;
use super::source::{self, Token};

/// The ids of connectors. `http` and `files` are common words and so left out.
const IDS: &[&str] = &[
    "postgres",
    "mysql",
    "sqlite",
    "redshift",
    "bigquery",
    "salesforce",
    "hubspot",
];

/// Where no identifier and no text may hold one as a word. Comments and tests may.
const FOLDERS: &[&str] = &[
    "crates/api/src/",
    "crates/connector/src/",
    "crates/control/src/",
    "crates/engine/src/",
    "crates/model/src/",
    "crates/transform/src/",
];

/// Looks through one file.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let watched = FOLDERS.iter().any(|folder| path.starts_with(folder));
    if !watched || Path::new(path).extension() != Some("rs".as_ref()) || source::is_test(path) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, token) in source::without_tests(&source::tokens(text)) {
        let words = match token {
            Token::Identifier(name) => words(name),
            Token::Text(text) => words(text),
            Token::Other(_) => continue,
        };
        if let Some(id) = IDS.iter().find(|id| words.iter().any(|word| word == *id)) {
            findings.push(Finding::error(path, *line, format!("names the connector `{id}`")));
        }
    }
    findings
}

/// `PostgresSource`, `postgres_source` and `the postgres source` have the word `postgres`; `rusqlite` is one word.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_and_what_is_not() {
        let cases = [
            ("fn copy_to_postgres() {}", true),
            ("struct PostgresTarget;", true),
            ("let x = \"use sqlite here\";", true),
            ("let x = r#\"mysql://\"#;", true),
            ("let x = b\"hubspot\";", true),
            ("use rusqlite::Connection;", false),
            ("use dialect::PostgreSqlDialect;", false),
            ("// like postgres\nfn f() {}", false),
            (
                "/// such as `postgres`\n/* mysql /* sqlite */ hubspot */ fn f() {}",
                false,
            ),
            ("#[cfg(test)]\nmod tests { fn postgres() { let x = \"}\"; } }", false),
            ("#[cfg(test)]\nmod tests { }\nfn postgres() {}", true),
            ("#[cfg(test)]\nmod tests;\nfn postgres() {}", true),
            ("fn f<'postgres>(c: char) -> bool { c == '\"' }", true),
            ("fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' } // mysql", false),
        ];
        for (text, found) in cases {
            assert_eq!(!check("crates/engine/src/a.rs", text).is_empty(), found, "{text}");
        }
    }

    #[test]
    fn where_it_is_looked_for() {
        let cases = [
            ("crates/engine/src/run/mod.rs", true),
            ("crates/engine/src/run/tests.rs", false),
            ("crates/engine/src/tests/mod.rs", false),
            ("crates/engine/tests/run.rs", false),
            ("crates/connectors/src/postgres/mod.rs", false),
            ("crates/store/src/lib.rs", false),
            ("crates/model/src/notes.md", false),
        ];
        for (path, found) in cases {
            assert_eq!(!check(path, "fn postgres() {}").is_empty(), found, "{path}");
        }
    }

    #[test]
    fn the_line_is_said() {
        let findings = check("crates/api/src/a.rs", "\n/* one\ntwo */\nfn postgres() {}");
        assert_eq!(
            findings[0].to_string(),
            "error: crates/api/src/a.rs:4: names the connector `postgres`"
        );
    }
}
