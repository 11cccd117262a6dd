//! The use cases' common ground.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use syncapp_model::Result;
use tracing::Instrument as _;
use uuid::Builder;

use crate::{
    Clock, LogLine, NewRun, Policy, Queue, Random, RunId, Signal, Store, Submitted, Task, TraceParent, measure,
};

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
                measure::step_failed(step);
                tracing::warn!(%error, step, "a step failed and is tried again");
                self.policy.pause
            }
        };
        futures_util::future::select(stop.raised(), self.clock.sleep(wait)).await;
    }

    /// Accepts a run, and counts it.
    pub(crate) async fn accept(&self, new: &NewRun) -> Result<Submitted> {
        let span = tracing::info_span!("submit", run = %new.id, project = new.project, sync = new.sync);
        let submit = async {
            let mut new = new.clone();
            new.trace = TraceParent::current();
            self.store.submit(&new).await
        };
        let submitted = submit.instrument(span).await?;
        if matches!(submitted, Submitted::Accepted(_)) {
            measure::started(&new.project, &new.sync, new.trigger);
        }
        Ok(submitted)
    }

    /// Counts the run of a task that has come to its end, if that was the end of it all: the two ended at one instant then.
    pub(crate) async fn ended(&self, task: &Task) {
        if !task.state.is_final() {
            return;
        }
        match self.store.run(task.id.run).await {
            Ok(Some(run)) if run.finished_at.is_some() && run.finished_at == task.finished_at => measure::ended(&run),
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, task = %task.id, "whether its run has ended is not known"),
        }
    }

    /// Adds lines to a run's log. Nothing waits for them, or fails without them.
    pub async fn note(&self, run: RunId, lines: &[LogLine]) {
        if let Err(error) = self.store.log(run, lines).await {
            tracing::debug!(%error, %run, "lines of a run's log are lost");
        }
    }

    /// A name for a run: about in the order of time.
    pub fn run_id(&self) -> RunId {
        let since = self.clock.wall().duration_since(UNIX_EPOCH).unwrap_or_default();
        let bits = (u128::from(self.random.bits()) << 64) | u128::from(self.random.bits());
        let mut chance = [0; 10];
        chance.copy_from_slice(&bits.to_be_bytes()[..10]);
        RunId(Builder::from_unix_timestamp_millis(since.as_millis() as u64, &chance).into_uuid())
    }
}
