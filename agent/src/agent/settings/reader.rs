//! Values by their keys: from the environment, else from a TOML file, and all that is wrong with them. The key `a.b` is `b` in the
//! table `[a]`, and the variable `SYNCAPP_A_B`.
//!
//! Invariants: a key that nobody asks for is an error that names the nearest one; a value is in no error, since it may be a
//! secret; whatever is read by `secret://NAME` is known as the agent's own.

use std::collections::BTreeSet;
use std::ops::Range;

use syncapp_model::{Code, Error, Secret, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::secrets::of_environment;

/// Reads values, and gathers what is wrong.
pub(super) struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    table: DeTable<'a>,
    variable: &'a dyn Fn(&str) -> Option<String>,
    known: Vec<&'static str>,
    problems: Vec<Error>,
    own: BTreeSet<String>,
    /// Where it stands, if it is a table in the file.
    at: Option<Range<usize>>,
}

/// Texts as they were given, and where.
struct Given {
    texts: Vec<String>,
    /// Where they stand in the file; `None` where they are the environment's.
    at: Option<Range<usize>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(path: &'a str, text: &'a str, variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let (table, problems) = match DeTable::parse(text) {
            Ok(table) => (table.into_inner(), None),
            Err(problem) => (DeTable::default(), Some(problem)),
        };
        let mut reader = Self {
            path,
            text,
            table,
            variable,
            known: Vec::new(),
            problems: Vec::new(),
            own: BTreeSet::new(),
            at: None,
        };
        if let Some(problem) = problems {
            let error = Error::new(Code::Syntax, problem.message()).help("write `key = value`, texts in double quotes");
            let error = reader.place(error, problem.span());
            reader.problems.push(error);
        }
        reader
    }

    /// The value of a key, if there is one that can be understood.
    pub(super) fn one<T>(&mut self, key: &'static str, help: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (text, given) = self.text(key, help)?;
        self.parsed(key, &text, &given, help, parse)
    }

    /// The value of a key that is a secret, or names one of the environment as `secret://NAME`; if it fits.
    pub(super) fn secret(&mut self, key: &'static str, help: &str, fits: impl Fn(&str) -> bool) -> Option<Secret> {
        let (text, given) = self.text(key, help)?;
        let held = match text.strip_prefix("secret://") {
            Some(name) => {
                self.own.insert(name.to_owned());
                of_environment(name)
            }
            None => Some(Secret::new(text.as_str())),
        };
        let held = held.filter(|held| !held.reveal().is_empty() && fits(held.reveal()));
        self.parsed(key, &text, &given, help, |_| held.clone())
    }

