//! How many streams use a connection at once, in PostgreSQL.

use sqlx::postgres::PgRow;
use sqlx::query;
use syncapp_model::Result;

use super::PostgresRows;
use super::columns::{self, get};
use crate::rows::Waiting;
use crate::words;

/// Only runs of these states have a task that is leased.
const CARRIED: &str = "select count(*) from run join task on task.run = run.id and task.lease_until is not null
       where run.project = $1 and run.state in ('running', 'stalled', 'cancelling') and run.finished_at is null
         and (run.source = $2 or run.destination = $2) and (run.source is not null or run.destination is not null)";

/// A hint that somebody has ever taken out of the outbox may have led nowhere already. The outbox is asked row by row.
const WAITING: &str = "select task.run, task.number, task.pool, run.source, run.source_streams, run.destination,
         run.destination_streams
       from run join task on task.run = run.id
       where run.project = $1 and run.state <> 'held' and run.finished_at is null
         and (run.source = $2 or run.destination = $2) and (run.source is not null or run.destination is not null)
         and (task.state = 'queued' or task.state = 'waiting' and task.next_try_at <= clock_timestamp())
         and (select id from outbox where outbox.run = task.run and outbox.number = task.number
           and outbox.free_at = '-infinity' limit 1) is null
       order by task.hinted_at, task.run, task.number limit $3";

pub(super) async fn lock_connection(rows: &mut PostgresRows, project: &str, connection: &str) -> Result<()> {
    let lock = "select from gate where project = $1 and connection = $2 for update";
    let lock = || query(lock).bind(project).bind(connection);
    if rows.one(lock(), |_| Ok(())).await?.is_some() {
        return Ok(());
    }
    let insert = query("insert into gate values ($1, $2) on conflict do nothing");
    rows.write(insert.bind(project).bind(connection)).await?;
    rows.one(lock(), |_| Ok(())).await.map(drop)
}

pub(super) async fn carried(rows: &mut PostgresRows, project: &str, connection: &str) -> Result<u32> {
    let count = query(CARRIED).bind(project).bind(connection);
    let count = rows.one(count, |row| get::<i64>(row, 0)).await?;
    Ok(count.unwrap_or_default() as u32)
}

pub(super) async fn waiting(
    rows: &mut PostgresRows,
    project: &str,
    connection: &str,
    limit: usize,
) -> Result<Vec<Waiting>> {
    let read = query(WAITING).bind(project).bind(connection).bind(words::limit(limit));
    let waiting = |row: &PgRow| {
        Ok(Waiting {
            task: columns::task_id(row)?,
            pool: get(row, 2)?,
            limits: columns::limits(row, 3)?,
        })
    };
    rows.all(read, waiting).await
}
