//! The user's own SQL around a load, in the load's transaction.

use syncapp_model::{Code, Error, Result};

use super::client::Client;

/// A mark in the transaction: only while the transaction goes on can it be taken away.
const MARK: &str = "_syncapp_user_sql";

/// Runs what stands under a key of the sync file. Where it ends the transaction the load fails: nothing of it is in
/// place then, or, behind the checkpoint, everything is.
pub(super) async fn run(client: &Client, key: &str, sql: Option<&str>) -> Result<()> {
    let Some(sql) = sql else { return Ok(()) };
    client.run(&format!("savepoint {MARK}")).await?;
    client.run(sql).await.map_err(|error| failed(key, &error))?;
    client.run(&format!("release savepoint {MARK}")).await.map_err(|error| {
        Error::new(Code::Conflict, format!("`{key}` ends the transaction of the load"))
            .help("leave `begin`, `commit` and `rollback` out: it runs in one transaction with the rows")
            .driver(error)
    })
}

/// What the server says of it, as an error of that key.
fn failed(key: &str, error: &Error) -> Error {
    let report = error.report();
    let named = Error::new(report.code, format!("`{key}`: {}", report.why))
        .kind(report.kind)
        .help(
            report
                .help
                .as_deref()
                .unwrap_or("correct the SQL; the target is as it was"),
        );
    match &report.driver {
        Some(driver) => named.driver(driver),
        None => named,
    }
}
