//! Schedules and their ticks in SQLite.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use rusqlite::{Row, params};
use syncapp_control::{Due, Round, ScheduleId, Schedules, Tick};
use syncapp_model::Result;

use super::columns::{self, SCHEDULE, first, word};
use super::rows::now;
use super::{NOW, SqliteStore, at_once};
use crate::steps;
use crate::words;

#[async_trait]
impl Schedules for SqliteStore {
    async fn now(&self) -> Result<SystemTime> {
        self.read(now).await
    }

    async fn due(&self, limit: usize) -> Result<Vec<Due>> {
        let sql = due_sql("");
        self.read(move |c| c.prepare_cached(&sql)?.query_map([words::limit(limit)], due)?.collect())
            .await
    }

    async fn next_due(&self) -> Result<Option<Duration>> {
        let sql = format!("select min(next_due) - {NOW} from schedule where next_due > {NOW}");
        let wait = self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_row([], |row| row.get::<_, Option<i64>>(0))
        });
        Ok(wait.await?.map(|micros| Duration::from_micros(micros.unsigned_abs())))
    }

    async fn due_of(&self, sync: &ScheduleId) -> Result<Vec<Due>> {
        let sql = due_sql("and project = ?2 and sync = ?3");
        let sync = sync.clone();
        let all = words::limit(usize::MAX);
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_map(params![all, sync.project, sync.sync], due)?
                .collect()
        })
        .await
    }

    async fn record(&self, round: &Round) -> Result<bool> {
        let round = round.clone();
        self.transaction(move |rows| at_once(steps::record(rows, &round))).await
    }

    async fn ticks(&self, schedule: &ScheduleId, from: SystemTime, limit: usize) -> Result<Vec<Tick>> {
        let schedule = schedule.clone();
        let sql = "select nominal_at, run, skipped from tick \
             where project = ? and sync = ? and nominal_at >= ? order by nominal_at limit ?";
        self.read(move |c| {
            c.prepare_cached(sql)?
                .query_map(
                    params![
                        schedule.project,
                        schedule.sync,
                        words::micros(from),
                        words::limit(limit)
                    ],
                    columns::tick,
                )?
                .collect()
        })
        .await
    }

    async fn pause(&self, sync: &ScheduleId) -> Result<()> {
        let sync = sync.clone();
        self.transaction(move |rows| at_once(steps::pause(rows, &sync))).await
    }

    async fn resume(&self, sync: &ScheduleId) -> Result<bool> {
        let sync = sync.clone();
        self.transaction(move |rows| at_once(steps::resume(rows, &sync))).await
    }

    async fn paused(&self, project: &str) -> Result<BTreeSet<String>> {
        let project = project.to_owned();
        let sql = "select sync from pause where project = ?";
        self.read(move |c| c.prepare_cached(sql)?.query_map([project], first)?.collect())
            .await
    }
}

/// What is due, with what a round of it has to know; narrowed to some, which are at the most `?1`.
fn due_sql(narrowed: &str) -> String {
    format!(
        "select due.*, streams, {NOW}, pause.since is not null, source, source_streams, destination, destination_streams
         from (select {SCHEDULE}, null as until from schedule where next_due <= {NOW} {narrowed}
           union all select {SCHEDULE}, until from owed where next_due <= {NOW} {narrowed}
           order by next_due limit ?1) due
         left join version_sync on version_sync.project = due.project
           and version_sync.version = due.version and version_sync.name = due.sync
         left join pause on pause.project = due.project and pause.sync = due.sync
         order by next_due"
    )
}

fn due(row: &Row<'_>) -> rusqlite::Result<Due> {
    let streams: Option<String> = row.get(7)?;
    Ok(Due {
        schedule: columns::schedule(row)?,
        streams: word(streams.as_deref().map_or(Ok(Vec::new()), words::streams_from_text))?,
        now: columns::instant(row, 8)?,
        paused: row.get(9)?,
        limits: columns::limits(row, 10)?,
    })
}
