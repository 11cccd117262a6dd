//! `${VAR}`, `${VAR:-default}`, `$${` and `secret://NAME` in the texts of connections.
//!
//! Invariants: a resolved text is marked so and is in no error; what a variable holds is never interpolated again.

use super::place::annotate;
use super::tree::{Entry, Node, Span, Text, Value};
use crate::{Code, Error};

/// What stands in front of a secret's name.
const SECRET: &str = "secret://";
/// The longest name of a secret, in bytes.
const LONGEST_SECRET: usize = 200;

/// Where the values of variables and secrets come from: the environment and the vault of a machine, an allow-list and the
/// vault on an agent.
pub trait Variables: Send + Sync {
    /// The value of `${NAME}`, if it is set.
    fn get(&self, name: &str) -> Option<String>;

    /// What to do where there is no value of that name.
    fn variable_help(&self, name: &str) -> String {
        format!("set `{name}` in the environment, or give a default: `${{{name}:-…}}`")
    }

    /// The value of `secret://NAME`, if there is one; an error where there is one that does not open.
    fn secret(&self, name: &str) -> Result<Option<String>, Error>;

    /// What to do where there is no secret of that name.
    fn secret_help(&self, name: &str) -> String;
}

/// A piece of a text.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Literal(&'a str),
    Variable { name: &'a str, default: Option<&'a str> },
}

/// Whether the text may become another one.
pub(super) fn has_reference(text: &str) -> bool {
    text.contains("${") || text.starts_with(SECRET)
}

/// The secrets that a text may stand for, itself or by the default of a variable.
pub(super) fn secrets(text: &str) -> Vec<&str> {
    if let Some(name) = text.strip_prefix(SECRET) {
        return secret_name(name).into_iter().collect();
    }
    let pieces = pieces(text).unwrap_or_default().into_iter();
    let defaults = pieces.filter_map(|piece| match piece {
        Piece::Variable { default, .. } => default?.strip_prefix(SECRET),
        Piece::Literal(_) => None,
    });
    defaults.filter(|name| secret_name(name).is_ok()).collect()
}

/// What is wrong with the references of a text, whatever the variables hold.
pub(super) fn malformed(text: &str) -> Option<Error> {
    match text.strip_prefix(SECRET) {
        Some(name) => secret_name(name).err(),
        None => pieces(text).err(),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The name, if it is one of a secret: of letters, digits and `_ - . /`, and a relative path that stays below its start, since a
/// secret may be a file of that name.
pub fn secret_name(name: &str) -> Result<&str, Error> {
    let is_part = |part: &str| !matches!(part, "" | "." | "..");
    let is_known = |b: u8| b.is_ascii_alphanumeric() || b"_-./".contains(&b);
    if name.len() <= LONGEST_SECRET && name.bytes().all(is_known) && name.split('/').all(is_part) {
        return Ok(name);
    }
    Err(Error::new(Code::InvalidValue, "this is not a secret's name")
        .help("write `secret://NAME`, the name of letters, digits and `_ - . /`, and nothing else in the text"))
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Error> {
    let wrong = |why: &str| {
        Error::new(Code::InvalidValue, why).help("write `${VAR}` or `${VAR:-default}`; a literal `${` is written `$${`")
    };
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, reference) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            pieces.push(Piece::Literal(before));
            pieces.push(Piece::Literal("${"));
            rest = &reference[2..];
            continue;
        }
        pieces.push(Piece::Literal(before));
        let Some((inside, after)) = reference[2..].split_once('}') else {
            return Err(wrong("a `${` is not closed"));
        };
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        if !is_name(name) {
            return Err(wrong(
                "a variable's name is letters, digits and `_`, not beginning with a digit",
            ));
        }
        if default.is_some_and(|default| default.contains("${")) {
            return Err(wrong("a variable's default cannot hold another variable"));
        }
        pieces.push(Piece::Variable { name, default });
        rest = after;
    }
    pieces.push(Piece::Literal(rest));
    Ok(pieces)
}

/// Resolves the texts of a connection, and gathers what cannot be resolved.
pub(super) struct Interpolation<'a> {
    /// The sync file's text: errors point at the reference itself.
    pub(super) source: &'a str,
    /// Where values come from.
    pub(super) variables: &'a dyn Variables,
    /// What was wrong so far.
    pub(super) problems: Vec<Error>,
}

