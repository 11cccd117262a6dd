//! What monitoring asks, in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::Row;
use syncapp_control::{Depth, Figures, Lag, ScheduleId};
use syncapp_model::Result;

use super::columns::word;
use super::{NOW, SqliteStore};
use crate::words;

#[async_trait]
impl Figures for SqliteStore {
    async fn depths(&self) -> Result<Vec<Depth>> {
        let sql = "select pool, state, count(*) from task indexed by task_open where finished_at is null group by pool, state";
        self.read(move |c| c.prepare_cached(sql)?.query_map([], depth)?.collect())
            .await
    }

    async fn lags(&self, limit: usize) -> Result<Vec<Lag>> {
        let sql = format!("select project, sync, stream, {NOW} - at from landed order by at limit ?");
        self.read(move |c| c.prepare_cached(&sql)?.query_map([words::limit(limit)], lag)?.collect())
            .await
    }
}

fn depth(row: &Row<'_>) -> rusqlite::Result<Depth> {
    let (state, tasks): (String, i64) = (row.get(1)?, row.get(2)?);
    Ok(Depth {
        pool: row.get(0)?,
        state: word(words::task_state(&state))?,
        tasks: tasks as u64,
    })
}

fn lag(row: &Row<'_>) -> rusqlite::Result<Lag> {
    let since: i64 = row.get(3)?;
    Ok(Lag {
        sync: ScheduleId {
            project: row.get(0)?,
            sync: row.get(1)?,
        },
        stream: row.get(2)?,
        since: Duration::from_micros(since.max(0) as u64),
    })
}
