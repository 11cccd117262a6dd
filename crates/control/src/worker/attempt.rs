//! One attempt at one task.

use std::sync::Arc;

use futures_util::future::{self, Either};
use futures_util::pin_mut;
use syncapp_model::{Code, Error, Result};
use tracing::Instrument as _;

use super::pulse::Stop;
use super::tally::Tally;
use super::{Claimed, Versions, Worker};
use crate::measure::{self, Attempted};
use crate::{
    Control, Ended, Ending, Event, Failure, LogLine, Meter, Progress, Signal, Task, TaskState, Usage, Verdict, Work,
};

impl Worker {
    /// Carries the task until it ends, is to stop, or is not this worker's any more; and counts it.
    pub(super) async fn attempt(&self, claimed: Claimed, hurry: &Signal, versions: &Versions) {
        let (span, begun) = (claimed.span.clone(), self.control.clock.monotonic());
        measure::carried();
        let how = self.carried(claimed, hurry, versions).instrument(span).await;
        measure::attempted(how, self.control.clock.monotonic().saturating_sub(begun));
    }

    async fn carried(&self, mut claimed: Claimed, hurry: &Signal, versions: &Versions) -> Attempted {
        let (stop, meter, tally) = (Signal::new(), Meter::default(), Tally::default());
        let task = claimed.task.clone();
        let mut carry = Box::pin(self.carry(&task, versions, &stop, &meter, &tally));
        let first = {
            let pulse = self.pulse(&mut claimed, &meter, &tally, hurry);
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
                tally.count(meter.read());
                return Attempted::Lost;
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
        tally.count(meter.read());
        let lines = [self.carried_it(&task), told(&task, &ending, meter.read())];
        let Some(task) = self.finish(&claimed, &meter, ending, usage).await else {
            return Attempted::Lost;
        };
        let record = async {
            self.control.note(task.id.run, &lines).await;
            self.control.ended(&task).await;
        };
        let over = self.control.clock.sleep(self.left(&claimed));
        pin_mut!(record);
        // Nobody waits for it for longer than the task was held.
        future::select(record, over).await;
        let Progress { read, committed, .. } = task.progress;
        let error = task.error.as_ref().map(|error| &error.code);
        tracing::info!(
            state = task.state.name(),
            read,
            committed,
            error,
            "an attempt has ended"
        );
        attempted(&task)
    }

    /// What a run's log says of whoever carried a task.
    fn carried_it(&self, task: &Task) -> LogLine {
        let text = format!("{} has carried it, attempt {}", self.name, task.epoch.0);
        LogLine::info(&task.stream, text)
    }

    async fn carry(&self, task: &Task, versions: &Versions, stop: &Signal, meter: &Meter, tally: &Tally) -> Ended {
        match self.load(task, versions).await {
            Ok(work) => {
                tally.is_of(&work.run);
                tracing::info!(worker = self.name, "a stream is carried");
                self.runner.run(&work, stop, meter).await
            }
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
    /// Returns the task as it is then; `None` where the end of this attempt changed nothing.
    async fn finish(&self, claimed: &Claimed, meter: &Meter, ending: Ending, usage: Usage) -> Option<Box<Task>> {
        let event = Event::Finish {
            epoch: claimed.epoch(),
            progress: meter.read(),
            usage,
            ending,
        };
        while !self.left(claimed).is_zero() {
            match self.in_time(claimed, &event).await {
                Some(Verdict::Held(task)) => return Some(task),
                Some(Verdict::Refused(refusal)) => {
                    tracing::debug!(?refusal, task = %claimed.task.id, "what a worker did came too late, or twice");
                    return None;
                }
                None => {
                    let pause = self.control.policy.pause.min(self.left(claimed));
                    self.control.clock.sleep(pause).await;
                }
            }
        }
        None
    }
}

/// What a run's log says of the end of an attempt.
fn told(task: &Task, ending: &Ending, progress: Progress) -> LogLine {
    let Progress { read, committed, .. } = progress;
    match ending {
        Ending::Done => LogLine::info(
            &task.stream,
            format!("it landed: {read} rows read, {committed} committed"),
        ),
        Ending::Failed { failure, .. } => LogLine::error(&task.stream, failure.error.clone()),
        Ending::Stopped => LogLine::info(&task.stream, "it stopped, as somebody asked"),
        Ending::Released => LogLine::info(&task.stream, "its worker goes away: another one may carry it"),
    }
}

/// What an attempt came to, by what became of its task.
fn attempted(task: &Task) -> Attempted {
    let failed = |how| {
        if let Some(error) = &task.error {
            measure::failed(&error.code);
        }
        how
    };
    match task.state {
        TaskState::Done => Attempted::Done,
        TaskState::Failed => failed(Attempted::Failed),
        TaskState::Waiting => failed(Attempted::Retried),
        TaskState::Cancelled => Attempted::Cancelled,
        _ => Attempted::Released,
    }
}

fn stalled() -> Failure {
    let error = Error::new(Code::Stalled, "nothing has moved for too long")
        .help("look for locks and slow queries in the source and the target");
    Failure::from(&error)
}
