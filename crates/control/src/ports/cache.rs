//! What speeds a fleet up, and is not missed when it is gone.

use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::Result;

/// How long a value may be, in bytes: what is longer is not kept, and not said.
pub const MAX_CACHED: usize = 1 << 20;

/// Keeps and counts what all processes of a fleet share for a while.
///
/// It may forget everything at any time. A call that fails says so within seconds: whoever made it goes on as if nothing had been
/// kept, counted or said. It is no place for what has to be true, nor for a secret that outlives a minute.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What is kept under the key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>>;

    /// Keeps a value for so long, in the place of what was kept there.
    async fn put(&self, key: &str, value: &[u8], life: Duration) -> Result<()>;

    /// What is kept under the key, and is forgotten by this: of many who take at once, one gets it.
    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>>;

    /// Counts one more of what may happen `limit` times in a window of time, which begins with the first.
    async fn count(&self, key: &str, limit: u64, window: Duration) -> Result<Allowance>;

    /// Says something to all who listen to the topic now.
    async fn publish(&self, topic: &str, value: &[u8]) -> Result<()>;

    /// Listens to a topic.
    async fn listen(&self, topic: &str) -> Result<Box<dyn Listener>>;
}

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Allowance {
    /// Whether it may happen once more now.
    pub allowed: bool,
    /// How often it may happen after that, in this window.
    pub remaining: u64,
    /// When the window is over.
    pub resets_in: Duration,
}

impl Allowance {
    /// The `count`th in a window.
    pub fn of(count: u64, limit: u64, resets_in: Duration) -> Self {
        Self {
            allowed: count <= limit,
            remaining: limit.saturating_sub(count),
            resets_in,
        }
    }
}

/// Somebody who listens, until this is dropped. Of what is said faster than it is heard the newest is kept.
#[async_trait]
pub trait Listener: Send {
    /// What was said next; waits for it. Dropping the call loses nothing.
    async fn next(&mut self) -> Vec<u8>;
}
