//! What there is, a page at a time.
//!
//! A page begins after the last row of the page before it, by that row's place in the order and not by a count: rows that come
//! in or go meanwhile make no other row come twice or be passed by.

use std::collections::BTreeMap;
use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_model::Result;

use crate::{Run, RunId, RunState, Schedule, ScheduleId};

/// Lists. However long one is, a page of it costs what its own rows cost.
#[async_trait]
pub trait Lists: Send + Sync {
    /// Runs, the newest first: those that come after a place in this order.
    async fn runs(&self, list: &RunList, after: Option<RunPlace>, limit: usize) -> Result<Vec<Run>>;

    /// How much runs have moved, by their names; those that are not there are left out.
    async fn moved(&self, runs: &[RunId]) -> Result<BTreeMap<RunId, Moved>>;

    /// Projects in the order of their names, after a name, each with the number of its newest version.
    async fn projects(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, u32)>>;

    /// The versions of a project, the newest first, before a number: each with the time at which it was pushed.
    async fn versions(&self, project: &str, before: Option<u32>, limit: usize) -> Result<Vec<(u32, SystemTime)>>;

    /// The schedules of a project in the order of their syncs' names, after a name.
    async fn schedules(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<Schedule>>;
}

/// Which runs a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunList {
    /// Whose runs.
    pub of: RunsOf,
    /// Only those that stand there.
    pub state: Option<RunState>,
}

/// Whose runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RunsOf {
    /// All there are.
    #[default]
    All,
    /// A project's.
    Project(String),
    /// A sync's.
    Sync(ScheduleId),
}

/// How much a run has moved, all its streams together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Rows that were written.
    pub rows: u64,
    /// Bytes that were read.
    pub bytes: u64,
}

/// A run's place in lists: when it was accepted, and its name where two were at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunPlace {
    /// When it was accepted.
    pub submitted_at: SystemTime,
    /// Its name.
    pub id: RunId,
}

impl Run {
    /// Its place in lists.
    pub fn place(&self) -> RunPlace {
        RunPlace {
            submitted_at: self.submitted_at,
            id: self.id,
        }
    }
}
