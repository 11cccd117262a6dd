//! From a hint to a claim.

use futures_util::future::{self, Either};
use futures_util::pin_mut;
use tracing::Instrument as _;

use super::{Claimed, Worker};
use crate::{Consumer, Control, Delivery, Event, Signal, TaskId, Verdict};

/// What came of it.
pub(super) enum Intake {
    /// A task.
    Claimed(Claimed),
    /// The hint led nowhere, or the queue or the store failed; there was a pause.
    Nothing,
    /// The worker is to stop.
    Drained,
}

impl Worker {
    /// Waits for a hint and follows it. Once a hint has come this goes to its end even while draining, so that no claim is
    /// left without a worker that knows of it.
    pub(super) async fn intake(&self, door: &mut Option<Box<dyn Consumer>>, drain: &Signal) -> Intake {
        let next = {
            let next = self.next(door);
            pin_mut!(next);
            match future::select(drain.raised(), next).await {
                Either::Left(_) => return Intake::Drained,
                Either::Right((next, _)) => next,
            }
        };
        let Some((mut open, delivery)) = next else {
            return Intake::Nothing;
        };
        let intake = self.follow(&mut open, delivery).await;
        *door = intake.is_some().then_some(open);
        intake.unwrap_or(Intake::Nothing)
    }

    /// The next hint, and the door it came through. `None` after a failure and a pause: the door is to be opened anew.
    async fn next(&self, door: &mut Option<Box<dyn Consumer>>) -> Option<(Box<dyn Consumer>, Delivery)> {
        if door.is_none() {
            match self.control.queue.consume(&self.pools).await {
                Ok(opened) => *door = Some(opened),
                Err(error) => {
                    tracing::warn!(%error, worker = self.name, "the queue cannot be reached");
                    self.control.clock.sleep(self.control.policy.pause).await;
                    return None;
                }
            }
        }
        // It stays in its place while it waits: this call may be dropped.
        let delivered = door.as_mut()?.next().await;
        let open = door.take()?;
        match delivered {
            Ok(delivery) => Some((open, delivery)),
            Err(error) => {
                tracing::warn!(%error, worker = self.name, "the queue has gone away");
                drop(open);
                self.control.clock.sleep(self.control.policy.pause).await;
                None
            }
        }
    }

    /// Claims, then acks. `None` where the door is to be opened anew.
    async fn follow(&self, door: &mut Box<dyn Consumer>, delivery: Delivery) -> Option<Intake> {
        let Control {
            store, clock, policy, ..
        } = &self.control;
        let claim = Event::Claim {
            worker: self.name.clone(),
            ttl: policy.lease,
        };
        // Taken before the store is asked: the lease can only be longer than this.
        let asked = clock.monotonic();
        let hint = &delivery.hint;
        let span = tracing::info_span!("claim", run = %hint.task.run, task = hint.task.number, worker = self.name);
        if let Some(trace) = hint.trace {
            trace.adopt(&span);
        }
        let verdict = match store.happen(hint.task, &claim).instrument(span.clone()).await {
            Ok(verdict) => verdict,
            Err(error) => {
                tracing::warn!(%error, task = %delivery.hint.task, worker = self.name, "a task cannot be claimed");
                let back = door.put_back(delivery).await;
                clock.sleep(policy.pause).await;
                return back.ok().map(|()| Intake::Nothing);
            }
        };
        // Where this fails the hint comes again, and finds the task taken.
        let acked = door.ack(delivery).await;
        let Verdict::Held(task) = verdict else {
            return acked.ok().map(|()| Intake::Nothing);
        };
        let deadline = asked + policy.hold();
        let TaskId { run, number } = task.id;
        let span = tracing::info_span!(parent: &span, "attempt", %run, task = number, stream = task.stream, attempt = task.epoch.0);
        Some(Intake::Claimed(Claimed { task, deadline, span }))
    }
}
