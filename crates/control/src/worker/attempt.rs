//! One attempt at one task.

use std::sync::Arc;

use futures_util::future::{self, Either};
use futures_util::pin_mut;
use syncapp_model::{Code, Error, Result};

use super::pulse::Stop;
use super::{Claimed, Versions, Worker};
use crate::{Control, Ended, Ending, Event, Failure, Meter, Signal, Task, Usage, Verdict, Work};

impl Worker {
    /// Carries the task until it ends, is to stop, or is not this worker's any more.
    pub(super) async fn attempt(&self, mut claimed: Claimed, hurry: &Signal, versions: &Versions) {
        let (stop, meter) = (Signal::new(), Meter::default());
        let task = claimed.task.clone();
        let mut carry = Box::pin(self.carry(&task, versions, &stop, &meter));
        let first = {
            let pulse = self.pulse(&mut claimed, &meter, hurry);
            pin_mut!(pulse);
            // The pulse comes first: a worker that wakes up too late hears of it before its runner goes on.
            match future::select(pulse, &mut carry).await {
                Either::Left((reason, _)) => Err(reason),
                Either::Right((ended, _)) => Ok(ended),
            }
        };
        let (reason, ended) = match first {
            Ok(ended) => (None, Some(ended)),
            Err(Stop::Lost) => {
                tracing::warn!(task = %task.id, worker = self.name, "a task is lost to this worker");
                return;
            }
            Err(reason) => {
                stop.raise();
                let grace = self.control.policy.grace.min(self.left(&claimed));
                let over = self.control.clock.sleep(grace);
                let ended = match future::select(over, &mut carry).await {
                    Either::Left(_) => None,
                    Either::Right((ended, _)) => Some(ended),
                };
                (Some(reason), ended)
            }
        };
        // Nothing may run for the task when another worker can have it.
        drop(carry);
        let (ending, usage) = self.ending(reason, ended);
        self.finish(&claimed, &meter, ending, usage).await;
    }

    async fn carry(&self, task: &Task, versions: &Versions, stop: &Signal, meter: &Meter) -> Ended {
        match self.load(task, versions).await {
            Ok(work) => self.runner.run(&work, stop, meter).await,
            Err(error) => Ended::Failed(Failure::from(&error), Usage::default()),
        }
    }

    /// What the task is about. As long as the store does not say, the pulse decides how long to ask.
    async fn load(&self, task: &Task, versions: &Versions) -> Result<Work> {
        loop {
            match self.ask(task, versions).await {
                Ok(Some(work)) => return Ok(work),
                Ok(None) => return Err(Error::internal(format!("the run of task {} is gone", task.id))),
                Err(error) => {
                    tracing::warn!(%error, task = %task.id, worker = self.name, "the store does not answer");
                    self.control.clock.sleep(self.control.policy.pause).await;
                }
            }
        }
    }

    async fn ask(&self, task: &Task, versions: &Versions) -> Result<Option<Work>> {
        let Control { store, .. } = &self.control;
        let Some(run) = store.run(task.id.run).await? else {
            return Ok(None);
        };
        let known = versions.get_or((run.project.clone(), run.version), Arc::default);
        let version = match known.get() {
            Some(version) => version.clone(),
            None => match store.version(&run.project, run.version).await? {
                Some(version) => known.get_or_init(|| Arc::new(version)).clone(),
                None => return Ok(None),
            },
        };
        Ok(Some(Work {
            lease: task.lease(),
            run,
            version,
            stream: task.stream.clone(),
        }))
    }

    /// What is to be written: what landed has landed, whatever was asked for meanwhile.
    fn ending(&self, reason: Option<Stop>, ended: Option<Ended>) -> (Ending, Usage) {
        let failed = |failure| Ending::Failed {
            failure,
            retry: self.control.policy.retry,
            jitter: self.control.random.fraction(),
        };
        let (ending, usage) = match ended {
            Some(Ended::Done(usage)) => return (Ending::Done, usage),
            Some(Ended::Failed(failure, usage)) => (Some(failed(failure)), usage),
            Some(Ended::Stopped(usage)) => (None, usage),
            None => (None, Usage::default()),
        };
        let ending = match (reason, ending) {
            (Some(Stop::Cancelled), _) => Ending::Stopped,
            (Some(Stop::Stalled), _) => failed(stalled()),
            (_, Some(failed)) => failed,
            (_, None) => Ending::Released,
        };
        (ending, usage)
    }

    /// Writes how it ended, as long as the lease lasts. After that the sweeper finds the task.
    async fn finish(&self, claimed: &Claimed, meter: &Meter, ending: Ending, usage: Usage) {
        let event = Event::Finish {
            epoch: claimed.epoch(),
            progress: meter.read(),
            usage,
            ending,
        };
        while !self.left(claimed).is_zero() {
            match self.in_time(claimed, &event).await {
                Some(Verdict::Held(_)) => return,
                Some(Verdict::Refused(refusal)) => {
                    tracing::debug!(?refusal, task = %claimed.task.id, "what a worker did came too late, or twice");
                    return;
                }
                None => {
                    let pause = self.control.policy.pause.min(self.left(claimed));
                    self.control.clock.sleep(pause).await;
                }
            }
        }
    }
}

fn stalled() -> Failure {
    let error = Error::new(Code::Stalled, "nothing has moved for too long")
        .help("look for locks and slow queries in the source and the target");
    Failure::from(&error)
}
