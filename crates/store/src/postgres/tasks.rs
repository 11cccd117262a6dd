//! Tasks, as workers carry them, in PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::query;
use syncapp_control::{Event, RunId, Task, TaskId, Tasks, Verdict};
use syncapp_model::Result;

use super::columns::{self, interval, task_columns};
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::steps;
use crate::words;

/// A row that somebody else has locked is about to change, or is roused already. The outbox is asked row by row: joined, it
/// would be read from end to end where many tasks are expected to wait.
const ROUSE: &str = "with wanting as (
      select run, number from task
      where (state = 'queued' and hinted_at <= now() - $1
          or state = 'waiting' and next_try_at <= now() and (hinted_at < next_try_at or hinted_at <= now() - $1))
        and (select id from outbox where outbox.run = task.run and outbox.number = task.number limit 1) is null
      limit $2
      for update skip locked
    ), roused as (
      update task set hinted_at = now() from wanting
      where task.run = wanting.run and task.number = wanting.number
      returning task.run, task.number, task.pool
    )
    insert into outbox (run, number, pool) select run, number, pool from roused order by run, number";

#[async_trait]
impl Tasks for PostgresStore {
    async fn tasks(&self, run: RunId) -> Result<Vec<Task>> {
        let sql = concat!("select ", task_columns!(), " from task where run = $1 order by number");
        timely(async {
            let rows = query(sql).bind(run.0).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(columns::task).collect()
        })
        .await
    }

    async fn happen(&self, task: TaskId, event: &Event) -> Result<Verdict> {
        timely(async {
            let mut rows = self.begin().await?;
            if matches!(event, Event::Heartbeat { .. }) {
                if let Some(verdict) = steps::beat(&mut rows, task, event).await? {
                    return rows.commit(verdict).await;
                }
                rows.restart().await?;
            }
            let verdict = steps::happen(&mut rows, task, event).await?;
            rows.commit(verdict).await
        })
        .await
    }

    async fn expired(&self, limit: usize) -> Result<Vec<TaskId>> {
        let sql = "select run, number from task where lease_until <= now() order by lease_until limit $1";
        timely(async {
            let rows = query(sql).bind(words::limit(limit)).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(columns::task_id).collect()
        })
        .await
    }

    async fn rouse(&self, patience: Duration, limit: usize) -> Result<usize> {
        timely(async {
            let rouse = query(ROUSE).bind(interval(patience)).bind(words::limit(limit));
            let done = rouse.execute(&self.pool).await.map_err(failed)?;
            Ok(done.rows_affected() as usize)
        })
        .await
    }
}
