//! What is forgotten.

use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::Result;

/// Forgets what is over for long.
#[async_trait]
pub trait Retention: Send + Sync {
    /// Forgets runs that ended at least `age` ago, the oldest first, with their tasks and what is left of their hints; and ticks
    /// of instants as long ago. At most `limit` of each, so that nobody waits long for the locks. Returns how many of both.
    ///
    /// What somebody may still come to is kept: a run that is done and not [followed](super::Submissions::followed), a tick
    /// that is not before its schedule's next one. A key whose run is forgotten may be used again.
    async fn forget(&self, age: Duration, limit: usize) -> Result<usize>;
}
