//! Use case: a worker says that it is there.

use std::time::Duration;

use crate::{Presence, Signal, Worker};

/// How often.
pub(crate) const EVERY: Duration = Duration::from_secs(10);
/// After how long a worker that says nothing is not there any more.
pub const ABSENT: Duration = Duration::from_secs(35);

impl Worker {
    /// Says so until `stop` is raised, and that it goes then. Nothing waits for it, or fails without it.
    pub async fn say_so_until(&self, stop: &Signal) {
        let store = &self.control.store;
        let worker = Presence {
            name: self.name.clone(),
            pools: self.pools.clone(),
            slots: u32::try_from(self.slots).unwrap_or(u32::MAX),
        };
        while !stop.is_raised() {
            let said = store.here(&worker).await.map(|()| 0);
            self.control.rest("presence", said, EVERY, stop).await;
        }
        if let Err(error) = store.gone(&worker.name).await {
            tracing::debug!(%error, worker = worker.name, "that a worker goes is not known");
        }
    }
}
