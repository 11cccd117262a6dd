//! Use case: tasks are claimed and carried, a few at a time.
//!
//! ```text
//!   a slot is free ─► next hint ─► claim ─► ack ─► attempt: load, run ∥ pulse ─► finish ─► the slot is free
//!   drain is raised ─► no more hints, no more claims ─► what runs may end ─► what still runs is released
//! ```
//!
//! Invariants:
//! - A door is open only while a slot is free.
//! - A hint is acked right after the claim, whatever the claim brought, and never before it: a hint lost with its worker
//!   comes again, and none stays unacked for as long as a run takes.
//! - After its deadline, which is the lease's end by the worker's own monotonic clock less a margin, a worker does nothing for
//!   a task and writes nothing about it.
//! - Attempts share nothing: one that fails, hangs or loses its lease does not touch the others.

mod attempt;
mod intake;
mod pulse;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::{self, Either};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use futures_util::{FutureExt as _, pin_mut, select_biased};

use crate::{Control, LeaseEpoch, Recent, Runner, Signal, Task, Version};
use intake::Intake;

/// A worker: carries tasks of its pools, at most `slots` at once.
#[derive(Clone)]
pub struct Worker {
    /// The control plane.
    pub control: Control,
    /// What carries out the tasks.
    pub runner: Arc<dyn Runner>,
    /// Its name, for people.
    pub name: String,
    /// The pools whose tasks it carries.
    pub pools: Vec<String>,
    /// How many tasks at once.
    pub slots: usize,
}

/// How many versions a worker remembers.
const VERSIONS: usize = 8;

/// Versions of projects by name and number: they never change.
type Versions = Recent<(String, u32), Arc<OnceLock<Arc<Version>>>>;

/// A task that this worker holds.
struct Claimed {
    task: Box<Task>,
    /// When the worker gives up, in its monotonic time.
    deadline: Duration,
}

impl Claimed {
    fn epoch(&self) -> LeaseEpoch {
        self.task.epoch
    }
}

impl Worker {
    /// Works until `drain` is raised and all it had begun is finished, or released
    /// [`Policy::drain`](crate::Policy::drain) later.
    pub async fn run(&self, drain: &Signal) {
        let (hurry, versions) = (Signal::new(), Versions::new(VERSIONS));
        let mut attempts = FuturesUnordered::new();
        self.serve(drain, (&hurry, &versions), &mut attempts).await;
        let rest = async { while attempts.next().await.is_some() {} };
        pin_mut!(rest);
        let patience = self.control.clock.sleep(self.control.policy.drain);
        if let Either::Right(((), rest)) = future::select(rest, patience).await {
            hurry.raise();
            rest.await;
        }
    }

    /// Claims and carries until `drain` is raised; what is still carried then stays in `attempts`.
    async fn serve<'a>(
        &'a self,
        drain: &Signal,
        (hurry, versions): (&'a Signal, &'a Versions),
        attempts: &mut FuturesUnordered<future::BoxFuture<'a, ()>>,
    ) {
        let mut door = None;
        loop {
            let room = attempts.len() < self.slots;
            if !room {
                // A hint that waits behind an open door is kept from the other workers.
                door = None;
            }
            let intake = async {
                if room {
                    return self.intake(&mut door, drain).await;
                }
                drain.raised().await;
                Intake::Drained
            };
            let intake = intake.fuse();
            pin_mut!(intake);
            loop {
                select_biased! {
                    taken = intake => {
                        match taken {
                            Intake::Drained => return,
                            Intake::Nothing => {}
                            Intake::Claimed(claimed) => attempts.push(self.attempt(claimed, hurry, versions).boxed()),
                        }
                        break;
                    }
                    () = attempts.select_next_some() => if !room { break },
                }
            }
        }
    }
}
