//! What monitoring asks of the store.

use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::Result;

use crate::{ScheduleId, TaskState};

/// Figures of the whole fleet, cheap enough to be asked for every few seconds.
#[async_trait]
pub trait Figures: Send + Sync {
    /// How many tasks stand where, by pool. Those that are over do not count.
    async fn depths(&self) -> Result<Vec<Depth>>;

    /// How long ago each stream of the newest versions landed, the longest ago first. A stream that never has is not told.
    async fn lags(&self, limit: usize) -> Result<Vec<Lag>>;
}

/// Tasks of a pool that stand alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// The pool.
    pub pool: String,
    /// Where they stand.
    pub state: TaskState,
    /// How many.
    pub tasks: u64,
}

/// How long ago a stream landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// Its sync.
    pub sync: ScheduleId,
    /// The stream, as the sync names it.
    pub stream: String,
    /// How long ago.
    pub since: Duration,
}
