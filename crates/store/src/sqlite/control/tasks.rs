//! Tasks, as workers carry them, in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::params;
use syncapp_control::{Event, RunId, Task, TaskId, Tasks, Verdict};
use syncapp_model::Result;

use super::columns::{self, bytes};
use super::rows::read_tasks;
use super::{NOW, SqliteStore, at_once};
use crate::steps;
use crate::words;

#[async_trait]
impl Tasks for SqliteStore {
    async fn tasks(&self, run: RunId) -> Result<Vec<Task>> {
        self.read(move |c| read_tasks(c, run)).await
    }

    async fn happen(&self, task: TaskId, event: &Event) -> Result<Verdict> {
        let event = event.clone();
        self.transaction(move |rows| match at_once(steps::beat(rows, task, &event))? {
            Some(verdict) => Ok(verdict),
            None => at_once(steps::happen(rows, task, &event)),
        })
        .await
    }

    async fn expired(&self, limit: usize) -> Result<Vec<TaskId>> {
        let sql = format!("select run, number from task where lease_until <= {NOW} order by lease_until limit ?");
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_map([words::limit(limit)], columns::task_id)?
                .collect()
        })
        .await
    }

    async fn rouse(&self, patience: Duration, limit: usize) -> Result<usize> {
        let wanting = format!(
            "select run, number from task
             where (state = 'queued' and hinted_at <= {NOW} - ?1
                 or state = 'waiting' and next_try_at <= {NOW} and (hinted_at < next_try_at or hinted_at <= {NOW} - ?1))
               and not exists (select 1 from outbox where outbox.run = task.run and outbox.number = task.number)
             limit ?2"
        );
        let update = format!("update task set hinted_at = {NOW} where run = ? and number = ?");
        let insert = "insert into outbox (run, number, pool) \
             select run, number, pool from task where run = ? and number = ?";
        self.transaction(move |rows| {
            rows.step(|c| {
                let wanting: Vec<TaskId> = c
                    .prepare_cached(&wanting)?
                    .query_map(
                        params![words::duration_micros(patience), words::limit(limit)],
                        columns::task_id,
                    )?
                    .collect::<rusqlite::Result<_>>()?;
                let (mut update, mut insert) = (c.prepare_cached(&update)?, c.prepare_cached(insert)?);
                for task in &wanting {
                    update.execute(params![bytes(task.run), task.number])?;
                    insert.execute(params![bytes(task.run), task.number])?;
                }
                Ok(wanting.len())
            })
        })
        .await
    }
}