impl Interpolation<'_> {
    /// The node with every text resolved; `path` says where it stands.
    pub(super) fn resolve(&mut self, node: &Node, path: &mut Vec<String>) -> Node {
        let value = match &node.value {
            Value::Text(Text { text, resolved: false }) => match self.text(text, node.span) {
                Ok(text) => Value::Text(text),
                Err(problems) => {
                    let path: Vec<&str> = path.iter().map(String::as_str).collect();
                    self.problems
                        .extend(problems.into_iter().map(|problem| annotate(problem, &path)));
                    node.value.clone()
                }
            },
            Value::List(items) => Value::List(items.iter().map(|item| self.resolve(item, path)).collect()),
            Value::Mapping(entries) => {
                let resolve = |(key, entry): (&String, &Entry)| (key.clone(), self.entry(key, entry, path));
                Value::Mapping(entries.iter().map(resolve).collect())
            }
            other => other.clone(),
        };
        Node { span: node.span, value }
    }

    fn entry(&mut self, key: &str, entry: &Entry, path: &mut Vec<String>) -> Entry {
        path.push(key.to_owned());
        let value = self.resolve(&entry.value, path);
        path.pop();
        Entry {
            key_span: entry.key_span,
            value,
        }
    }

    fn text(&self, text: &str, span: Span) -> Result<Text, Vec<Error>> {
        if let Some(name) = text.strip_prefix(SECRET) {
            let text = secret_name(name).and_then(|name| self.secret(name));
            return text
                .map(|text| Text { text, resolved: true })
                .map_err(|problem| vec![span.mark(problem)]);
        }
        let mut resolved = Text {
            text: String::new(),
            resolved: false,
        };
        let mut problems = Vec::new();
        for piece in pieces(text).map_err(|problem| vec![span.mark(problem)])? {
            match piece {
                Piece::Literal(literal) => resolved.text.push_str(literal),
                Piece::Variable { name, default } => {
                    resolved.resolved = true;
                    match self.variable(name, default) {
                        Ok(value) => resolved.text.push_str(&value),
                        Err(problem) => problems.push(self.reference_span(span, name).mark(problem)),
                    }
                }
            }
        }
        if problems.is_empty() {
            Ok(resolved)
        } else {
            Err(problems)
        }
    }

    /// As in a shell, the default also stands for an empty value.
    fn variable(&self, name: &str, default: Option<&str>) -> Result<String, Error> {
        match (self.variables.get(name), default) {
            (Some(value), None) => Ok(value),
            (Some(value), Some(_)) if !value.is_empty() => Ok(value),
            (_, Some(default)) => match default.strip_prefix(SECRET) {
                Some(secret) => secret_name(secret).and_then(|secret| self.secret(secret)),
                None => Ok(default.to_owned()),
            },
            (None, None) => Err(
                Error::new(Code::UnsetVariable, format!("the variable `{name}` is not set"))
                    .help(self.variables.variable_help(name)),
            ),
        }
    }

    fn secret(&self, name: &str) -> Result<String, Error> {
        self.variables.secret(name)?.ok_or_else(|| {
            Error::new(Code::UnknownSecret, format!("there is no secret `{name}`"))
                .help(self.variables.secret_help(name))
        })
    }

    /// Where the reference to a variable stands inside its text, if the text is on one line; else the text's place.
    fn reference_span(&self, span: Span, name: &str) -> Span {
        let line = self.source.lines().nth(span.line - 1).unwrap_or_default();
        let tail: String = line.chars().skip(span.character - 1).take(span.length).collect();
        let found = [format!("${{{name}}}"), format!("${{{name}:-")]
            .iter()
            .find_map(|start| tail.find(start));
        let Some(at) = found else { return span };
        let length = tail[at..].chars().position(|c| c == '}').map_or(0, |end| end + 1);
        Span {
            line: span.line,
            character: span.character + tail[..at].chars().count(),
            length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Variables for Fixed {
        fn get(&self, name: &str) -> Option<String> {
            match name {
                "HOST" => Some("db".into()),
                "EMPTY" => Some(String::new()),
                "ODD" => Some("${HOST} secret://pw".into()),
                _ => None,
            }
        }

        fn secret(&self, name: &str) -> Result<Option<String>, Error> {
            Ok((name == "team/pw").then(|| "s3cret".into()))
        }

        fn secret_help(&self, name: &str) -> String {
            format!("store `{name}`")
        }
    }

    #[test]
    fn references_resolve() {
        let cases = [
            ("plain", "plain"),
            ("${HOST}", "db"),
            ("a-${HOST}.${HOST}", "a-db.db"),
            ("${NONE:-x}", "x"),
            ("${NONE:-}", ""),
            ("${EMPTY}", ""),
            ("${EMPTY:-x}", "x"),
            ("${NONE:-secret://team/pw}", "s3cret"),
            ("$${HOST}", "${HOST}"),
            ("$$${HOST}", "$${HOST}"),
            ("$HOST and $", "$HOST and $"),
            ("${ODD}", "${HOST} secret://pw"),
            ("secret://team/pw", "s3cret"),
            ("${NONE}", "config.unset_variable"),
            ("secret://other", "config.unknown_secret"),
            ("secret://", "config.invalid_value"),
            ("secret://a b", "config.invalid_value"),
            ("secret:///a", "config.invalid_value"),
            ("secret://a/../b", "config.invalid_value"),
            ("secret://./a", "config.invalid_value"),
            ("secret://a/", "config.invalid_value"),
            ("${HOST", "config.invalid_value"),
            ("${}", "config.invalid_value"),
            ("${1A}", "config.invalid_value"),
            ("${HOST:?x}", "config.invalid_value"),
            ("${NONE:-${HOST}}", "config.invalid_value"),
        ];
        for (text, expected) in cases {
            let interpolation = Interpolation {
                source: text,
                variables: &Fixed,
                problems: Vec::new(),
            };
            let found = match interpolation.text(text, Span::START) {
                Ok(text) => text.text,
                Err(problems) => problems[0].code().name(),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
