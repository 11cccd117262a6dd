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

/// A query without what may stand behind it: semicolons, spaces and comments.
pub(super) fn statement(query: &str) -> &str {
    let mut end = 0;
    let mut at = 0;
    while let Some(first) = query[at..].chars().next() {
        let (length, counts) = token(&query[at..], first, query[..at].chars().next_back());
        at += length;
        if counts {
            end = at;
        }
    }
    &query[..end]
}

/// The length of what a query begins with, and whether it means something.
fn token(rest: &str, first: char, before: Option<char>) -> (usize, bool) {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    match first {
        '-' if rest.starts_with("--") => (rest.find(['\n', '\r']).unwrap_or(rest.len()), false),
        '/' if rest.starts_with("/*") => (comment(rest), false),
        '\'' => (quoted(rest, '\'', matches!(before, Some('e' | 'E'))), true),
        '"' => (quoted(rest, '"', false), true),
        '$' if !before.is_some_and(word) => (dollar_quoted(rest), true),
        c => (c.len_utf8(), c != ';' && !c.is_whitespace()),
    }
}

/// A comment with those inside it.
fn comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    rest.len()
}

/// `$tag$ … $tag$`; a dollar that begins no tag is a character like others.
fn dollar_quoted(rest: &str) -> usize {
    let end = rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_');
    let tag = end.and_then(|end| rest.get(..end + 2));
    match tag.filter(|tag| tag.ends_with('$') && !tag[1..].starts_with(|c: char| c.is_ascii_digit())) {
        Some(tag) => rest[tag.len()..]
            .find(tag)
            .map_or(rest.len(), |end| end + 2 * tag.len()),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_ends_before_its_last_semicolon() {
        for (query, end) in [
            ("select 1", "select 1"),
            (" select 1 ;; \n", " select 1"),
            ("select 1; -- the end;", "select 1"),
            ("select 1 /* a /* b */ ; */;", "select 1"),
            ("select ';' -- '\n;", "select ';'"),
            ("select 'it''s;';", "select 'it''s;'"),
            (r"select E'a''\';' ;", r"select E'a''\';'"),
            ("select $a→ ;", "select $a→"),
            (r"select '\';", r"select '\'"),
            ("select \"a;\"\"--\" ;", "select \"a;\"\"--\""),
            ("select $a$;$$--$a$;", "select $a$;$$--$a$"),
            ("select $$é;$$; /* open", "select $$é;$$"),
            ("select $1;", "select $1"),
            ("select a$b$; --$b$", "select a$b$"),
            ("select 1; select 2;", "select 1; select 2"),
            (";", ""),
        ] {
            assert_eq!(statement(query), end, "{query}");
        }
    }

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(table(&StreamName::within("a\"b", "c.d")), r#""a""b"."c.d""#);
        assert_eq!(text("it's"), "'it''s'");
        assert_eq!(text(r"\'; drop table x; --"), r" E'\\''; drop table x; --'");
    }
}
