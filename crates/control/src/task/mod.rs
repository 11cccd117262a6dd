//! A task: one stream of one run, which one worker at a time carries.

mod machine;

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use syncapp_model::Pattern;

use crate::{ErrorRecord, PlannedStream, RunId};

pub use machine::{Ending, Event, Refusal, transition};

/// A task's name: its run, and its place among the run's streams, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    /// The run.
    pub run: RunId,
    /// Which of its streams.
    pub number: u32,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.run, self.number)
    }
}

/// How often a task was claimed. The fence of what is written about it; the fence of its *target* is
/// [`syncapp_model::Epoch`], which lies there and knows nothing of this one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaseEpoch(pub u64);

/// What a worker holds: the right to write about a task, for as long as nobody else claims it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lease {
    /// The task.
    pub task: TaskId,
    /// The claim.
    pub epoch: LeaseEpoch,
}

/// Where a task stands; [`transition`] says how it comes from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// The run before it, of the same sync, still goes on.
    Held,
    /// Any worker of its pool may claim it.
    Queued,
    /// A worker carries it.
    Running,
    /// A worker carries it, and nothing has moved for a while.
    Stalled,
    /// A worker carries it, and is to stop.
    Cancelling,
    /// It failed, and is claimed again when its time has come.
    Waiting,
    /// It landed.
    Done,
    /// It failed for good.
    Failed,
    /// The user stopped it.
    Cancelled,
}

impl TaskState {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Held,
        Self::Queued,
        Self::Running,
        Self::Stalled,
        Self::Cancelling,
        Self::Waiting,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Its word, as it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Stalled => "stalled",
            Self::Cancelling => "cancelling",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether a worker carries it.
    pub fn is_leased(self) -> bool {
        matches!(self, Self::Running | Self::Stalled | Self::Cancelling)
    }

    /// Whether nothing can become of it any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows that were read.
    pub read: u64,
    /// Rows that were written.
    pub written: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Rows that the target has committed: what no failure takes back.
    pub committed: u64,
    /// About how many rows there are to be read, where the source can tell.
    pub expected: Option<u64>,
}

/// What a task's attempts cost in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time on processors.
    pub cpu: Duration,
    /// The most memory that an attempt held, in bytes.
    pub peak_bytes: u64,
}

impl Usage {
    /// This, and another attempt.
    pub fn and(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_add(other.cpu),
            peak_bytes: self.peak_bytes.max(other.peak_bytes),
        }
    }
}

/// One task as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// The stream, as the version's sync names it.
    pub stream: String,
    /// The pool whose workers may claim it.
    pub pool: String,
    /// Where it stands.
    pub state: TaskState,
    /// How often it was claimed.
    pub epoch: LeaseEpoch,
    /// Who carries it, or did last.
    pub worker: Option<String>,
    /// When its newest attempt was claimed.
    pub started_at: Option<SystemTime>,
    /// When the claim runs out; only while it is leased.
    pub lease_until: Option<SystemTime>,
    /// Failures in a row without a durable step.
    pub fruitless: u32,
    /// Workers in a row that died with it, without a durable step.
    pub lost: u32,
    /// When it may be claimed again; only while it waits.
    pub next_try_at: Option<SystemTime>,
    /// When the newest hint to it was written into the outbox.
    pub hinted_at: SystemTime,
    /// How far the newest attempt has come.
    pub progress: Progress,
    /// What all attempts cost.
    pub usage: Usage,
    /// Why the newest attempt failed.
    pub error: Option<ErrorRecord>,
    /// When it came to its end.
    pub finished_at: Option<SystemTime>,
}

impl Task {
    /// A task that nobody has claimed, as a run that is submitted `now` brings it.
    pub fn new(id: TaskId, planned: &PlannedStream, state: TaskState, now: SystemTime) -> Self {
        Self {
            id,
            stream: planned.stream.clone(),
            pool: planned.pool.clone(),
            state,
            epoch: LeaseEpoch(0),
            worker: None,
            started_at: None,
            lease_until: None,
            fruitless: 0,
            lost: 0,
            next_try_at: None,
            hinted_at: now,
            progress: Progress::default(),
            usage: Usage::default(),
            error: None,
            finished_at: None,
        }
    }

    /// Whether it stands for whatever streams match.
    pub fn is_pattern(&self) -> bool {
        matches!(self.stream.parse(), Ok(Pattern::Glob(_)))
    }

    /// What its worker holds.
    pub fn lease(&self) -> Lease {
        Lease {
            task: self.id,
            epoch: self.epoch,
        }
    }

    /// Whether a worker may claim it.
    pub fn is_claimable(&self, now: SystemTime) -> bool {
        match self.state {
            TaskState::Queued => true,
            TaskState::Waiting => self.next_try_at.is_none_or(|at| at <= now),
            _ => false,
        }
    }

    /// Whether its lease ran out.
    pub fn is_expired(&self, now: SystemTime) -> bool {
        self.state.is_leased() && self.lease_until.is_none_or(|until| until <= now)
    }

    /// Whether a hint has to be written: none since its wait was over, or the newest one came to nothing for so long.
    pub fn wants_hint(&self, now: SystemTime, patience: Duration) -> bool {
        let overdue = self.next_try_at.is_some_and(|at| self.hinted_at < at);
        self.is_claimable(now) && (overdue || self.hinted_at + patience <= now)
    }
}
