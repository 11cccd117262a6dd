//! Hints that the queue has not confirmed, in PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::query;
use syncapp_control::{Hint, Outbox, OutboxRow, RunId, TaskId};
use syncapp_model::Result;
use uuid::Uuid;

use super::columns::{get, interval, number};
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::words;

/// Relays that take at once do not wait for each other.
const TAKE: &str = "with free as (
      select id from outbox where free_at <= now() order by free_at, id limit $1 for update skip locked
    )
    update outbox set free_at = now() + $2 from free where outbox.id = free.id
    returning outbox.id, outbox.run, outbox.number, outbox.pool,
      (select trace from run where run.id = outbox.run)";

#[async_trait]
impl Outbox for PostgresStore {
    async fn take(&self, limit: usize, time: Duration) -> Result<Vec<OutboxRow>> {
        timely(async {
            let take = query(TAKE).bind(words::limit(limit)).bind(interval(time));
            let rows = take.fetch_all(&self.pool).await.map_err(failed)?;
            let mut taken: Vec<OutboxRow> = rows.iter().map(outbox_row).collect::<Result<_>>()?;
            taken.sort_unstable_by_key(|row| row.id);
            Ok(taken)
        })
        .await
    }

    async fn sent(&self, rows: &[u64]) -> Result<()> {
        let ids: Vec<i64> = rows.iter().map(|id| *id as i64).collect();
        timely(async {
            let delete = query("delete from outbox where id = any($1)").bind(ids);
            delete.execute(&self.pool).await.map(drop).map_err(failed)
        })
        .await
    }
}

fn outbox_row(row: &PgRow) -> Result<OutboxRow> {
    Ok(OutboxRow {
        id: get::<i64>(row, 0)? as u64,
        hint: Hint {
            task: TaskId {
                run: RunId(get::<Uuid>(row, 1)?),
                number: number(row, 2)?,
            },
            pool: get(row, 3)?,
            trace: words::trace(get(row, 4)?),
        },
    })
}
