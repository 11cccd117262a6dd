//! Rows as the control plane's records.

use std::time::{Duration, SystemTime};

use sqlx::postgres::types::PgInterval;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{Decode, Row as _, Type};
use syncapp_control::{
    ErrorRecord, LeaseEpoch, Limits, LogLine, Logged, PlannedSync, Progress, Run, RunId, Schedule, ScheduleId,
    ScheduleSpec, Task, TaskId, Tick, Usage, Version,
};
use syncapp_model::{Error, Result};
use time::OffsetDateTime;
use uuid::Uuid;

use super::errors::failed;
use crate::words;

/// The columns of a run.
macro_rules! run_columns {
    () => {
        "run.id, run.project, run.version, run.sync, run.trigger, run.trigger_at, run.trigger_run, run.key, run.state, \
         run.submitted_at, run.finished_at, run.source, run.source_streams, run.destination, run.destination_streams, \
         run.trace"
    };
}

/// The columns of a task.
macro_rules! task_columns {
    () => {
        "run, number, stream, pool, state, epoch, worker, lease_until, fruitless, lost, next_try_at, hinted_at, \
         rows_read, rows_written, bytes_read, rows_committed, cpu_micros, peak_bytes, error_code, error_text, \
         error_help, finished_at, started_at, rows_expected"
    };
}

/// The columns of a schedule, all but the last one: `until` of what is owed, null of what holds.
macro_rules! schedule_columns {
    () => {
        "project, sync, version, definition, overlap, next_due, "
    };
}

pub(super) use {run_columns, schedule_columns, task_columns};

/// A run from its columns.
pub(super) fn run(row: &PgRow) -> Result<Run> {
    let trigger_run = get::<Option<Uuid>>(row, 6)?.map(RunId);
    Ok(Run {
        id: RunId(get(row, 0)?),
        project: get(row, 1)?,
        version: number(row, 2)?,
        sync: get(row, 3)?,
        trigger: words::trigger(get(row, 4)?, optional_instant(row, 5)?, trigger_run)?,
        key: get(row, 7)?,
        state: words::run_state(get(row, 8)?)?,
        submitted_at: instant(row, 9)?,
        finished_at: optional_instant(row, 10)?,
        limits: limits(row, 11)?,
        trace: words::trace(get(row, 15)?),
    })
}

/// A line of a log, from its number, time, level, stream, text, code and help.
pub(super) fn line(row: &PgRow) -> Result<Logged> {
    Ok(Logged {
        number: number(row, 0)?,
        at: instant(row, 1)?,
        line: LogLine {
            level: words::level(get(row, 2)?)?,
            stream: get(row, 3)?,
            text: get(row, 4)?,
            code: get(row, 5)?,
            help: get(row, 6)?,
        },
    })
}

/// A task from its columns.
pub(super) fn task(row: &PgRow) -> Result<Task> {
    Ok(Task {
        id: task_id(row)?,
        stream: get(row, 2)?,
        pool: get(row, 3)?,
        state: words::task_state(get(row, 4)?)?,
        epoch: LeaseEpoch(count(row, 5)?),
        worker: get(row, 6)?,
        started_at: optional_instant(row, 22)?,
        lease_until: optional_instant(row, 7)?,
        fruitless: number(row, 8)?,
        lost: number(row, 9)?,
        next_try_at: optional_instant(row, 10)?,
        hinted_at: instant(row, 11)?,
        progress: Progress {
            read: count(row, 12)?,
            written: count(row, 13)?,
            bytes: count(row, 14)?,
            committed: count(row, 15)?,
            expected: get::<Option<i64>>(row, 23)?.map(|rows| rows as u64),
        },
        usage: Usage {
            cpu: Duration::from_micros(count(row, 16)?),
            peak_bytes: count(row, 17)?,
        },
        error: error(row, 18)?,
        finished_at: optional_instant(row, 21)?,
    })
}

