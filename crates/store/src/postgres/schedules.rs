//! Schedules and their ticks in PostgreSQL.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::query;
use syncapp_control::{Due, Round, ScheduleId, Schedules, Tick};
use syncapp_model::Result;

use super::columns::{self, get, schedule_columns, stamp};
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::steps;
use crate::words;

/// What is due, with what a round of it has to know; narrowed to some, which are at the most `$1`.
macro_rules! due {
    ($narrowed:literal) => {
        concat!(
            "select due.*, streams, now(),
               (select true from pause where pause.project = due.project and pause.sync = due.sync) is not null,
               source, source_streams, destination, destination_streams
             from ((select ",
            schedule_columns!(),
            "null::timestamptz as until from schedule where next_due <= now()",
            $narrowed,
            " order by next_due limit $1) union all (select ",
            schedule_columns!(),
            "until from owed where next_due <= now()",
            $narrowed,
            " order by next_due limit $1) order by next_due limit $1) due
             left join version_sync on version_sync.project = due.project
               and version_sync.version = due.version and version_sync.name = due.sync
             order by next_due"
        )
    };
}

#[async_trait]
impl Schedules for PostgresStore {
    async fn now(&self) -> Result<SystemTime> {
        timely(async {
            let row = query("select clock_timestamp()").fetch_one(&self.pool).await;
            columns::instant(&row.map_err(failed)?, 0)
        })
        .await
    }

    async fn due(&self, limit: usize) -> Result<Vec<Due>> {
        timely(async {
            let read = query(due!("")).bind(words::limit(limit));
            let rows = read.fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(due).collect()
        })
        .await
    }

    async fn next_due(&self) -> Result<Option<Duration>> {
        let sql = "select ceil(extract(epoch from min(next_due) - now()) * 1000000)::bigint from schedule where next_due > now()";
        timely(async {
            let row = query(sql).fetch_one(&self.pool).await.map_err(failed)?;
            let wait: Option<i64> = get(&row, 0)?;
            Ok(wait.map(|micros| Duration::from_micros(micros.unsigned_abs())))
        })
        .await
    }

    async fn due_of(&self, sync: &ScheduleId) -> Result<Vec<Due>> {
        timely(async {
            let read = query(due!(" and project = $2 and sync = $3")).bind(words::limit(usize::MAX));
            let rows = read.bind(&sync.project).bind(&sync.sync).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(due).collect()
        })
        .await
    }

    async fn record(&self, round: &Round) -> Result<bool> {
        timely(async {
            let mut rows = self.begin().await?;
            let recorded = steps::record(&mut rows, round).await?;
            rows.commit(recorded).await
        })
        .await
    }

    async fn ticks(&self, schedule: &ScheduleId, from: SystemTime, limit: usize) -> Result<Vec<Tick>> {
        let sql = "select nominal_at, run, skipped from tick \
             where project = $1 and sync = $2 and nominal_at >= $3 order by nominal_at limit $4";
        timely(async {
            let read = query(sql)
                .bind(&schedule.project)
                .bind(&schedule.sync)
                .bind(stamp(from));
            let rows = read.bind(words::limit(limit)).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(columns::tick).collect()
        })
        .await
    }

    async fn pause(&self, sync: &ScheduleId) -> Result<()> {
        timely(async {
            let mut rows = self.begin().await?;
            steps::pause(&mut rows, sync).await?;
            rows.commit(()).await
        })
        .await
    }

    async fn resume(&self, sync: &ScheduleId) -> Result<bool> {
        timely(async {
            let mut rows = self.begin().await?;
            let resumed = steps::resume(&mut rows, sync).await?;
            rows.commit(resumed).await
        })
        .await
    }

    async fn paused(&self, project: &str) -> Result<BTreeSet<String>> {
        timely(async {
            let read = query("select sync from pause where project = $1").bind(project);
            let rows = read.fetch_all(&self.pool).await.map_err(failed)?;
            rows.iter().map(|row| get(row, 0)).collect()
        })
        .await
    }
}

fn due(row: &PgRow) -> Result<Due> {
    let streams: Option<&str> = get(row, 7)?;
    Ok(Due {
        schedule: columns::schedule(row)?,
        streams: streams.map_or(Ok(Vec::new()), words::streams_from_text)?,
        now: columns::instant(row, 8)?,
        paused: get(row, 9)?,
        limits: columns::limits(row, 10)?,
    })
}
