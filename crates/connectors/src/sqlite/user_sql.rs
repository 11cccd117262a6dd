//! The user's own SQL around a load, in the load's transaction, which it may not end.

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use syncapp_model::{Code, Error, Result};

use super::error::At;

/// Runs what stands under a key of the sync file.
pub(super) fn run(connection: &Connection, key: &str, sql: Option<&str>) -> Result<()> {
    let Some(sql) = sql else { return Ok(()) };
    connection.authorizer(Some(may)).writing()?;
    let ran = connection.execute_batch(sql);
    connection
        .authorizer(None::<fn(AuthContext<'_>) -> Authorization>)
        .writing()?;
    ran.map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::AuthorizationForStatementDenied) => Error::new(
            Code::Conflict,
            format!("`{key}` ends the transaction of the load, or leaves the file"),
        )
        .help("leave `begin`, `commit`, `rollback`, savepoints and `attach` out"),
        _ => Error::new(Code::InvalidExpression, format!("`{key}` failed"))
            .help("correct the SQL; the target is as it was")
            .driver(error),
    })
}

/// Everything but what would end the transaction or reach other files.
fn may(asked: AuthContext<'_>) -> Authorization {
    match asked.action {
        AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. }
        | AuthAction::Attach { .. }
        | AuthAction::Detach { .. } => Authorization::Deny,
        _ => Authorization::Allow,
    }
}
