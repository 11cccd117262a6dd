//! What monitoring asks, in PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::query;
use syncapp_control::{Depth, Figures, Lag, ScheduleId};
use syncapp_model::Result;

use super::columns::get;
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::words;

#[async_trait]
impl Figures for PostgresStore {
    async fn depths(&self) -> Result<Vec<Depth>> {
        let sql = "select pool, state, count(*) from task where finished_at is null group by pool, state";
        timely(async {
            let rows = query(sql).fetch_all(&self.pool).await.map_err(failed)?;
            rows.iter().map(depth).collect()
        })
        .await
    }

    async fn lags(&self, limit: usize) -> Result<Vec<Lag>> {
        let sql = "select project, sync, stream, (extract(epoch from now() - at) * 1000000)::bigint from landed \
             order by at limit $1";
        timely(async {
            let rows = query(sql).bind(words::limit(limit)).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(lag).collect()
        })
        .await
    }
}

fn depth(row: &PgRow) -> Result<Depth> {
    Ok(Depth {
        pool: get(row, 0)?,
        state: words::task_state(get(row, 1)?)?,
        tasks: get::<i64>(row, 2)? as u64,
    })
}

fn lag(row: &PgRow) -> Result<Lag> {
    Ok(Lag {
        sync: ScheduleId {
            project: get(row, 0)?,
            sync: get(row, 1)?,
        },
        stream: get(row, 2)?,
        since: Duration::from_micros(get::<i64>(row, 3)?.max(0) as u64),
    })
}
