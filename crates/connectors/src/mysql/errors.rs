//! What the server and the driver say, in SyncApp's words.

use std::error::Error as _;

use mysql_async::ServerError;
use syncapp_model::{Code, Error, Side, StreamKey};

/// A driver's error in SyncApp's words, by the server's number.
pub(super) fn describe(error: &mysql_async::Error, side: Side) -> Error {
    match error {
        mysql_async::Error::Server(server) => said(server, side),
        mysql_async::Error::Io(_)
        | mysql_async::Error::Driver(
            mysql_async::DriverError::ConnectionClosed | mysql_async::DriverError::PacketOutOfOrder,
        ) => Error::new(Code::ConnectionLost(side), "the connection to the server broke")
            .help("check that the server still runs; a new run goes on where the last commit ended")
            .driver(causes(error)),
        _ => Error::new(Code::Failed(side), "the database driver failed").driver(causes(error)),
    }
}

fn said(error: &ServerError, side: Side) -> Error {
    let ServerError { code, message, state } = error;
    let (kind, help) = match (meaning(*code, side), state.as_str()) {
        // A trigger may raise it under a number of its own.
        ((Code::Failed(Side::Destination), _), "45000") => meaning(1644, side),
        (meant, _) => meant,
    };
    Error::new(kind, message)
        .help(help)
        .driver(format!("{message} (error {code}, SQLSTATE {state})"))
}

/// The code and the remedy of an error by its number.
pub(super) fn meaning(code: u16, side: Side) -> (Code, &'static str) {
    match code {
        1045 | 1698 | 1251 | 1524 => (
            Code::AuthFailed(side),
            "check `user` and `password`, and from which hosts the user may connect",
        ),
        1044 | 1142 | 1143 | 1227 | 1370 | 1410 => (
            Code::PermissionDenied(side),
            "grant this user the right, or use another user",
        ),
        1059 | 1102 | 1103 | 1166 => (
            Code::InvalidValue,
            "the server takes no such name: choose another one in `into` or `columns`",
        ),
        1049 => (
            Code::NamespaceNotFound(side),
            "check `database`, or the name before the point in `into`",
        ),
        1146 | 1109 if side == Side::Source => (
            Code::StreamNotFound,
            "check the stream's name; `discover` lists what there is",
        ),
        1021 | 1114 | 1030 | 3 | 1026 => (
            Code::DiskFull(side),
            "make room on the server's disk; nothing was changed",
        ),
        1040 | 1203 | 1226 => (
            Code::Unreachable(side),
            "the server takes no more connections now; try again later",
        ),
        1205 | 1213 => (
            Code::LockTimeout(side),
            "someone else holds a lock on the table; try again later",
        ),
        3024 | 1969 => (
            Code::StatementTimeout(side),
            "raise `statement_timeout` of the connection, or the user's limit",
        ),
        1053 | 1317 | 1927 | 1080 | 1152 | 1159 | 1161 => {
            (Code::ConnectionLost(side), "the server ended the connection; run again")
        }
        1264 | 1406 | 1441 | 3156 | 1690 => (
            Code::ValueOutOfRange(side),
            "widen the target's column, or cast the value in the mapping",
        ),
        1265 | 1292 | 1366 | 1367 | 1411 | 3140 => {
            (Code::InvalidData(side), "the value is not one of the column's type")
        }
        1153 => (
            Code::TooLarge(side),
            "raise the server's `max_allowed_packet`, or leave the column out",
        ),
        1048 | 1062 | 1169 | 1216 | 1217 | 1364 | 1451 | 1452 | 1526 | 1557 | 1586 | 1644 | 3819 | 4025 => (
            Code::ConstraintViolated(side),
            "the target's own constraint refuses the row: fix the data or the constraint",
        ),
        1054 | 1064 | 1305 | 1630 if side == Side::Source => (Code::InvalidExpression, "check the stream's `query`"),
        _ => (Code::Failed(side), "see the server's own words"),
    }
}

/// Whether a table is not there that a statement names.
pub(super) fn is_unknown_table(error: &Error) -> bool {
    let driver = error.report().driver.as_deref().unwrap_or_default();
    driver.contains("(error 1051,") || driver.contains("(error 1146,")
}

/// The error and what caused it, outermost first.
pub(super) fn causes(error: &mysql_async::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = inner.source();
    }
    text
}

/// There is no such state.
pub(super) fn unknown(key: &StreamKey, database: &str) -> Error {
    Error::new(
        Code::UnknownName,
        format!("no state of {key} is kept in database {database}"),
    )
    .help("`state show` lists what is kept")
}

/// What failed on a table that waits: where it is gone, a later claim has dropped it.
pub(super) fn overtaken(error: Error, key: &StreamKey) -> Error {
    if is_unknown_table(&error) { fenced(key) } else { error }
}

/// A later claim has taken the stream over.
pub(super) fn fenced(key: &StreamKey) -> Error {
    Error::new(
        Code::Fenced,
        format!("another run took {key} over, and this one changed nothing"),
    )
    .help("let one run of a stream end before the next begins")
}

/// What is kept cannot be read.
pub(super) fn damaged(what: &str, problem: impl std::fmt::Display) -> Error {
    let why = format!("the {what} in _syncapp_checkpoint cannot be read");
    Error::new(Code::Failed(Side::Destination), why)
        .help("it was written by another version or by hand: `state reset` forgets it")
        .driver(problem)
}
