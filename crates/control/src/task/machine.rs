//! What may become of a task.
//!
//! ```text
//!          Admit           Claim   ┌───────────── carried ─────────────┐  Finish (done)
//!   Held ────────► Queued ───────► │ Running ◄── Heartbeat ──► Stalled │ ─────────────► Done
//!                    ▲             └─┬────────┬────────┬─────────────┬─┘
//!                    │ Expire,       │        │        │             │ Finish (failed) without budget,
//!                    └─ released ────┘        │        │             └─ Expire too often ─► Failed
//!                                             │        │ Cancel
//!                       Claim, when due       │        └──────► Cancelling ─ Finish, Expire ─► Cancelled
//!             Running ◄──────────── Waiting ◄─┘                      └─ Finish (done) ─► Done
//!                                     Finish (failed)
//!
//!   Cancel of Held, Queued and Waiting ─► Cancelled
//! ```
//!
//! Done, Failed and Cancelled are ends: nothing leads out of them. The table of `tests.rs` has a row for each event and a column
//! for each state.
//!
//! Invariants:
//! - The epoch grows by one with every claim, which begins an attempt; both change nowhere else.
//! - A heartbeat or a finish under another epoch than the newest, or of a task that nobody holds, changes nothing.
//! - Whoever comes too late is told why, and nothing is written.

use std::time::{Duration, SystemTime};

use syncapp_model::{Code, Error, RetryPolicy};

use super::{LeaseEpoch, Progress, Task, TaskState, Usage};
use crate::{ErrorRecord, Failure};

/// What happens to a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The run before it has ended.
    Admit,
    /// A worker takes it.
    Claim {
        /// Who.
        worker: String,
        /// For how long, unless it is heard of again.
        ttl: Duration,
    },
    /// Its worker lives.
    Heartbeat {
        /// The worker's claim.
        epoch: LeaseEpoch,
        /// For how long from now on.
        ttl: Duration,
        /// How far it has come.
        progress: Progress,
        /// Whether nothing has moved for too long.
        stalled: bool,
    },
    /// Its worker lets go of it.
    Finish {
        /// The worker's claim.
        epoch: LeaseEpoch,
        /// How far it came.
        progress: Progress,
        /// What that cost.
        usage: Usage,
        /// How it ended.
        ending: Ending,
    },
    /// The user wants it stopped.
    Cancel,
    /// Its worker was not heard of for too long.
    Expire {
        /// How many workers may die with it in a row, without a durable step.
        losses: u32,
    },
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// It landed.
    Done,
    /// It failed.
    Failed {
        /// Why.
        failure: Failure,
        /// When it is tried again.
        retry: RetryPolicy,
        /// Between 0 and 1: by how much the wait is shortened.
        jitter: f64,
    },
    /// It stopped because that was asked for.
    Stopped,
    /// Its worker is going away: another one may take it at once.
    Released,
}

/// Why an event changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// There is no such task.
    Unknown,
    /// It came to its end before.
    Ended,
    /// It waits for a run, or for its time.
    NotDue,
    /// A worker holds it.
    Held,
    /// As many others as its connection may have at once are being carried. Only a store says so.
    Busy,
    /// No worker holds it.
    NotHeld,
    /// A later claim holds it.
    Fenced,
    /// Nobody asked for it.
    Unasked,
}