    /// The values of a key that may have several; in the environment they have commas between them.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        help: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut given = self.given(key)?;
        if given.at.is_none() {
            given.texts = given
                .texts
                .iter()
                .flat_map(|text| text.split(','))
                .map(|text| text.trim().to_owned())
                .collect();
        }
        let texts = std::mem::take(&mut given.texts);
        texts
            .iter()
            .map(|text| self.parsed(key, text, &given, help, &parse))
            .collect()
    }

    /// The tables of a key that has several of them. Nothing of them is in the environment. What was read of one is
    /// [absorbed](Self::absorb).
    pub(super) fn tables(&mut self, key: &'static str, help: &str) -> Vec<Self> {
        self.known.push(key);
        let Some(value) = self.table.get(key) else {
            return Vec::new();
        };
        let (at, tables) = (value.span(), value.get_ref());
        let tables: Option<Vec<_>> = match tables {
            DeValue::Array(items) => items.iter().map(table_of).collect(),
            _ => None,
        };
        let Some(tables) = tables else {
            let given = Given {
                texts: Vec::new(),
                at: Some(at),
            };
            self.refuse(key, &given, "is no list of tables", help);
            return Vec::new();
        };
        let inner = |(table, at)| Self {
            path: self.path,
            text: self.text,
            table,
            variable: &|_| None,
            known: Vec::new(),
            problems: Vec::new(),
            own: BTreeSet::new(),
            at: Some(at),
        };
        tables.into_iter().map(inner).collect()
    }

    /// Takes over what was wrong with a table, and the secrets that it names.
    pub(super) fn absorb(&mut self, mut inner: Self) {
        self.own.append(&mut inner.own);
        self.problems.extend(inner.finish());
    }

    /// The names of the secrets that were read so far.
    pub(super) fn own(&self) -> BTreeSet<String> {
        self.own.clone()
    }

    /// Whether a variable of the environment says anything.
    pub(super) fn is_set(&self, name: &str) -> bool {
        (self.variable)(name).is_some_and(|text| !text.is_empty())
    }

    /// Whether a key has a value, be it one that cannot be understood.
    pub(super) fn is_given(&self, key: &str) -> bool {
        self.is_set(&variable_of(key)) || self.value(key).is_some()
    }

    /// A key, if it is given, does nothing for want of another one.
    pub(super) fn refuse_alone(&mut self, key: &str, other: &str) {
        if !self.is_given(key) {
            return;
        }
        let (name, at) = match self.value(key) {
            Some(value) if !self.is_set(&variable_of(key)) => (key.to_owned(), Some(value.span())),
            _ => (variable_of(key), None),
        };
        let error = Error::new(Code::Conflict, format!("`{name}` does nothing without `{other}`"));
        let error = self.place(error.help(format!("leave it out, or give `{other}`")), at);
        self.problems.push(error);
    }

    /// Whether anything was wrong so far.
    pub(super) fn is_refused(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Something is wrong with a table as a whole.
    pub(super) fn refuse_all(&mut self, why: &str, help: &str) {
        let error = Error::new(Code::InvalidValue, why).help(help);
        let error = self.place(error, self.at.clone());
        self.problems.push(error);
    }

    /// All that was wrong.
    pub(super) fn finish(mut self) -> Vec<Error> {
        let mut unknown = Vec::new();
        self.unknown(&self.table, "", &mut unknown);
        self.problems.extend(unknown);
        self.problems
            .sort_by_key(|problem| problem.report().at.line.unwrap_or(usize::MAX));
        self.problems
    }

    /// Keys of a table that nobody has asked for.
    fn unknown(&self, table: &DeTable<'_>, prefix: &str, unknown: &mut Vec<Error>) {
        for (key, value) in table {
            let name = format!("{prefix}{}", key.get_ref());
            let inner = format!("{name}.");
            match value.get_ref() {
                DeValue::Table(table) if self.known.iter().any(|known| known.starts_with(&inner)) => {
                    self.unknown(table, &inner, unknown);
                    continue;
                }
                _ if self.known.contains(&name.as_str()) => continue,
                _ => {}
            }
            let error = Error::new(Code::UnknownKey, format!("unknown key `{name}`"));
            let help = match nearest(&name, self.known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {}", self.known.join(", ")),
            };
            unknown.push(self.place(error.help(help), Some(key.span())));
        }
    }

    /// The value of a key in the file.
    fn value(&self, key: &str) -> Option<&Spanned<DeValue<'a>>> {
        let mut parts = key.split('.');
        let mut value = self.table.get(parts.next()?)?;
        for part in parts {
            let DeValue::Table(table) = value.get_ref() else {
                return None;
            };
            value = table.get(part)?;
        }
        Some(value)
    }

    /// The one text of a key.
    fn text(&mut self, key: &'static str, help: &str) -> Option<(String, Given)> {
        let given = self.given(key)?;
        if let [text] = given.texts.as_slice() {
            return Some((text.clone(), given));
        }
        self.refuse(key, &given, "is a list", help);
        None
    }

    fn given(&mut self, key: &'static str) -> Option<Given> {
        self.known.push(key);
        if let Some(text) = (self.variable)(&variable_of(key)).filter(|text| !text.is_empty()) {
            return Some(Given {
                texts: vec![text],
                at: None,
            });
        }
        let value = self.value(key)?;
        let texts = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(text_of).collect(),
            _ => text_of(value).map(|text| vec![text]),
        };
        let given = Given {
            at: Some(value.span()),
            texts: texts.unwrap_or_default(),
        };
        if given.texts.is_empty() {
            self.refuse(key, &given, "has no value", "give one or more values");
            return None;
        }
        Some(given)
    }

    fn parsed<T>(
        &mut self,
        key: &str,
        text: &str,
        given: &Given,
        help: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(text);
        if parsed.is_none() {
            self.refuse(key, given, "cannot be understood", help);
        }
        parsed
    }

    fn refuse(&mut self, key: &str, given: &Given, why: &str, help: &str) {
        let name = match given.at {
            Some(_) => key.to_owned(),
            None => variable_of(key),
        };
        let error = Error::new(Code::InvalidValue, format!("`{name}` {why}")).help(help);
        let error = self.place(error, given.at.clone());
        self.problems.push(error);
    }

    /// The error at a place of the file, if it is there.
    fn place(&self, error: Error, at: Option<Range<usize>>) -> Error {
        let Some(at) = at else { return error };
        let before = &self.text[..at.start.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let length = self.text.get(at).map_or(1, |text| text.chars().count());
        error
            .file(self.path)
            .span(line, before[start..].chars().count() + 1, length)
    }
}

/// The variable that is laid over a key.
fn variable_of(key: &str) -> String {
    format!("SYNCAPP_{}", key.to_uppercase().replace('.', "_"))
}

fn table_of<'a>(value: &Spanned<DeValue<'a>>) -> Option<(DeTable<'a>, Range<usize>)> {
    match value.get_ref() {
        DeValue::Table(table) => Some((table.clone(), value.span())),
        _ => None,
    }
}

fn text_of(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}
