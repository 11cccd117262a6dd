//! Records as they are answered.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::Serialize;
use syncapp_control::{ErrorRecord, Moved, Run, RunState, Task, TaskState, Trigger};
use utoipa::ToSchema;

use crate::words::{RunStateWord, TaskStateWord};

/// A run.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Run)]
pub(crate) struct RunView {
    /// Its name.
    #[schema(format = "uuid")]
    id: String,
    /// Its project.
    project: String,
    /// The project's version that it belongs to, whatever is pushed later.
    version: u32,
    /// Its sync.
    sync: String,
    /// Why it was started.
    trigger: TriggerView,
    /// Submitted again with this key, it is this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Where it stands.
    #[schema(value_type = RunStateWord)]
    pub(crate) state: RunState,
    /// When it was accepted.
    #[schema(format = DateTime)]
    submitted_at: String,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

/// A run in a list.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ListedRun)]
pub(crate) struct ListedRun {
    #[serde(flatten)]
    run: RunView,
    /// How much it has moved, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<MovedView>,
}

impl ListedRun {
    pub(crate) fn of(moved: Option<Moved>, run: Run) -> Self {
        Self {
            run: run.into(),
            moved: moved.map(|Moved { rows, bytes }| MovedView {
                rows: rows.to_string(),
                bytes: bytes.to_string(),
            }),
        }
    }
}

/// How much a run has moved, all its streams together.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Moved)]
struct MovedView {
    /// Rows that were written.
    #[schema(format = "uint64")]
    rows: String,
    /// Bytes that were read.
    #[schema(format = "uint64")]
    bytes: String,
}

/// Why a run was started.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[schema(as = Trigger)]
enum TriggerView {
    /// Somebody asked for it.
    Manual,
    /// A schedule's time had come.
    Schedule {
        /// The time, as the schedule means it.
        #[schema(format = DateTime)]
        tick: String,
    },
    /// The sync before it was done.
    After {
        /// That sync's run.
        #[schema(format = "uuid")]
        run: String,
    },
    /// The failed streams of another run are run again.
    Retry {
        /// That run.
        #[schema(format = "uuid")]
        run: String,
    },
}

/// A run with its streams.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = RunWithStreams)]
pub(crate) struct WholeRun {
    #[serde(flatten)]
    pub(crate) run: RunView,
    /// When the first of its streams was started, as far as their newest attempts say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// Its streams, in the sync's order.
    streams: Vec<TaskView>,
}

/// One stream of a run.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = RunStream)]
struct TaskView {
    /// The stream or pattern, as the sync names it.
    stream: String,
    /// Whose workers carry it.
    pool: String,
    /// Where it stands.
    #[schema(value_type = TaskStateWord)]
    state: TaskState,
    /// How often a worker has claimed it.
    #[schema(format = "uint64")]
    attempts: String,
    /// Who carries it, or did last.
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<String>,
    /// When its newest attempt was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// Rows that the newest attempt has read.
    #[schema(format = "uint64")]
    rows_read: String,
    /// Rows that it has written.
    #[schema(format = "uint64")]
    rows_written: String,
    /// Rows that the target has committed.
    #[schema(format = "uint64")]
    rows_committed: String,
    /// About how many rows it has to read: an estimate of the source, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uint64")]
    rows_expected: Option<String>,
    /// Bytes that it has read.
    #[schema(format = "uint64")]
    bytes: String,
    /// What all attempts have cost: time on processors, in seconds.
    #[schema(format = "decimal")]
    cpu_seconds: String,
    /// The most memory that its process has held, in bytes.
    #[schema(format = "uint64")]
    peak_bytes: String,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    next_try_at: Option<String>,
    /// When it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// Why the newest attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<KeptError>,
}

/// What is kept of an error.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct KeptError {
    /// Its stable name.
    code: String,
    /// What is wrong, why, and where.
    text: String,
    /// What to do about it.
    help: Option<String>,
}

impl From<ErrorRecord> for KeptError {
    fn from(error: ErrorRecord) -> Self {
        let ErrorRecord { code, text, help } = error;
        Self { code, text, help }
    }
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
            rows_expected: task.progress.expected.map(|rows| rows.to_string()),
            bytes: task.progress.bytes.to_string(),
            cpu_seconds: seconds(task.usage.cpu),
            peak_bytes: task.usage.peak_bytes.to_string(),
            next_try_at: task.next_try_at.map(instant),
            finished_at: task.finished_at.map(instant),
            error: task.error.map(KeptError::from),
        }
    }
}

/// A time's length, exactly.
fn seconds(time: Duration) -> String {
    format!("{}.{:09}", time.as_secs(), time.subsec_nanos())
}

/// A time as it is answered; the store keeps none that the calendar does not know.
pub(crate) fn instant(at: SystemTime) -> String {
    Timestamp::try_from(at).unwrap_or_default().to_string()
}
