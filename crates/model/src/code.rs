//! The stable names of errors, and what each asks of whoever meets it.

use std::fmt;

use serde::{Serialize, Serializer};

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
    /// An SSH server shows a key, and none is known of it.
    HostKeyUnknown(Side),
    /// An SSH server shows another key than it is known by, or one that was revoked.
    HostKeyChanged(Side),
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
    /// The stream's columns changed, and the file says to stop.
    SchemaChanged,
    /// The target can do this only without what hangs on it.
    Dependents,
    /// Another run took the target over.
    Fenced,
    /// Someone changed what a run left before it was taken back.
    ChangedSince,
    /// Any other failure of the system.
    Failed(Side),
    /// An expression or cast failed on a row.
    ExpressionFailed,
    /// A cast failed on a row.
    CastFailed,
    /// More rows cannot land than the file allows.
    TooManyRejects,
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
    /// Nothing moved for too long.
    Stalled,
    /// Workers died while they carried a task, again and again.
    WorkerLost,
    /// The local store failed.
    StoreFailed,
    /// A master key that is no key, or that could be guessed.
    WeakKey,
    /// A secret is under a master key that nobody has given.
    MasterKeyUnknown,
    /// A sealed secret was changed.
    SecretDamaged,
    /// A secret would go where it was not given for.
    SecretElsewhere,
    /// The system's keyring cannot be used.
    KeyringFailed,
    /// An agent wants another token than it was shown.
    Unauthenticated,
    /// An agent knows who asks, and does not let it.
    Forbidden,
    /// An agent was asked too often.
    TooManyRequests,
    /// An agent does not answer.
    AgentUnreachable,
    /// An agent shows another certificate than the one that was accepted.
    CertificateChanged,
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
            Self::HostKeyUnknown(side) => at(side, "host_key_unknown"),
            Self::HostKeyChanged(side) => at(side, "host_key_changed"),
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
            Self::SchemaChanged => at(Side::Source, "schema_changed"),
            Self::Dependents => at(Side::Destination, "dependents"),
            Self::Fenced => at(Side::Destination, "fenced"),
            Self::ChangedSince => at(Side::Destination, "changed_since"),
            Self::Failed(side) => at(side, "failed"),
            Self::ExpressionFailed => ("transform".into(), "expression_failed"),
            Self::CastFailed => ("transform".into(), "cast_failed"),
            Self::TooManyRejects => ("transform".into(), "too_many_rejects"),
            Self::NullKey => ("transform".into(), "null_key"),
            Self::DuplicateKey => ("transform".into(), "duplicate_key"),
            Self::NullCursor => ("transform".into(), "null_cursor"),
            Self::TooManyEqual => ("transform".into(), "too_many_equal"),
            Self::LateRows => at(Side::Source, "late_rows"),
            Self::Cancelled => run("cancelled"),
            Self::Stalled => run("stalled"),
            Self::WorkerLost => run("worker_lost"),
            Self::StoreFailed => run("store_failed"),
            Self::WeakKey => config("weak_key"),
            Self::MasterKeyUnknown => ("vault".into(), "master_key_unknown"),
            Self::SecretDamaged => ("vault".into(), "secret_damaged"),
            Self::SecretElsewhere => ("vault".into(), "secret_elsewhere"),
            Self::KeyringFailed => ("vault".into(), "keyring_failed"),
            Self::Unauthenticated => ("agent".into(), "unauthenticated"),
            Self::Forbidden => ("agent".into(), "forbidden"),
            Self::TooManyRequests => ("agent".into(), "too_many_requests"),
            Self::AgentUnreachable => ("agent".into(), "unreachable"),
            Self::CertificateChanged => ("agent".into(), "certificate_changed"),
            Self::Internal => run("internal"),
        }
    }

    /// The kind that errors of this code have unless they say otherwise.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Unreachable(_)
            | Self::ConnectionLost(_)
            | Self::LockTimeout(_)
            | Self::Stalled
            | Self::TooManyRequests
            | Self::AgentUnreachable => ErrorKind::Transient,
            Self::DiskFull(_)
            | Self::Failed(_)
            | Self::Fenced
            | Self::WorkerLost
            | Self::StoreFailed
            | Self::SecretDamaged
            | Self::Internal => ErrorKind::System,
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