/// Limits from four columns.
pub(super) fn limits(row: &PgRow, at: usize) -> Result<Limits> {
    let limit = |at| {
        let streams: Option<i32> = get(row, at + 1)?;
        Ok::<_, Error>(words::limit_of(get(row, at)?, streams.map(|streams| streams as u32)))
    };
    Ok(Limits {
        source: limit(at)?,
        destination: limit(at + 2)?,
    })
}

/// A task's name from its first two columns.
pub(super) fn task_id(row: &PgRow) -> Result<TaskId> {
    Ok(TaskId {
        run: RunId(get(row, 0)?),
        number: number(row, 1)?,
    })
}

/// A schedule from its columns.
pub(super) fn schedule(row: &PgRow) -> Result<Schedule> {
    Ok(Schedule {
        id: ScheduleId {
            project: get(row, 0)?,
            sync: get(row, 1)?,
        },
        version: number(row, 2)?,
        definition: get(row, 3)?,
        overlap: words::overlap(get(row, 4)?)?,
        next_due: optional_instant(row, 5)?,
        until: optional_instant(row, 6)?,
    })
}

/// A sync of a version, from name, streams, definition, overlap, the sync before it and its limits.
pub(super) fn sync(row: &PgRow) -> Result<PlannedSync> {
    let (definition, overlap): (Option<String>, Option<&str>) = (get(row, 2)?, get(row, 3)?);
    let schedule = definition.zip(overlap).map(|(definition, overlap)| {
        Ok::<_, Error>(ScheduleSpec {
            definition,
            overlap: words::overlap(overlap)?,
        })
    });
    Ok(PlannedSync {
        name: get(row, 0)?,
        streams: words::streams_from_text(get(row, 1)?)?,
        schedule: schedule.transpose()?,
        after: get(row, 4)?,
        limits: limits(row, 5)?,
    })
}

/// A version, from its project, number, text and time, without its syncs.
pub(super) fn version(row: &PgRow) -> Result<Version> {
    Ok(Version {
        project: get(row, 0)?,
        number: number(row, 1)?,
        text: get(row, 2)?,
        syncs: Vec::new(),
        applied_at: instant(row, 3)?,
    })
}

/// A tick from its instant, run and reason.
pub(super) fn tick(row: &PgRow) -> Result<Tick> {
    Ok(Tick {
        nominal_at: instant(row, 0)?,
        outcome: words::outcome(get::<Option<Uuid>>(row, 1)?.map(RunId), get(row, 2)?)?,
    })
}

/// One column.
pub(super) fn get<'r, T: Decode<'r, Postgres> + Type<Postgres>>(row: &'r PgRow, at: usize) -> Result<T> {
    row.try_get(at).map_err(failed)
}

pub(super) fn number(row: &PgRow, at: usize) -> Result<u32> {
    get::<i32>(row, at).map(|number| number as u32)
}

pub(super) fn instant(row: &PgRow, at: usize) -> Result<SystemTime> {
    get::<OffsetDateTime>(row, at).map(SystemTime::from)
}

pub(super) fn optional_instant(row: &PgRow, at: usize) -> Result<Option<SystemTime>> {
    let at: Option<OffsetDateTime> = get(row, at)?;
    Ok(at.map(SystemTime::from))
}

pub(super) fn count(row: &PgRow, at: usize) -> Result<u64> {
    get::<i64>(row, at).map(|count| count as u64)
}

fn error(row: &PgRow, at: usize) -> Result<Option<ErrorRecord>> {
    let Some(code) = get(row, at)? else { return Ok(None) };
    Ok(Some(ErrorRecord {
        code,
        text: get(row, at + 1)?,
        help: get(row, at + 2)?,
    }))
}

/// An instant as it is written.
pub(super) fn stamp(at: SystemTime) -> OffsetDateTime {
    words::instant(words::micros(at)).into()
}

/// A duration as it is written.
pub(super) fn interval(time: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: words::duration_micros(time),
    }
}
