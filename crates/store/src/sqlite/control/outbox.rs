//! Hints that the queue has not confirmed, in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Row, params};
use syncapp_control::{Hint, Outbox, OutboxRow, TaskId};
use syncapp_model::Result;

use super::columns::{run_id, trace};
use super::{NOW, SqliteStore};
use crate::words;

#[async_trait]
impl Outbox for SqliteStore {
    async fn take(&self, limit: usize, time: Duration) -> Result<Vec<OutboxRow>> {
        let free = format!(
            "select id, run, number, pool, (select trace from run where run.id = outbox.run) from outbox where free_at <= {NOW} order by free_at, id limit ?"
        );
        let update = format!("update outbox set free_at = {NOW} + ? where id = ?");
        self.transaction(move |rows| {
            rows.step(|c| {
                let mut taken: Vec<OutboxRow> = c
                    .prepare_cached(&free)?
                    .query_map([words::limit(limit)], outbox_row)?
                    .collect::<rusqlite::Result<_>>()?;
                let mut update = c.prepare_cached(&update)?;
                for row in &taken {
                    update.execute(params![words::duration_micros(time), row.id as i64])?;
                }
                taken.sort_unstable_by_key(|row| row.id);
                Ok(taken)
            })
        })
        .await
    }

    async fn sent(&self, rows: &[u64]) -> Result<()> {
        let sent = rows.to_vec();
        self.transaction(move |rows| {
            rows.step(|c| {
                let mut delete = c.prepare_cached("delete from outbox where id = ?")?;
                for id in sent {
                    delete.execute([id as i64])?;
                }
                Ok(())
            })
        })
        .await
    }
}

fn outbox_row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let id: i64 = row.get(0)?;
    Ok(OutboxRow {
        id: id as u64,
        hint: Hint {
            task: TaskId {
                run: run_id(row.get(1)?),
                number: row.get(2)?,
            },
            pool: row.get(3)?,
            trace: trace(row, 4)?,
        },
    })
}
