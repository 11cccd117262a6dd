//! SQLite's errors as SyncApp's.

use rusqlite::ErrorCode;
use syncapp_model::{Code, Error, Side};

/// Says what SQLite's error means at this end.
pub(super) fn explain(error: &rusqlite::Error, side: Side) -> Error {
    let (code, why, help) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Code::LockTimeout(side),
            "another connection holds the file locked",
            Some("wait until it is done, or close the program that has the file open"),
        ),
        Some(ErrorCode::DiskFull) => (
            Code::DiskFull(side),
            "there is no room left for the file or for SQLite's temporary files",
            Some("make room on the disk; SQLITE_TMPDIR moves SQLite's temporary files"),
        ),
        Some(ErrorCode::ReadOnly) => (
            Code::PermissionDenied(side),
            "the file cannot be written",
            Some("give the user the right to write the file and its folder"),
        ),
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => (
            Code::PermissionDenied(side),
            "access to the file is denied",
            Some("give the user rights on the file and its folder"),
        ),
        Some(ErrorCode::NotADatabase) => (
            Code::InvalidData(side),
            "the file is no SQLite database, or it is encrypted",
            Some("check `path`"),
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            Code::InvalidData(side),
            "the file is damaged",
            Some("`PRAGMA integrity_check` says where; restore it from a backup"),
        ),
        Some(ErrorCode::CannotOpen) => (
            Code::PermissionDenied(side),
            "the file, or a temporary file of SQLite, cannot be opened",
            Some("check the rights on the file and its folder"),
        ),
        Some(ErrorCode::ConstraintViolation) => (
            Code::ConstraintViolated(side),
            "a constraint of the table is violated",
            Some("the rows break a key, NOT NULL, CHECK or foreign key that the table declares"),
        ),
        Some(ErrorCode::TypeMismatch) => (
            Code::InvalidData(side),
            "a value is not one of its column's type",
            Some("correct the value, or cast it in the mapping by `type`"),
        ),
        Some(ErrorCode::TooBig) => (Code::TooLarge(side), "a value or row is beyond SQLite's limit", None),
        Some(ErrorCode::SystemIoFailure) => (
            Code::Failed(side),
            "the system cannot read or write the file",
            Some("look for a full disk, a quota, a limit on the size of files, or a disk that fails"),
        ),
        Some(ErrorCode::OperationInterrupted) => (Code::Cancelled, "the statement was interrupted", None),
        _ => (
            Code::Failed(side),
            "SQLite reports an error",
            Some("the driver's words say which; if they do not help, please report it"),
        ),
    };
    let explained = Error::new(code, why).driver(error);
    match help {
        Some(help) => explained.help(help),
        None => explained,
    }
}

/// Explains the error of a result at one end.
pub(super) trait At<T> {
    /// At the end that is read.
    fn reading(self) -> syncapp_model::Result<T>;
    /// At the end that is written.
    fn writing(self) -> syncapp_model::Result<T>;
    /// At either.
    fn at(self, side: Side) -> syncapp_model::Result<T>;
}

impl<T> At<T> for rusqlite::Result<T> {
    fn reading(self) -> syncapp_model::Result<T> {
        self.at(Side::Source)
    }

    fn writing(self) -> syncapp_model::Result<T> {
        self.at(Side::Destination)
    }

    fn at(self, side: Side) -> syncapp_model::Result<T> {
        self.map_err(|error| explain(&error, side))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn each_failure_has_its_code() {
        let side = Side::Destination;
        for (code, want, transient) in [
            (ffi::SQLITE_BUSY, Code::LockTimeout(side), true),
            (ffi::SQLITE_LOCKED, Code::LockTimeout(side), true),
            (ffi::SQLITE_FULL, Code::DiskFull(side), false),
            (ffi::SQLITE_READONLY, Code::PermissionDenied(side), false),
            (ffi::SQLITE_CANTOPEN, Code::PermissionDenied(side), false),
            (ffi::SQLITE_NOTADB, Code::InvalidData(side), false),
            (ffi::SQLITE_CORRUPT, Code::InvalidData(side), false),
            (ffi::SQLITE_CONSTRAINT_NOTNULL, Code::ConstraintViolated(side), false),
            (ffi::SQLITE_TOOBIG, Code::TooLarge(side), false),
            (ffi::SQLITE_IOERR, Code::Failed(side), false),
        ] {
            let failure = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = explain(&failure, side);
            assert_eq!((error.code(), error.is_transient()), (want, transient));
            assert!(error.report().driver.is_some());
        }
    }
}
