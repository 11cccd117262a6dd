//! What the control plane counts, by the names under which monitoring knows it.
//!
//! Invariants: each thing is counted by the process that made it durable, after it was, so that a sum over all processes is
//! right; a label is a word of ours, or one of `project`, `sync`, `stream` and `pool`, whose values whoever collects them caps.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use crate::{Depth, Lag, Progress, Run, ScheduleId, SkipReason, Trigger};

/// What a task's attempt came to, as a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempted {
    Done,
    Failed,
    Retried,
    Cancelled,
    Released,
    Lost,
}

impl Attempted {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Retried => "retried",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
            Self::Lost => "lost",
        }
    }
}

/// Says what each number is.
pub fn describe_metrics() {
    describe_counter!(
        "syncapp_runs_started_total",
        "Runs that were accepted, by what started them"
    );
    describe_counter!(
        "syncapp_runs_ended_total",
        "Runs that came to their end, by their last state"
    );
    describe_histogram!("syncapp_run_seconds", "From the acceptance of a run to its end");
    describe_counter!(
        "syncapp_ticks_skipped_total",
        "Ticks of schedules that got no run, by the reason"
    );
    describe_counter!("syncapp_attempts_total", "Attempts at streams, by how they ended");
    describe_histogram!("syncapp_attempt_seconds", "How long attempts at streams took");
    describe_counter!(
        "syncapp_attempts_started_total",
        "Attempts at streams that began: without those of `syncapp_attempts_total` they go on"
    );
    describe_counter!("syncapp_rows_read_total", "Rows that attempts have read");
    describe_counter!("syncapp_rows_written_total", "Rows that attempts have written");
    describe_counter!("syncapp_rows_committed_total", "Rows that targets have committed");
    describe_counter!("syncapp_bytes_read_total", "Bytes that attempts have read");
    describe_counter!("syncapp_errors_total", "Failures of attempts, by the code of the error");
    describe_counter!(
        "syncapp_leases_lost_total",
        "Streams that were taken from workers that were not heard of"
    );
    describe_counter!(
        "syncapp_steps_failed_total",
        "Steps of the control plane that failed and are tried again"
    );
    describe_counter!(
        "syncapp_hints_total",
        "Hints that were handed to the queue, by what it said"
    );
    describe_counter!(
        "syncapp_notices_total",
        "Notices of the ends of runs, by what became of them"
    );
    describe_gauge!("syncapp_queue_depth", "Streams that are not over, by pool and state");
    describe_gauge!(
        "syncapp_stream_lag_seconds",
        "Since when a stream of a newest version has not landed; none where it never has"
    );
}

pub(crate) fn started(project: &str, sync: &str, trigger: Trigger) {
    let trigger = match trigger {
        Trigger::Manual => "manual",
        Trigger::Tick(_) => "schedule",
        Trigger::After(_) => "after",
        Trigger::Retry(_) => "retry",
    };
    counter!("syncapp_runs_started_total", "project" => project.to_owned(), "sync" => sync.to_owned(), "trigger" => trigger)
        .increment(1);
}

pub(crate) fn ended(run: &Run) {
    let state = run.state.name();
    counter!("syncapp_runs_ended_total", "project" => run.project.clone(), "sync" => run.sync.clone(), "state" => state)
        .increment(1);
    let took = run.finished_at.and_then(|at| at.duration_since(run.submitted_at).ok());
    histogram!("syncapp_run_seconds", "state" => state).record(took.unwrap_or_default());
}

pub(crate) fn skipped(schedule: &ScheduleId, reason: SkipReason) {
    let (project, sync) = (schedule.project.clone(), schedule.sync.clone());
    counter!("syncapp_ticks_skipped_total", "project" => project, "sync" => sync, "reason" => reason.name())
        .increment(1);
}

pub(crate) fn carried() {
    counter!("syncapp_attempts_started_total").increment(1);
}

pub(crate) fn attempted(how: Attempted, took: Duration) {
    counter!("syncapp_attempts_total", "outcome" => how.name()).increment(1);
    histogram!("syncapp_attempt_seconds", "outcome" => how.name()).record(took);
}

/// What an attempt has moved since it was asked last.
pub(crate) fn moved(run: &Run, before: Progress, now: Progress) {
    let count = |name: &'static str, before: u64, now: u64| {
        if now > before {
            counter!(name, "project" => run.project.clone(), "sync" => run.sync.clone()).increment(now - before);
        }
    };
    count("syncapp_rows_read_total", before.read, now.read);
    count("syncapp_rows_written_total", before.written, now.written);
    count("syncapp_rows_committed_total", before.committed, now.committed);
    count("syncapp_bytes_read_total", before.bytes, now.bytes);
}

pub(crate) fn failed(code: &str) {
    counter!("syncapp_errors_total", "code" => code.to_owned()).increment(1);
}

pub(crate) fn lease_lost() {
    counter!("syncapp_leases_lost_total").increment(1);
}

pub(crate) fn step_failed(step: &str) {
    counter!("syncapp_steps_failed_total", "step" => step.to_owned()).increment(1);
}

pub(crate) fn notified(outcome: &'static str) {
    counter!("syncapp_notices_total", "outcome" => outcome).increment(1);
}

pub(crate) fn hinted(outcome: &'static str) {
    counter!("syncapp_hints_total", "outcome" => outcome).increment(1);
}

pub(crate) fn depth(depth: &Depth) {
    gauge!("syncapp_queue_depth", "pool" => depth.pool.clone(), "state" => depth.state.name()).set(depth.tasks as f64);
}

pub(crate) fn lag(lag: &Lag) {
    let ScheduleId { project, sync } = lag.sync.clone();
    gauge!("syncapp_stream_lag_seconds", "project" => project, "sync" => sync, "stream" => lag.stream.clone())
        .set(lag.since.as_secs_f64());
}
