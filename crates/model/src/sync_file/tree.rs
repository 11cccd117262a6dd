//! A sync file as written: values with the places they stand at.
//!
//! Invariants: keys of a mapping are unique; a [`Node`] is at most [`MAX_DEPTH`](super::parse::MAX_DEPTH) deep, so
//! walking it by recursion is safe; an empty value's span is its key's.

use std::fmt;

use indexmap::IndexMap;
use serde_json::Number;

use crate::Error;

/// A place in the text, in lines and characters from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) line: usize,
    pub(crate) character: usize,
    pub(crate) length: usize,
}

impl Span {
    /// Where a file begins.
    pub(crate) const START: Self = Self {
        line: 1,
        character: 1,
        length: 1,
    };

    /// The error at this place.
    pub(crate) fn mark(self, error: Error) -> Error {
        error.span(self.line, self.character, self.length)
    }
}

/// A value and where it stands; a mapping or list under a key stands at that key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// A value, typed by the rules of YAML 1.2's core schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Nothing, or the word `null`: masks have a word of that name.
    Null {
        word: bool,
    },
    Bool(bool),
    Number(Number),
    Text(Text),
    List(Vec<Node>),
    Mapping(Entries),
}

/// A text, and whether it is the user's own.
#[derive(Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// It came from a variable or a secret: it may stand for a number, and must never be shown.
    pub(crate) resolved: bool,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.resolved { "***" } else { &self.text })
    }
}

/// The keys of a mapping, in the file's order.
pub(crate) type Entries = IndexMap<String, Entry>;

/// The value of a key, and where the key stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    /// The entries of a mapping; none of anything else.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> + Clone {
        let entries = match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        };
        entries.into_iter().flatten().map(|(key, entry)| (key.as_str(), entry))
    }

    /// The keys of a mapping; none of anything else.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.entries().map(|(key, _)| key)
    }

    /// The entry of that key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Mapping(entries) => entries.get(key),
            _ => None,
        }
    }

    /// The value of that key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text as the file has it.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) if !text.resolved => Some(&text.text),
            _ => None,
        }
    }

    /// What it is, for people.
    pub(crate) fn kind(&self) -> Kind {
        match &self.value {
            Value::Null { .. } => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Number(number) if number.is_f64() => Kind::Number,
            Value::Number(_) => Kind::Integer,
            Value::Text(_) => Kind::Text,
            Value::List(_) => Kind::List,
            Value::Mapping(_) => Kind::Mapping,
        }
    }

    /// Deep merge: the keys of `over` win, and mappings under the same key merge again.
    pub(crate) fn overlay(&mut self, over: &Node) {
        let (Value::Mapping(entries), Value::Mapping(others)) = (&mut self.value, &over.value) else {
            self.clone_from(over);
            return;
        };
        for (key, other) in others {
            match entries.get_mut(key) {
                Some(entry) => {
                    entry.key_span = other.key_span;
                    entry.value.overlay(&other.value);
                }
                None => {
                    entries.insert(key.clone(), other.clone());
                }
            }
        }
    }
}

/// The kinds of values, in JSON Schema's sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Integer,
    Number,
    Text,
    List,
    Mapping,
}

impl Kind {
    /// JSON Schema's `type` of it.
    pub(crate) fn schema_type(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "string",
            Self::List => "array",
            Self::Mapping => "object",
        }
    }

    /// Its name for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Null => "no value",
            Self::Bool => "true or false",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Text => "text",
            Self::List => "a list",
            Self::Mapping => "a mapping",
        }
    }
}
