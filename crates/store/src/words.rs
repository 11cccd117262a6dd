//! How values of `crates/control` are kept in columns: words, JSON, and whole microseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use syncapp_control::access::{Grant, Identity, Role};
use syncapp_control::{
    Limit, Limits, LogLevel, LogLine, PlannedStream, RunId, RunState, SkipReason, Task, TaskState, TickOutcome,
    TraceParent, Trigger,
};
use syncapp_model::sync_file::Overlap;
use syncapp_model::{Code, Error, Result};

/// A stream as it is kept with its sync.
#[derive(Serialize, Deserialize)]
struct KeptStream {
    stream: String,
    pool: String,
}

/// Names as one text.
pub(crate) fn names_to_text(names: &[String]) -> Result<String> {
    serde_json::to_string(names).map_err(|e| Error::internal("names cannot be written as JSON").driver(e))
}

/// The names of that text.
pub(crate) fn names_from_text(text: &str) -> Result<Vec<String>> {
    serde_json::from_str(text).map_err(|e| unknown("list of names", text).driver(e))
}

/// The streams of a sync as one text.
pub(crate) fn streams_to_text(streams: &[PlannedStream]) -> Result<String> {
    let kept: Vec<KeptStream> = streams
        .iter()
        .map(|planned| KeptStream {
            stream: planned.stream.clone(),
            pool: planned.pool.clone(),
        })
        .collect();
    serde_json::to_string(&kept).map_err(|e| Error::internal("streams cannot be written as JSON").driver(e))
}

/// The streams of that text.
pub(crate) fn streams_from_text(text: &str) -> Result<Vec<PlannedStream>> {
    let kept: Vec<KeptStream> = serde_json::from_str(text).map_err(|e| unknown("list of streams", text).driver(e))?;
    let planned = |kept: KeptStream| PlannedStream {
        stream: kept.stream,
        pool: kept.pool,
    };
    Ok(kept.into_iter().map(planned).collect())
}

/// The level of a line of a run's log.
pub(crate) fn level(word: &str) -> Result<LogLevel> {
    LogLevel::from_name(word).ok_or_else(|| unknown("level of a log", word))
}

/// The trace of a run. What is none belongs to nobody.
pub(crate) fn trace(text: Option<&str>) -> Option<TraceParent> {
    text.and_then(TraceParent::parse)
}

/// Limits as columns: what is limited at the source, and how, and at the destination.
pub(crate) fn limit_columns(limits: &Limits) -> (Option<&str>, Option<u32>, Option<&str>, Option<u32>) {
    let (source, destination) = (limits.source.as_ref(), limits.destination.as_ref());
    (
        source.map(|limit| limit.connection.as_str()),
        source.map(|limit| limit.streams),
        destination.map(|limit| limit.connection.as_str()),
        destination.map(|limit| limit.streams),
    )
}

/// The limit of two of those columns.
pub(crate) fn limit_of(connection: Option<String>, streams: Option<u32>) -> Option<Limit> {
    let (connection, streams) = connection.zip(streams)?;
    Some(Limit { connection, streams })
}

pub(crate) fn overlap_name(overlap: Overlap) -> &'static str {
    match overlap {
        Overlap::Skip => "skip",
        Overlap::Queue => "queue",
    }
}

pub(crate) fn overlap(word: &str) -> Result<Overlap> {
    match word {
        "skip" => Ok(Overlap::Skip),
        "queue" => Ok(Overlap::Queue),
        _ => Err(unknown("rule for overlaps", word)),
    }
}

pub(crate) fn run_state(word: &str) -> Result<RunState> {
    RunState::from_name(word).ok_or_else(|| unknown("state of a run", word))
}

pub(crate) fn task_state(word: &str) -> Result<TaskState> {
    TaskState::from_name(word).ok_or_else(|| unknown("state of a task", word))
}

/// A trigger as columns: its word, its instant, its run.
pub(crate) fn trigger_columns(trigger: Trigger) -> (&'static str, Option<SystemTime>, Option<RunId>) {
    match trigger {
        Trigger::Manual => ("manual", None, None),
        Trigger::Tick(at) => ("tick", Some(at), None),
        Trigger::After(run) => ("after", None, Some(run)),
        Trigger::Retry(run) => ("retry", None, Some(run)),
    }
}

/// The trigger of those columns.
pub(crate) fn trigger(word: &str, at: Option<SystemTime>, run: Option<RunId>) -> Result<Trigger> {
    match (word, at, run) {
        ("manual", _, _) => Ok(Trigger::Manual),
        ("tick", Some(at), _) => Ok(Trigger::Tick(at)),
        ("after", _, Some(run)) => Ok(Trigger::After(run)),
        ("retry", _, Some(run)) => Ok(Trigger::Retry(run)),
        _ => Err(unknown("trigger", word)),
    }
}

/// What became of a tick, as columns: its run, or the word of the reason why it has none.
pub(crate) fn outcome_columns(outcome: TickOutcome) -> (Option<RunId>, Option<&'static str>) {
    match outcome {
        TickOutcome::Ran(run) => (Some(run), None),
        TickOutcome::Skipped(reason) => (None, Some(reason.name())),
    }
}

/// What became of a tick, from those columns.
pub(crate) fn outcome(run: Option<RunId>, skipped: Option<&str>) -> Result<TickOutcome> {
    if let Some(run) = run {
        return Ok(TickOutcome::Ran(run));
    }
    let word = skipped.unwrap_or_default();
    let reason = SkipReason::from_name(word).ok_or_else(|| unknown("reason to skip a tick", word))?;
    Ok(TickOutcome::Skipped(reason))
}

