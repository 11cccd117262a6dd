//! What is forgotten, in PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::query;
use syncapp_control::Retention;
use syncapp_model::Result;

use super::columns::interval;
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::words;

/// What somebody else is about to forget, or works with, is passed by.
const RUNS: &str = "delete from run where id in (
      select id from run where finished_at <= now() - $1 and (state <> 'done' or followed)
      order by finished_at limit $2 for update skip locked)";

const TICKS: &str = "delete from tick where (project, sync, nominal_at) in (
      select project, sync, nominal_at from tick where nominal_at <= now() - $1
        and not exists (select from schedule where schedule.project = tick.project
          and schedule.sync = tick.sync and schedule.next_due <= tick.nominal_at)
        and not exists (select from owed where owed.project = tick.project
          and owed.sync = tick.sync and owed.next_due <= tick.nominal_at)
      order by nominal_at limit $2 for update skip locked)";

#[async_trait]
impl Retention for PostgresStore {
    async fn forget(&self, age: Duration, limit: usize) -> Result<usize> {
        timely(async {
            let mut forgotten = 0;
            for sql in [RUNS, TICKS] {
                let delete = query(sql).bind(interval(age)).bind(words::limit(limit));
                forgotten += delete.execute(&self.pool).await.map_err(failed)?.rows_affected();
            }
            Ok(forgotten as usize)
        })
        .await
    }
}
