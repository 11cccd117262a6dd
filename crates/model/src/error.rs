//! Errors as a user meets them: a stable code, a kind, where, why, how to fix it, and the driver's own words.
//!
//! Code branches on [`Code`] and [`ErrorKind`], never on text. Texts are fragments in lower case without a full stop.
//! No secret may ever be put into one.

use std::fmt;

use serde::{Serialize, Serializer};

/// A result whose error a user can read.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which end of a sync an error came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The end that is read.
    Source,
    /// The end that is written.
    Destination,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Destination => "destination",
        })
    }
}

/// What an error asks of whoever meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The user has to change something.
    Config,
    /// Trying again may help.
    Transient,
    /// Neither: a system or SyncApp itself failed.
    System,
}

/// The stable name of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The file is no YAML or JSON.
    Syntax,
    /// A key that the format does not know.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of the wrong type or outside its range.
    InvalidValue,
    /// Two keys that exclude each other, or one that needs another.
    Conflict,
    /// Built later.
    NotAvailable,
    /// `${VAR}` without a value.
    UnsetVariable,
    /// `secret://NAME` without a value.
    UnknownSecret,
    /// A connection, sync or environment that the file does not define.
    UnknownName,
    /// A key that parses but that the chosen mode does not use.
    UnusedKey,
    /// A file that cannot be read, the sync file first of all.
    UnreadableFile,
    /// Two streams write to one target.
    TargetCollision,
    /// Merge without a key.
    MissingPrimaryKey,
    /// A type pair that can lose values, without consent.
    LossyType,
    /// An SQL expression that does not parse or type-check.
    InvalidExpression,
    /// A column that the stream does not have.
    UnknownColumn,
    /// The system does not know the user or the password.
    AuthFailed(Side),
    /// The host has no address, refuses or does not answer.
    Unreachable(Side),
    /// TLS could not be set up as the file asks.
    TlsFailed(Side),
    /// The user may not do this.
    PermissionDenied(Side),
    /// A database, schema or folder that is not there.
    NamespaceNotFound(Side),
    /// A table, object or file that is not there.
    StreamNotFound,
    /// The system has no room left.
    DiskFull(Side),
    /// The connection broke.
    ConnectionLost(Side),
    /// A lock was not granted in time.
    LockTimeout(Side),
    /// The statement ran into the user's own limit.
    StatementTimeout(Side),
    /// A value that the system's type cannot hold.
    ValueOutOfRange(Side),
    /// Bytes that are not what they are declared to be.
    InvalidData(Side),
    /// A row, cell or document beyond a bound.
    TooLarge(Side),
    /// The table's columns do not fit the stream's.
    TypeMismatch(Side),
    /// A key, NOT NULL, check or foreign key was violated.
    ConstraintViolated(Side),
    /// The target can do this only without what hangs on it.
    Dependents,
    /// Another run took the target over.
    Fenced,
    /// Any other failure of the system.
    Failed(Side),
    /// An expression or cast failed on a row.
    ExpressionFailed,
    /// A cast failed on a row.
    CastFailed,
    /// A key column is NULL.
    NullKey,
    /// Two rows of one key and one cursor value differ.
    DuplicateKey,
    /// A cursor column is NULL.
    NullCursor,
    /// More rows at one cursor value than a checkpoint can remember.
    TooManyEqual,
    /// Rows may be committed behind the increment's bound.
    LateRows,
    /// The user stopped it.
    Cancelled,
    /// The local store failed.
    StoreFailed,
    /// SyncApp itself is wrong.
    Internal,
}

impl Code {
    /// The code as users and scripts see it.
    pub fn name(self) -> String {
        let (area, name) = self.parts();
        format!("{area}.{name}")
    }

    /// Which end of a sync it is about, if it is about one.
    pub fn side(self) -> Option<Side> {
        let area = self.parts().0;
        [Side::Source, Side::Destination]
            .into_iter()
            .find(|side| area == side.to_string())
    }

    fn parts(self) -> (String, &'static str) {
        let config = |name| ("config".to_owned(), name);
        let run = |name| ("run".to_owned(), name);
        let at = |side: Side, name| (side.to_string(), name);
        match self {
            Self::Syntax => config("syntax"),
            Self::UnknownKey => config("unknown_key"),
            Self::MissingKey => config("missing_key"),
            Self::InvalidValue => config("invalid_value"),
            Self::Conflict => config("conflict"),
            Self::NotAvailable => config("not_available"),
            Self::UnsetVariable => config("unset_variable"),
            Self::UnknownSecret => config("unknown_secret"),
            Self::UnknownName => config("unknown_name"),
            Self::UnusedKey => config("unused_key"),
            Self::UnreadableFile => config("unreadable_file"),
            Self::TargetCollision => config("target_collision"),
            Self::MissingPrimaryKey => config("missing_primary_key"),
            Self::LossyType => config("lossy_type"),
            Self::InvalidExpression => config("invalid_expression"),
            Self::UnknownColumn => config("unknown_column"),
            Self::AuthFailed(side) => at(side, "auth_failed"),
            Self::Unreachable(side) => at(side, "unreachable"),
            Self::TlsFailed(side) => at(side, "tls_failed"),
            Self::PermissionDenied(side) => at(side, "permission_denied"),
            Self::NamespaceNotFound(side) => at(side, "namespace_not_found"),
            Self::StreamNotFound => at(Side::Source, "stream_not_found"),
            Self::DiskFull(side) => at(side, "disk_full"),
            Self::ConnectionLost(side) => at(side, "connection_lost"),
            Self::LockTimeout(side) => at(side, "lock_timeout"),
            Self::StatementTimeout(side) => at(side, "statement_timeout"),
            Self::ValueOutOfRange(side) => at(side, "value_out_of_range"),
            Self::InvalidData(side) => at(side, "invalid_data"),
            Self::TooLarge(side) => at(side, "too_large"),
            Self::TypeMismatch(side) => at(side, "type_mismatch"),
            Self::ConstraintViolated(side) => at(side, "constraint_violated"),
            Self::Dependents => at(Side::Destination, "dependents"),
            Self::Fenced => at(Side::Destination, "fenced"),
            Self::Failed(side) => at(side, "failed"),
            Self::ExpressionFailed => ("transform".into(), "expression_failed"),
            Self::CastFailed => ("transform".into(), "cast_failed"),
            Self::NullKey => ("transform".into(), "null_key"),
            Self::DuplicateKey => ("transform".into(), "duplicate_key"),
            Self::NullCursor => ("transform".into(), "null_cursor"),
            Self::TooManyEqual => ("transform".into(), "too_many_equal"),
            Self::LateRows => at(Side::Source, "late_rows"),
            Self::Cancelled => run("cancelled"),
            Self::StoreFailed => run("store_failed"),
            Self::Internal => run("internal"),
        }
    }

    /// The kind that errors of this code have unless they say otherwise.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Unreachable(_) | Self::ConnectionLost(_) | Self::LockTimeout(_) => ErrorKind::Transient,
            Self::DiskFull(_) | Self::Failed(_) | Self::Fenced | Self::StoreFailed | Self::Internal => {
                ErrorKind::System
            }
            _ => ErrorKind::Config,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

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
