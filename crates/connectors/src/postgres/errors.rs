//! What the server and the driver say, in SyncApp's words.

use std::error::Error as _;

use syncapp_model::{Code, Error, ErrorKind, Side};
use tokio_postgres::error::SqlState;

use crate::server::Valid;

/// Why there is no connection, in SyncApp's words.
pub(super) fn connecting(error: &tokio_postgres::Error, valid: &Valid, side: Side) -> Error {
    if error.as_db_error().is_some() {
        return describe(error, side);
    }
    let cause = causes(error);
    let place = format!("{}:{}", valid.host, valid.port);
    if cause.contains("invalid peer certificate") || cause.contains("TLS") || cause.contains("tls") {
        return Error::new(Code::TlsFailed(side), format!("no trusted TLS connection to {place}"))
            .help("check the certificate and `tls: { mode, ca_file }`; mode `require` encrypts without checking it")
            .driver(cause);
    }
    if cause.contains("password missing") {
        return Error::new(
            Code::AuthFailed(side),
            "the server asks for a password and none is given",
        )
        .help("set `password` of the connection")
        .driver(cause);
    }
    if cause.contains("failed to lookup address") || cause.contains("Name or service not known") {
        return Error::new(
            Code::Unreachable(side),
            format!("the host {} has no address", valid.host),
        )
        .help("check `host` for a typing error, and your DNS or VPN")
        .kind(ErrorKind::Transient)
        .driver(cause);
    }
    Error::new(Code::Unreachable(side), format!("no connection to {place}"))
        .help("check `host` and `port`, that the server runs, and that a firewall lets you through")
        .driver(cause)
}

/// A driver's error in SyncApp's words, by its SQLSTATE.
pub(super) fn describe(error: &tokio_postgres::Error, side: Side) -> Error {
    let Some(db) = error.as_db_error() else {
        let text = causes(error);
        return if error.is_closed() || text.contains("connection") || text.contains("error communicating") {
            Error::new(Code::ConnectionLost(side), "the connection to the server broke")
                .help("check that the server still runs; a new run goes on where the last commit ended")
                .driver(text)
        } else {
            Error::new(Code::Failed(side), "the database driver failed").driver(text)
        };
    };
    let state = db.code();
    let (code, help): (Code, &str) = match state.code() {
        "28P01" | "28000" => (
            Code::AuthFailed(side),
            "check `user` and `password`, and pg_hba.conf of the server",
        ),
        "3D000" => (Code::NamespaceNotFound(side), "check `database`"),
        "3F000" => (
            Code::NamespaceNotFound(side),
            "create the schema, or name another one in `into`",
        ),
        "42501" => (
            Code::PermissionDenied(side),
            "grant this user the right, or use another user",
        ),
        "42P01" if side == Side::Source => (
            Code::StreamNotFound,
            "check the stream's name; `discover` lists what there is",
        ),
        "53100" => (
            Code::DiskFull(side),
            "make room on the server's disk; nothing was changed",
        ),
        _ if db.message() == "query_wait_timeout" => (
            Code::Unreachable(side),
            "a pooler before the server has no connection left: give it more (`default_pool_size` of PgBouncer)",
        ),
        "53300" | "53400" | "57P03" => (
            Code::Unreachable(side),
            "the server takes no more connections now; try again later",
        ),
        "55P03" => (
            Code::LockTimeout(side),
            "someone else holds a lock on the table; try again later",
        ),
        "57014" if db.message().contains("statement timeout") => (
            Code::StatementTimeout(side),
            "raise `statement_timeout` of the connection or of the user",
        ),
        "57P01" | "57P02" | "57P05" | "25P03" => {
            (Code::ConnectionLost(side), "the server ended the connection; run again")
        }
        "40001" | "40P01" => (Code::LockTimeout(side), "another transaction was in the way; try again"),
        "22001" | "22003" | "22008" => (
            Code::ValueOutOfRange(side),
            "widen the target's column, or cast the value in the mapping",
        ),
        "22021" | "22P05" | "22P02" | "22P03" | "22007" => {
            (Code::InvalidData(side), "the value is not one of the column's type")
        }
        "XX000" if db.message().starts_with("malformed tsquery") => (
            Code::InvalidData(side),
            "PostgreSQL cannot take an empty tsquery from COPY: cast the column to text in a `query`",
        ),
        "42601" | "42703" | "42883" if side == Side::Source => (Code::InvalidExpression, "check the stream's `query`"),
        _ if state.code().starts_with("23") => (
            Code::ConstraintViolated(side),
            "the target's own constraint refuses the row: fix the data or the constraint",
        ),
        "P0001" | "P0004" if side == Side::Destination => (
            Code::ConstraintViolated(side),
            "a trigger of the target refuses the row: fix the data or the trigger",
        ),
        _ if state.code().starts_with("22") && side == Side::Destination => (
            Code::InvalidData(side),
            "the target cannot compute what it checks or derives from the row: fix the data or the target",
        ),
        _ if state.code().starts_with("08") => (
            Code::ConnectionLost(side),
            "check that the server still runs; run again",
        ),
        _ => (Code::Failed(side), "see the server's own words"),
    };
    let mut text = format!("{} (SQLSTATE {})", db.message(), state.code());
    let place = db.where_().filter(|_| *state == SqlState::CHARACTER_NOT_IN_REPERTOIRE);
    // Of a violated NOT NULL or CHECK the detail is the whole row, masked values' neighbours and all.
    let detail = db.detail().filter(|_| !matches!(state.code(), "23502" | "23514"));
    for more in [detail, db.hint(), place].into_iter().flatten() {
        text.push_str("; ");
        text.push_str(more);
    }
    let described = Error::new(code, db.message()).help(help).driver(text);
    match db.column() {
        Some(column) => described.column(column),
        None => described,
    }
}

/// The error and what caused it, outermost first.
fn causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
