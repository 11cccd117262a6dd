//! Errors as a user meets them: a stable code, a kind, where, why, how to fix it, and the driver's own words.
//!
//! Code branches on [`Code`] and [`ErrorKind`], never on text. Texts are fragments in lower case without a full stop.
//! No secret may ever be put into one.

use std::fmt;

use serde::Serialize;

use crate::{Code, ErrorKind};

/// A result whose error a user can read.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Said, and gone on.
    Warning,
    /// Stops what it is about.
    Error,
}

/// Where an error happened; what does not apply is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Where {
    /// Path of the sync file or of a data file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Character in the line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub character: Option<usize>,
    /// How many characters from there on it is about.
    #[serde(skip)]
    pub length: usize,
    /// The connection's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The stream's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The column's name: the target's in a mapping, the source's while reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The row: its key, its line or its number in the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
}

/// One error or warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Error(Box<Report>);

/// What an [`Error`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its stable name.
    pub code: Code,
    /// What it asks for.
    pub kind: ErrorKind,
    /// How bad it is.
    pub severity: Severity,
    /// Where it happened.
    #[serde(rename = "where")]
    pub at: Where,
    /// What is wrong, and why.
    pub why: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The driver's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
}

impl Error {
    /// An error of the code's usual kind.
    pub fn new(code: Code, why: impl Into<String>) -> Self {
        Self(Box::new(Report {
            code,
            kind: code.kind(),
            severity: Severity::Error,
            at: Where::default(),
            why: why.into(),
            help: None,
            driver: None,
        }))
    }

    /// A warning.
    pub fn warning(code: Code, why: impl Into<String>) -> Self {
        let mut warning = Self::new(code, why);
        warning.0.severity = Severity::Warning;
        warning
    }

    /// An error that only a bug in SyncApp can cause.
    pub fn internal(why: impl Into<String>) -> Self {
        Self::new(Code::Internal, why).help("this is a bug in SyncApp: please report it with the text above")
    }

    /// With what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// With the driver's own words.
    pub fn driver(mut self, driver: impl fmt::Display) -> Self {
        self.0.driver = Some(driver.to_string());
        self
    }

    /// Of another kind than the code's usual one.
    pub fn kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// On a connection, unless it names one.
    pub fn connection(mut self, name: &str) -> Self {
        self.0.at.connection.get_or_insert_with(|| name.to_owned());
        self
    }

    /// In a stream, unless it names one.
    pub fn stream(mut self, name: impl fmt::Display) -> Self {
        self.0.at.stream.get_or_insert_with(|| name.to_string());
        self
    }

    /// In a column, unless it names one.
    pub fn column(mut self, name: &str) -> Self {
        self.0.at.column.get_or_insert_with(|| name.to_owned());
        self
    }

    /// In a row, unless it names one.
    pub fn row(mut self, row: impl fmt::Display) -> Self {
        self.0.at.row.get_or_insert_with(|| row.to_string());
        self
    }

    /// In a file, unless it names one.
    pub fn file(mut self, path: impl fmt::Display) -> Self {
        self.0.at.file.get_or_insert_with(|| path.to_string());
        self
    }

    /// At a line and character, both from 1, and for so many characters.
    pub fn span(mut self, line: usize, character: usize, length: usize) -> Self {
        self.0.at.line = Some(line);
        self.0.at.character = Some(character);
        self.0.at.length = length;
        self
    }

    /// All it says.
    pub fn report(&self) -> &Report {
        &self.0
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        self.0.kind == ErrorKind::Transient
    }

    /// Whether it only warns.
    pub fn is_warning(&self) -> bool {
        self.0.severity == Severity::Warning
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { code, why, at, .. } = self.report();
        write!(f, "{code}: {why}")?;
        let places = [
            ("connection", &at.connection),
            ("stream", &at.stream),
            ("column", &at.column),
            ("row", &at.row),
        ];
        for (word, place) in places {
            if let Some(place) = place {
                write!(f, ", {word} {place}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
