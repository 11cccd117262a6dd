//! Who is told of the ends of runs.

use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::Result;

use crate::{Run, RunId, RunState};

/// Notices of runs that have ended, until they are with those who wanted them.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Runs that have ended, at most `age` ago, and are not [announced](Self::announce), the oldest first.
    async fn unannounced(&self, age: Duration, limit: usize) -> Result<Vec<EndedRun>>;

    /// Settles who is to be told of a run's end. `false`, and nothing, where somebody else has.
    async fn announce(&self, run: RunId, channels: &[String]) -> Result<bool>;

    /// Takes notices that nobody else has taken. Whoever does not call [`told`](Self::told) in `time` has them taken away again.
    async fn take_notices(&self, limit: usize, time: Duration) -> Result<Vec<Notice>>;

    /// It was told, or given up.
    async fn told(&self, run: RunId, channel: &str) -> Result<()>;

    /// It could not be told: another time, after `wait`.
    async fn postpone(&self, run: RunId, channel: &str, wait: Duration) -> Result<()>;
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedRun {
    /// The run.
    pub run: Run,
    /// How the run before it of the same sync ended, of those that were not cancelled; `None` where it is the first.
    pub before: Option<RunState>,
}

/// Somebody who has to be told of a run's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The run.
    pub run: RunId,
    /// Whom, by the operator's name.
    pub channel: String,
    /// How often this was taken, this time included.
    pub tries: u32,
}
