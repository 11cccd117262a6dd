//! A task's heartbeats, and what they learn.

use std::time::Duration;

use futures_util::future::{self, Either};

use super::tally::Tally;
use super::{Claimed, Worker};
use crate::{Event, Meter, Progress, Signal, TaskState, Verdict};

/// Why an attempt is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The user wants it.
    Cancelled,
    /// The worker is going away.
    Drained,
    /// Nothing has moved for too long.
    Stalled,
    /// The task is not this worker's any more, or may not be.
    Lost,
}

/// Since when nothing has moved.
struct Rest {
    progress: Progress,
    since: Duration,
}

impl Worker {
    /// Beats until there is a reason to stop. What the store does not answer is asked again at the next beat, as long as the
    /// lease is not over.
    pub(super) async fn pulse(&self, claimed: &mut Claimed, meter: &Meter, tally: &Tally, hurry: &Signal) -> Stop {
        let policy = &self.control.policy;
        let mut rest = Rest {
            progress: Progress::default(),
            since: self.control.clock.monotonic(),
        };
        loop {
            let wait = policy.heartbeat.min(self.left(claimed));
            if let Either::Left(_) = future::select(hurry.raised(), self.control.clock.sleep(wait)).await {
                return Stop::Drained;
            }
            if self.left(claimed).is_zero() {
                return Stop::Lost;
            }
            let now = self.control.clock.monotonic();
            let progress = meter.read();
            if progress != rest.progress {
                tally.count(progress);
                rest = Rest { progress, since: now };
            }
            let silent = now.saturating_sub(rest.since);
            if silent >= policy.stalled_until {
                return Stop::Stalled;
            }
            if let Some(stop) = self.beat(claimed, progress, silent >= policy.stalled_after).await {
                return stop;
            }
        }
    }

    async fn beat(&self, claimed: &mut Claimed, progress: Progress, stalled: bool) -> Option<Stop> {
        let policy = &self.control.policy;
        let event = Event::Heartbeat {
            epoch: claimed.epoch(),
            ttl: policy.lease,
            progress,
            stalled,
        };
        let asked = self.control.clock.monotonic();
        match self.in_time(claimed, &event).await? {
            Verdict::Held(task) => {
                claimed.deadline = asked + policy.hold();
                (task.state == TaskState::Cancelling).then_some(Stop::Cancelled)
            }
            Verdict::Refused(_) => Some(Stop::Lost),
        }
    }

    /// Lets an event happen to the task, as long as the lease lasts; `None` where the store did not say whether it has.
    pub(super) async fn in_time(&self, claimed: &Claimed, event: &Event) -> Option<Verdict> {
        let answer = self.control.store.happen(claimed.task.id, event);
        let over = self.control.clock.sleep(self.left(claimed));
        match future::select(answer, over).await {
            Either::Left((Ok(verdict), _)) => Some(verdict),
            Either::Left((Err(error), _)) => {
                tracing::warn!(%error, task = %claimed.task.id, worker = self.name, "the store does not answer");
                None
            }
            Either::Right(_) => None,
        }
    }

    /// How long the worker may still act for the task.
    pub(super) fn left(&self, claimed: &Claimed) -> Duration {
        claimed.deadline.saturating_sub(self.control.clock.monotonic())
    }
}
