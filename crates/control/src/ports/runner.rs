//! The engine's place: what carries out one task.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use syncapp_model::{Code, Error};

use crate::{ErrorRecord, Lease, Progress, Run, Signal, Usage, Version};

/// Carries out tasks.
///
/// It keeps nothing between two tasks that the target does not keep, and fences the target itself: two of them may be at one
/// stream at once, as long as one of them is about to notice that it is too late.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Carries the task out.
    ///
    /// Ends soon after `stop` is raised; whoever waits drops the call when it does not, and from then on it does nothing more.
    /// The call is polled beside the heartbeats of all tasks of its worker: it must not block the thread, so a host with a
    /// runtime puts the work on a task of its own that is aborted on drop.
    async fn run(&self, work: &Work, stop: &Signal, meter: &Meter) -> Ended;
}

/// What is to be carried out.
#[derive(Debug, Clone)]
pub struct Work {
    /// The claim.
    pub lease: Lease,
    /// The run.
    pub run: Run,
    /// The version that the run belongs to.
    pub version: Arc<Version>,
    /// The stream or pattern, as the sync names it.
    pub stream: String,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// It landed.
    Done(Usage),
    /// It failed.
    Failed(Failure, Usage),
    /// It stopped as it was told to.
    Stopped(Usage),
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What is kept of the error.
    pub error: ErrorRecord,
    /// Whether trying again may help.
    pub transient: bool,
    /// Of a pattern: whether a stream of it that failed had landed rows before, which the next try need not do again. Of a stream its
    /// progress tells.
    pub stepped: bool,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        // Somebody else's claim of the target may be that of a worker that woke up too late: its worker has lost the task and
        // claims no more, while this one still holds it.
        let transient = error.is_transient() || error.code() == Code::Fenced;
        Self {
            error: ErrorRecord::from(error),
            transient,
            stepped: false,
        }
    }
}

/// Where a runner says how far it has come, and its worker reads it.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Progress>);

impl Meter {
    /// How far it is now.
    pub fn report(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// What was reported last.
    pub fn read(&self) -> Progress {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
