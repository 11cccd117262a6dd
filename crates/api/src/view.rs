//! Records as they are answered.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serialize;
use syncapp_control::{ErrorRecord, Run, RunState, Task, TaskState, Trigger};

/// A run.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct RunView {
    id: String,
    project: String,
    version: u32,
    sync: String,
    trigger: TriggerView,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    pub(crate) state: RunState,
    submitted_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
}

/// Why a run was started.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum TriggerView {
    Manual,
    Schedule { tick: String },
    After { run: String },
    Retry { run: String },
}

/// A run with its streams.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct WholeRun {
    #[serde(flatten)]
    pub(crate) run: RunView,
    /// When the first of its streams was started, as far as their newest attempts say.
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    streams: Vec<TaskView>,
}

/// One stream of a run.
#[derive(Debug, PartialEq, Serialize)]
struct TaskView {
    stream: String,
    pool: String,
    state: TaskState,
    /// How often a worker has claimed it.
    attempts: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<String>,
    /// When its newest attempt was.
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    rows_read: String,
    rows_written: String,
    rows_committed: String,
    bytes: String,
    cpu_seconds: f64,
    peak_bytes: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_try_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorRecord>,
}

impl WholeRun {
    pub(crate) fn of(run: Run, tasks: Vec<Task>) -> Self {
        Self {
            run: run.into(),
            started_at: tasks.iter().filter_map(|task| task.started_at).min().map(instant),
            streams: tasks.into_iter().map(TaskView::from).collect(),
        }
    }
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        Self {
            id: run.id.to_string(),
            project: run.project,
            version: run.version,
            sync: run.sync,
            trigger: match run.trigger {
                Trigger::Manual => TriggerView::Manual,
                Trigger::Tick(at) => TriggerView::Schedule { tick: instant(at) },
                Trigger::After(run) => TriggerView::After { run: run.to_string() },
                Trigger::Retry(run) => TriggerView::Retry { run: run.to_string() },
            },
            key: run.key,
            state: run.state,
            submitted_at: instant(run.submitted_at),
            finished_at: run.finished_at.map(instant),
        }
    }
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        Self {
            stream: task.stream,
            pool: task.pool,
            state: task.state,
            attempts: task.epoch.0.to_string(),
            worker: task.worker,
            started_at: task.started_at.map(instant),
            rows_read: task.progress.read.to_string(),
            rows_written: task.progress.written.to_string(),
            rows_committed: task.progress.committed.to_string(),
            bytes: task.progress.bytes.to_string(),
            cpu_seconds: task.usage.cpu.as_secs_f64(),
            peak_bytes: task.usage.peak_bytes.to_string(),
            next_try_at: task.next_try_at.map(instant),
            finished_at: task.finished_at.map(instant),
            error: task.error,
        }
    }
}

/// A time as it is answered; the store keeps none that the calendar does not know.
pub(crate) fn instant(at: SystemTime) -> String {
    Timestamp::try_from(at).unwrap_or_default().to_string()
}
