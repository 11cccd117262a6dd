//! MERGE, which only PostgreSQL 15 and later have: it neither locks a row before it updates it nor inserts on trial, as
//! ON CONFLICT does. The table is locked: nobody else changes it meanwhile.

use syncapp_model::Result;
use tokio_postgres::types::Type;

use super::client::Client;

/// Rows are found by the key's index, one by one, however many there seem to be: what is off for the statement.
const OFF: [&str; 3] = ["enable_hashjoin", "enable_mergejoin", "jit"];

/// Runs the statement; how many rows it inserted and updated. `None` where the server has no MERGE, or does not count.
pub(super) async fn run(client: &Client, table: &str, statement: &str) -> Result<Option<(u64, u64)>> {
    let count = "pg_stat_get_xact_tuples_inserted($1::text::regclass)";
    let before = format!(
        "select {count}, {}, {} where current_setting('server_version_num')::int >= 150000 \
         and current_setting('track_counts')::bool",
        OFF.map(|name| format!("current_setting('{name}')")).join(", "),
        OFF.map(|name| format!("set_config('{name}', 'off', true)")).join(", "),
    );
    let failed = |error| client.error(&error);
    let Some(begun) = client
        .inner
        .query_typed_opt(&before, &[(&table, Type::TEXT)])
        .await
        .map_err(failed)?
    else {
        return Ok(None);
    };
    let all = client.execute(statement).await?;
    let back = OFF.iter().enumerate().map(|(at, name)| {
        let value: &str = begun.get(at + 1);
        format!("set_config('{name}', '{value}', true)")
    });
    let after = format!("select {count}, {}", back.collect::<Vec<_>>().join(", "));
    let ended = client.inner.query_typed_one(&after, &[(&table, Type::TEXT)]).await;
    let inserted = ended.map_err(failed)?.get::<_, i64>(0) - begun.get::<_, i64>(0);
    let inserted = all.min(inserted as u64);
    Ok(Some((inserted, all - inserted)))
}