/// What becomes of a task by an event that happens `now`, in the store's time; or why nothing does.
pub fn transition(task: &Task, event: &Event, now: SystemTime) -> Result<Task, Refusal> {
    if task.state.is_final() {
        return Err(Refusal::Ended);
    }
    let mut next = task.clone();
    match event {
        Event::Admit if task.state == TaskState::Held => {
            next.state = TaskState::Queued;
            next.hinted_at = now;
        }
        Event::Admit => return Err(Refusal::Unasked),
        Event::Claim { .. } if task.state.is_leased() => return Err(Refusal::Held),
        Event::Claim { .. } if !task.is_claimable(now) => return Err(Refusal::NotDue),
        Event::Claim { worker, ttl } => {
            next.state = TaskState::Running;
            next.epoch = LeaseEpoch(task.epoch.0 + 1);
            next.worker = Some(worker.clone());
            next.started_at = Some(now);
            next.lease_until = Some(now + *ttl);
            next.next_try_at = None;
            next.progress = Progress::default();
        }
        Event::Heartbeat {
            epoch,
            ttl,
            progress,
            stalled,
        } => {
            holds(task, *epoch)?;
            next.lease_until = Some(now + *ttl);
            next.progress = *progress;
            next.state = match (task.state, stalled) {
                (TaskState::Cancelling, _) => TaskState::Cancelling,
                (_, true) => TaskState::Stalled,
                (_, false) => TaskState::Running,
            };
        }
        Event::Finish {
            epoch,
            progress,
            usage,
            ending,
        } => {
            holds(task, *epoch)?;
            next.progress = *progress;
            next.usage = task.usage.and(*usage);
            finish(&mut next, ending, now)?;
        }
        Event::Cancel => match task.state {
            TaskState::Running | TaskState::Stalled => next.state = TaskState::Cancelling,
            TaskState::Cancelling => {}
            _ => end(&mut next, TaskState::Cancelled, now),
        },
        Event::Expire { .. } if !task.state.is_leased() => return Err(Refusal::NotHeld),
        Event::Expire { .. } if !task.is_expired(now) => return Err(Refusal::Held),
        Event::Expire { losses } => lose(&mut next, *losses, now),
    }
    Ok(next)
}

/// Whether that claim is the one that holds the task.
fn holds(task: &Task, epoch: LeaseEpoch) -> Result<(), Refusal> {
    match task.state.is_leased() {
        _ if task.epoch != epoch => Err(Refusal::Fenced),
        true => Ok(()),
        false => Err(Refusal::NotHeld),
    }
}

fn finish(task: &mut Task, ending: &Ending, now: SystemTime) -> Result<(), Refusal> {
    let cancelling = task.state == TaskState::Cancelling;
    match ending {
        Ending::Done => {
            task.error = None;
            end(task, TaskState::Done, now);
        }
        _ if cancelling => end(task, TaskState::Cancelled, now),
        Ending::Stopped => return Err(Refusal::Unasked),
        Ending::Released => queue(task, now),
        Ending::Failed { failure, retry, jitter } => {
            task.error = Some(failure.error.clone());
            task.lost = 0;
            // The first failure after a step is as good as the first of all.
            task.fruitless = if failure.stepped || stepped(task) {
                1
            } else {
                task.fruitless + 1
            };
            let wait = retry.wait(task.fruitless, *jitter).filter(|_| failure.transient);
            match wait {
                Some(wait) => {
                    task.state = TaskState::Waiting;
                    task.next_try_at = Some(now + wait);
                    task.lease_until = None;
                }
                None => end(task, TaskState::Failed, now),
            }
        }
    }
    Ok(())
}

/// A worker died with the task. A task that kills each of its workers must not do so for ever.
fn lose(task: &mut Task, losses: u32, now: SystemTime) {
    if task.state == TaskState::Cancelling {
        return end(task, TaskState::Cancelled, now);
    }
    task.lost = if stepped(task) { 1 } else { task.lost + 1 };
    if task.lost < losses {
        return queue(task, now);
    }
    let why = format!("{losses} workers in a row died while they carried this task");
    let error =
        Error::new(Code::WorkerLost, why).help("look at the workers' memory and logs, then start the run again");
    task.error = Some(ErrorRecord::from(&error));
    end(task, TaskState::Failed, now);
}

/// Whether the newest attempt left something that the next one need not do again. What the streams of a pattern have landed tells
/// nothing about the one that fails, and may be done again each time.
fn stepped(task: &Task) -> bool {
    task.progress.committed > 0 && !task.is_pattern()
}

fn queue(task: &mut Task, now: SystemTime) {
    task.state = TaskState::Queued;
    task.hinted_at = now;
    task.lease_until = None;
}

fn end(task: &mut Task, state: TaskState, now: SystemTime) {
    task.state = state;
    task.lease_until = None;
    task.next_try_at = None;
    task.finished_at = Some(now);
}

#[cfg(test)]
mod tests;
