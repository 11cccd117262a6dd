//! Use case: those who want to know are told how runs end.
//!
//! Who is told is settled once, in the store, after the run's end is there: a notice a channel. Each goes when it was told, so it
//! is told at least once, and twice only by a process that died in between: its id is the same then.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use syncapp_model::Result;

use crate::{Control, EndedRun, Notice, Run, RunState, Signal, Task, measure};

/// How often there is a look.
const EVERY: Duration = Duration::from_secs(1);
/// Ends before that are nobody's news: those of the time before somebody wanted to know.
const NEWS: Duration = Duration::from_hours(24);
/// How long telling may take.
const HOLD: Duration = Duration::from_mins(1);
/// After so many tries a notice is given up.
const TRIES: u32 = 10;
/// The first wait after a try that failed, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_hours(1));

/// Somebody who wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// The operator's name for it.
    pub name: String,
    /// What of.
    pub when: When,
    /// Of these projects only; of all where none is named.
    pub projects: Vec<String>,
}

/// Of which ends somebody is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum When {
    /// Of a sync that succeeded and now fails, and that succeeds again.
    #[default]
    Change,
    /// Of each failure besides.
    Failure,
    /// Of each end.
    End,
}

/// What is told.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its name: told again, it is the same.
    pub id: String,
    /// The run.
    pub run: Run,
    /// Its streams, with why they failed.
    pub tasks: Vec<Task>,
}

/// Tells people.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Tells somebody. What fails is tried again later.
    async fn tell(&self, channel: &str, message: &Message) -> Result<()>;
}

impl Channel {
    /// Whether this end is told here.
    pub fn wants(&self, ended: &EndedRun) -> bool {
        let fails = |state: RunState| matches!(state, RunState::Failed | RunState::Partial);
        let now = fails(ended.run.state);
        let changed = now != ended.before.is_some_and(fails);
        let is_meant = self.projects.is_empty() || self.projects.contains(&ended.run.project);
        is_meant
            && match self.when {
                _ if ended.run.state == RunState::Cancelled => self.when == When::End,
                When::Change => changed,
                When::Failure => changed || now,
                When::End => true,
            }
    }
}

impl Control {
    /// Settles who is told of runs that have ended, and tells those who are to be. Returns how many of both.
    pub async fn notify(&self, channels: &[Channel], messenger: &dyn Messenger) -> Result<usize> {
        let ended = self.store.unannounced(NEWS, self.policy.batch).await?;
        for ended in &ended {
            let wanting = channels.iter().filter(|channel| channel.wants(ended));
            let names: Vec<String> = wanting.map(|channel| channel.name.clone()).collect();
            self.store.announce(ended.run.id, &names).await?;
        }
        let notices = self.store.take_notices(self.policy.batch, HOLD).await?;
        // One that is slow holds up no other.
        let telling = notices.iter().map(|notice| self.tell(notice, channels, messenger));
        join_all(telling).await.into_iter().collect::<Result<()>>()?;
        Ok(ended.len() + notices.len())
    }

    async fn tell(&self, notice: &Notice, channels: &[Channel], messenger: &dyn Messenger) -> Result<()> {
        let Notice {
            run: id,
            channel,
            tries,
        } = notice;
        let run = self.store.run(*id).await?;
        let is_known = channels.iter().any(|known| known.name == *channel);
        let (Some(run), true) = (run, is_known) else {
            // Nobody of that name is told any more.
            return self.store.told(*id, channel).await;
        };
        let message = Message {
            id: format!("{id}/{channel}"),
            run,
            tasks: self.store.tasks(*id).await?,
        };
        match messenger.tell(channel, &message).await {
            Ok(()) => {
                measure::notified("told");
                self.store.told(*id, channel).await
            }
            Err(error) if *tries < TRIES => {
                measure::notified("retried");
                tracing::warn!(%error, channel, run = %id, "somebody cannot be told and is told later");
                let (first, longest) = WAITS;
                let wait = first.saturating_mul(3_u32.saturating_pow(tries.saturating_sub(1)));
                self.store.postpone(*id, channel, wait.min(longest)).await
            }
            Err(error) => {
                measure::notified("given_up");
                tracing::error!(%error, channel, run = %id, "somebody cannot be told, and that is given up");
                self.store.told(*id, channel).await
            }
        }
    }

    /// Does so until `stop` is raised.
    pub async fn notify_until(&self, channels: &[Channel], messenger: &dyn Messenger, stop: &Signal) {
        if channels.is_empty() {
            return;
        }
        while !stop.is_raised() {
            let done = self.notify(channels, messenger).await;
            self.rest("notify", done, EVERY, stop).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RunState::{Cancelled, Done, Failed, Partial};
    use super::*;
    use crate::{NewRun, RunId, TaskState, Trigger};
    use std::time::UNIX_EPOCH;
    use syncapp_model::sync_file::Overlap;

    #[test]
    fn who_wants_to_know_what() {
        let ended = |state: RunState, before: Option<RunState>| {
            let new = NewRun {
                id: RunId::new(),
                project: "shop".into(),
                version: 1,
                sync: "s".into(),
                trigger: Trigger::Manual,
                key: None,
                overlap: Overlap::Queue,
                limits: crate::Limits::default(),
                streams: Vec::new(),
                trace: None,
            };
            let mut run = new.accepted(TaskState::Queued, UNIX_EPOCH);
            run.state = state;
            EndedRun { run, before }
        };
        // By `change`, `failure` and `end`.
        for (state, before, expected) in [
            (Done, None, [false, false, true]),
            (Failed, None, [true, true, true]),
            (Partial, None, [true, true, true]),
            (Done, Some(Done), [false, false, true]),
            (Failed, Some(Done), [true, true, true]),
            (Failed, Some(Failed), [false, true, true]),
            (Partial, Some(Failed), [false, true, true]),
            (Done, Some(Partial), [true, true, true]),
            (Cancelled, Some(Failed), [false, false, true]),
            (Cancelled, Some(Done), [false, false, true]),
        ] {
            let wants = [When::Change, When::Failure, When::End].map(|when| {
                let channel = |projects: &[&str]| Channel {
                    name: "c".into(),
                    when,
                    projects: projects.iter().map(|name| (*name).to_owned()).collect(),
                };
                let ended = ended(state, before);
                assert!(!channel(&["other"]).wants(&ended));
                assert_eq!(channel(&["other", "shop"]).wants(&ended), channel(&[]).wants(&ended));
                channel(&[]).wants(&ended)
            });
            assert_eq!(wants, expected, "{state:?} after {before:?}");
        }
    }
}
