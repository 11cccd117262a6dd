//! What is forgotten, in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::params;
use syncapp_control::Retention;
use syncapp_model::Result;

use super::{NOW, SqliteStore};
use crate::words;

#[async_trait]
impl Retention for SqliteStore {
    async fn forget(&self, age: Duration, limit: usize) -> Result<usize> {
        let runs = format!(
            "delete from run where id in (
               select id from run where finished_at <= {NOW} - ? and (state <> 'done' or followed = 1)
               order by finished_at limit ?)"
        );
        let ticks = format!(
            "delete from tick where (project, sync, nominal_at) in (
               select project, sync, nominal_at from tick where nominal_at <= {NOW} - ?
                 and not exists (select 1 from schedule where schedule.project = tick.project
                   and schedule.sync = tick.sync and schedule.next_due <= tick.nominal_at)
                 and not exists (select 1 from owed where owed.project = tick.project
                   and owed.sync = tick.sync and owed.next_due <= tick.nominal_at)
               order by nominal_at limit ?)"
        );
        self.transaction(move |rows| {
            rows.step(|c| {
                let (age, limit) = (words::duration_micros(age), words::limit(limit));
                let runs = c.prepare_cached(&runs)?.execute(params![age, limit])?;
                let ticks = c.prepare_cached(&ticks)?.execute(params![age, limit])?;
                Ok(runs + ticks)
            })
        })
        .await
    }
}
