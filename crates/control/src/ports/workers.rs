//! The workers of a fleet, as each of them says that it is there.
//!
//! Nothing is decided by this: a task is a worker's by its lease. It is for people who look at a fleet.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use syncapp_model::Result;

use crate::TaskId;

/// Who is there.
#[async_trait]
pub trait Workers: Send + Sync {
    /// A worker is there, or still is. Whoever was not heard of for a day is forgotten besides.
    async fn here(&self, worker: &Presence) -> Result<()>;

    /// It goes.
    async fn gone(&self, name: &str) -> Result<()>;

    /// Those that were heard of since so long ago, in the order of their names.
    async fn workers(&self, since: Duration, limit: usize) -> Result<Vec<Heard>>;

    /// Tasks that are leased, by the names of their workers and their own, at most so many.
    async fn claims(&self, limit: usize) -> Result<Vec<ClaimedTask>>;
}

/// A worker as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Its name.
    pub name: String,
    /// The pools whose tasks it carries.
    pub pools: Vec<String>,
    /// How many of them at once.
    pub slots: u32,
}

/// A worker that was heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What it says.
    pub worker: Presence,
    /// Since when it is there.
    pub since: SystemTime,
    /// When it was heard of last.
    pub seen_at: SystemTime,
}

/// A task that a worker carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedTask {
    /// The worker, by its name.
    pub worker: String,
    /// The task.
    pub task: TaskId,
    /// Its run's project.
    pub project: String,
    /// Its run's sync.
    pub sync: String,
    /// Its stream.
    pub stream: String,
    /// Its pool.
    pub pool: String,
    /// When this attempt at it began.
    pub started_at: Option<SystemTime>,
}
