//! The use cases' common ground.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use syncapp_model::Result;
use uuid::Builder;

use crate::{Clock, Policy, Queue, Random, RunId, Signal, Store};

/// The control plane, with all it needs of the world. Its methods are the use cases; each may be called by any number of
/// processes at once.
#[derive(Clone)]
pub struct Control {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// The way to the workers.
    pub queue: Arc<dyn Queue>,
    /// This process's time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// The numbers.
    pub policy: Policy,
}

impl Control {
    /// What a loop does after a step: nothing when there was something to do, else it waits `period`. An error is logged, and the
    /// step is tried again.
    pub(crate) async fn rest(&self, step: &str, done: Result<usize>, period: Duration, stop: &Signal) {
        let wait = match done {
            Ok(0) => period,
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, step, "a step failed and is tried again");
                self.policy.pause
            }
        };
        futures_util::future::select(stop.raised(), self.clock.sleep(wait)).await;
    }

    /// A name for a run: about in the order of time.
    pub(crate) fn run_id(&self) -> RunId {
        let since = self.clock.wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        let bits = (u128::from(self.random.bits()) << 64) | u128::from(self.random.bits());
        let mut chance = [0; 10];
        chance.copy_from_slice(&bits.to_be_bytes()[..10]);
        RunId(Builder::from_unix_timestamp_millis(since.as_millis() as u64, &chance).into_uuid())
    }
}
