//! The user's own SQL around a load, in the load's transaction.

use mysql_async::consts::StatusFlags;
use syncapp_model::{Code, Error, Result};

use super::client::Client;

/// Runs what stands under a key of the sync file. Where it ends the transaction, as definitions of tables do, the load
/// fails: nothing of it is in place then, or, behind the checkpoint, everything is.
pub(super) async fn run(client: &mut Client, key: &str, sql: Option<&str>) -> Result<()> {
    let Some(sql) = sql else { return Ok(()) };
    client.run(sql).await.map_err(|error| {
        let report = error.report();
        let named = Error::new(report.code, format!("`{key}`: {}", report.why)).help("correct the statement");
        match &report.driver {
            Some(driver) => named.driver(driver),
            None => named,
        }
    })?;
    let open = client.conn.last_ok_packet();
    if open.is_some_and(|packet| packet.status_flags().contains(StatusFlags::SERVER_STATUS_IN_TRANS)) {
        return Ok(());
    }
    Err(Error::new(Code::Conflict, format!("`{key}` ends the transaction of the load")).help(
        "leave `begin`, `commit`, `rollback` and definitions of tables out: it runs in one transaction with the rows",
    ))
}