/// The task as it is kept: times in whole microseconds, and no U+0000, which PostgreSQL cannot hold: what a driver said must
/// not keep an end from being recorded. What a call returns is what anybody reads later.
pub(crate) fn kept(mut task: Task) -> Task {
    if let Some(error) = &mut task.error {
        error.text = printable(&error.text);
        error.help = error.help.as_deref().map(printable);
    }
    for time in [
        &mut task.started_at,
        &mut task.lease_until,
        &mut task.next_try_at,
        &mut task.finished_at,
    ] {
        *time = time.map(|time| instant(micros(time)));
    }
    task.usage.cpu = Duration::from_micros(duration_micros(task.usage.cpu) as u64);
    task
}

/// The longest text of a line of a log, in characters.
const LONGEST: usize = 4000;

/// The line as it is kept.
pub(crate) fn kept_line(line: &LogLine) -> LogLine {
    let cut = |text: &str| printable(&text.chars().take(LONGEST).collect::<String>());
    LogLine {
        text: cut(&line.text),
        help: line.help.as_deref().map(cut),
        ..line.clone()
    }
}

fn printable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// What a user may, as one text.
pub(crate) fn grants_to_text(grants: &[Grant]) -> Result<String> {
    serde_json::to_string(grants).map_err(|e| Error::internal("grants cannot be written as JSON").driver(e))
}

/// What a user may, of that text.
pub(crate) fn grants_from_text(text: &str) -> Result<Vec<Grant>> {
    serde_json::from_str(text).map_err(|e| unknown("list of grants", text).driver(e))
}

/// Whom a provider vouches for, of its two columns.
pub(crate) fn identity(issuer: Option<String>, subject: Option<String>) -> Option<Identity> {
    let (issuer, subject) = issuer.zip(subject)?;
    Some(Identity { issuer, subject })
}

pub(crate) fn role(word: &str) -> Result<Role> {
    Role::from_name(word).ok_or_else(|| unknown("role", word))
}

/// Bytes of a hash as they are kept.
pub(crate) fn hash(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes
        .try_into()
        .map_err(|_| unknown("hash", &format!("{} bytes", bytes.len())))
}

/// Microseconds since 1970, downwards.
pub(crate) fn micros(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => duration_micros(since),
        Err(before) => -(before.duration().as_nanos().div_ceil(1000).min(i64::MAX as u128) as i64),
    }
}

/// The instant of so many microseconds since 1970.
pub(crate) fn instant(micros: i64) -> SystemTime {
    let distance = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
}

/// Whole microseconds of a duration.
pub(crate) fn duration_micros(time: Duration) -> i64 {
    time.as_micros().min(i64::MAX as u128) as i64
}

/// A limit as databases take it.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn unknown(what: &str, word: &str) -> Error {
    Error::new(
        Code::StoreFailed,
        format!("the store holds a {what} that this program does not know: `{word}`"),
    )
    .help("a newer SyncApp has written it: update this one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let at = UNIX_EPOCH + Duration::from_micros(1_800_000_000_123_456);
        let run = RunId::new();
        for one in [
            Trigger::Manual,
            Trigger::Tick(at),
            Trigger::After(run),
            Trigger::Retry(run),
        ] {
            let (word, at, run) = trigger_columns(one);
            assert_eq!(trigger(word, at, run), Ok(one));
        }
        for one in [Overlap::Skip, Overlap::Queue] {
            assert_eq!(overlap(overlap_name(one)), Ok(one));
        }
        let skipped = SkipReason::ALL.into_iter().map(TickOutcome::Skipped);
        for one in skipped.chain([TickOutcome::Ran(run)]) {
            let (run, word) = outcome_columns(one);
            assert_eq!(outcome(run, word), Ok(one));
        }
        let streams = vec![PlannedStream {
            stream: "a.\"b\"\n»".into(),
            pool: "heavy".into(),
        }];
        assert_eq!(streams_from_text(&streams_to_text(&streams).unwrap()), Ok(streams));
        let grants = vec![Grant::all(Role::Admin), Grant::of(Role::Viewer, "a\"b")];
        assert_eq!(grants_from_text(&grants_to_text(&grants).unwrap()), Ok(grants));
    }

    #[test]
    fn a_word_of_a_newer_program_is_an_error() {
        let errors = [
            run_state("dreaming").unwrap_err(),
            task_state("dreaming").unwrap_err(),
            overlap("dreaming").unwrap_err(),
            trigger("dreaming", None, None).unwrap_err(),
            trigger("tick", None, None).unwrap_err(),
            outcome(None, Some("dreaming")).unwrap_err(),
            streams_from_text("dreaming").unwrap_err(),
            grants_from_text("[{\"role\": \"dreamer\"}]").unwrap_err(),
            role("dreamer").unwrap_err(),
            hash(b"short").unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.code(), Code::StoreFailed);
            assert!(error.report().why.contains("does not know"), "{error}");
        }
    }

    #[test]
    fn an_instant_is_kept_to_the_microsecond_downwards() {
        for (nanos, expected) in [
            (0, 0),
            (999, 0),
            (1000, 1),
            (1_800_000_000_000_000_001, 1_800_000_000_000_000),
        ] {
            assert_eq!(micros(UNIX_EPOCH + Duration::from_nanos(nanos)), expected);
        }
        for (nanos, expected) in [(1, -1), (1000, -1), (1001, -2)] {
            assert_eq!(micros(UNIX_EPOCH - Duration::from_nanos(nanos)), expected);
        }
        for micros_since in [0, 1, -1, 1_800_000_000_123_456] {
            assert_eq!(micros(instant(micros_since)), micros_since);
        }
    }
}
