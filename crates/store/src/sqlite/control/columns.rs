//! Rows as the control plane's records.

use std::time::{Duration, SystemTime};

use rusqlite::types::{FromSql, Type};
use rusqlite::{Row, ToSql};
use syncapp_control::{
    ErrorRecord, LeaseEpoch, Limits, LogLine, Logged, PlannedSync, Progress, Run, RunId, Schedule, ScheduleId,
    ScheduleSpec, Task, TaskId, Tick, TraceParent, Usage, Version,
};
use syncapp_model::Result;
use uuid::Uuid;

use crate::words;

pub(super) const RUN: &str = "run.id, run.project, run.version, run.sync, run.trigger, run.trigger_at, run.trigger_run, \
    run.key, run.state, run.submitted_at, run.finished_at, run.source, run.source_streams, run.destination, \
    run.destination_streams, run.trace";
pub(super) const TASK: &str = "run, number, stream, pool, state, epoch, worker, lease_until, fruitless, lost, \
    next_try_at, hinted_at, rows_read, rows_written, bytes_read, rows_committed, cpu_micros, peak_bytes, error_code, \
    error_text, error_help, finished_at, started_at, rows_expected";
/// All columns of a schedule but the last one: `until` of what is owed, null of what holds.
pub(super) const SCHEDULE: &str = "project, sync, version, definition, overlap, next_due";
pub(super) const SYNC: &str = "name, streams, definition, overlap, after_sync, source, source_streams, destination, \
    destination_streams";

/// A run from [`RUN`].
pub(super) fn run(row: &Row<'_>) -> rusqlite::Result<Run> {
    let (trigger, state): (String, String) = (row.get(4)?, row.get(8)?);
    let trigger_run = row.get::<_, Option<[u8; 16]>>(6)?.map(run_id);
    Ok(Run {
        id: run_id(row.get(0)?),
        project: row.get(1)?,
        version: row.get(2)?,
        sync: row.get(3)?,
        trigger: word(words::trigger(&trigger, optional_instant(row, 5)?, trigger_run))?,
        key: row.get(7)?,
        state: word(words::run_state(&state))?,
        submitted_at: instant(row, 9)?,
        finished_at: optional_instant(row, 10)?,
        limits: limits(row, 11)?,
        trace: trace(row, 15)?,
    })
}

/// A trace from its column.
pub(super) fn trace(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<TraceParent>> {
    let text: Option<String> = row.get(at)?;
    Ok(words::trace(text.as_deref()))
}

/// A line of a log, from its number, time, level, stream, text, code and help.
pub(super) fn line(row: &Row<'_>) -> rusqlite::Result<Logged> {
    let level: String = row.get(2)?;
    Ok(Logged {
        number: row.get(0)?,
        at: instant(row, 1)?,
        line: LogLine {
            level: word(words::level(&level))?,
            stream: row.get(3)?,
            text: row.get(4)?,
            code: row.get(5)?,
            help: row.get(6)?,
        },
    })
}

/// A task from [`TASK`].
pub(super) fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    let state: String = row.get(4)?;
    Ok(Task {
        id: task_id(row)?,
        stream: row.get(2)?,
        pool: row.get(3)?,
        state: word(words::task_state(&state))?,
        epoch: LeaseEpoch(count(row, 5)?),
        worker: row.get(6)?,
        started_at: optional_instant(row, 22)?,
        lease_until: optional_instant(row, 7)?,
        fruitless: row.get(8)?,
        lost: row.get(9)?,
        next_try_at: optional_instant(row, 10)?,
        hinted_at: instant(row, 11)?,
        progress: Progress {
            read: count(row, 12)?,
            written: count(row, 13)?,
            bytes: count(row, 14)?,
            committed: count(row, 15)?,
            expected: row.get::<_, Option<i64>>(23)?.map(|rows| rows as u64),
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
pub(super) fn limits(row: &Row<'_>, at: usize) -> rusqlite::Result<Limits> {
    Ok(Limits {
        source: words::limit_of(row.get(at)?, row.get(at + 1)?),
        destination: words::limit_of(row.get(at + 2)?, row.get(at + 3)?),
    })
}

/// A task's name from its first two columns.
pub(super) fn task_id(row: &Row<'_>) -> rusqlite::Result<TaskId> {
    Ok(TaskId {
        run: run_id(row.get(0)?),
        number: row.get(1)?,
    })
}

/// A schedule from [`SCHEDULE`] and `until`.
pub(super) fn schedule(row: &Row<'_>) -> rusqlite::Result<Schedule> {
    let overlap: String = row.get(4)?;
    Ok(Schedule {
        id: ScheduleId {
            project: row.get(0)?,
            sync: row.get(1)?,
        },
        version: row.get(2)?,
        definition: row.get(3)?,
        overlap: word(words::overlap(&overlap))?,
        next_due: optional_instant(row, 5)?,
        until: optional_instant(row, 6)?,
    })
}

/// A sync of a version from [`SYNC`].
pub(super) fn sync(row: &Row<'_>) -> rusqlite::Result<PlannedSync> {
    let streams: String = row.get(1)?;
    let (definition, overlap): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
    let schedule = definition.zip(overlap).map(|(definition, overlap)| {
        Ok::<_, rusqlite::Error>(ScheduleSpec {
            definition,
            overlap: word(words::overlap(&overlap))?,
        })
    });
    Ok(PlannedSync {
        name: row.get(0)?,
        streams: word(words::streams_from_text(&streams))?,
        schedule: schedule.transpose()?,
        after: row.get(4)?,
        limits: limits(row, 5)?,
    })
}

/// A version, from its project, number, text and time, without its syncs.
pub(super) fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    Ok(Version {
        project: row.get(0)?,
        number: row.get(1)?,
        text: row.get(2)?,
        syncs: Vec::new(),
        applied_at: instant(row, 3)?,
    })
}

/// A tick from its instant, run and reason.
pub(super) fn tick(row: &Row<'_>) -> rusqlite::Result<Tick> {
    let run = row.get::<_, Option<[u8; 16]>>(1)?.map(run_id);
    let skipped: Option<String> = row.get(2)?;
    Ok(Tick {
        nominal_at: instant(row, 0)?,
        outcome: word(words::outcome(run, skipped.as_deref()))?,
    })
}

pub(super) fn run_id(bytes: [u8; 16]) -> RunId {
    RunId(Uuid::from_bytes(bytes))
}

pub(super) fn bytes(id: RunId) -> impl ToSql {
    id.0.into_bytes()
}

pub(super) fn optional_micros(at: Option<SystemTime>) -> Option<i64> {
    at.map(words::micros)
}

pub(super) fn instant(row: &Row<'_>, at: usize) -> rusqlite::Result<SystemTime> {
    row.get(at).map(words::instant)
}

pub(super) fn optional_instant(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<SystemTime>> {
    let micros: Option<i64> = row.get(at)?;
    Ok(micros.map(words::instant))
}

pub(super) fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at).map(|count| count as u64)
}

fn error(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<ErrorRecord>> {
    let Some(code) = row.get(at)? else { return Ok(None) };
    Ok(Some(ErrorRecord {
        code,
        text: row.get(at + 1)?,
        help: row.get(at + 2)?,
    }))
}

/// A word that this program does not know, as an error of the driver; [`failed`](super::failed) takes it out again.
pub(super) fn word<T>(known: Result<T>) -> rusqlite::Result<T> {
    known.map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(e)))
}

/// The first column of a row.
pub(super) fn first<T: FromSql>(row: &Row<'_>) -> rusqlite::Result<T> {
    row.get(0)
}
