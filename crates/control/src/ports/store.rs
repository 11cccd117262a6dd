//! The metadata database: one port a noun.
//!
//! Rules for whoever implements them:
//! - Each call is one transaction, durable when it returns. When it fails it may or may not have happened; every call here
//!   may then be made again. It returns or fails within seconds, also when the database does not answer.
//! - `now` is the database's time, read in that transaction. No call takes a time from outside but a schedule's instants.
//! - Rows are locked in this order: project, limited connections by name, sync (all its runs), run, task. A run's row is locked whenever the state of one
//!   of its tasks changes, so that the last of two tasks that end at once sees the other.
//! - A task that becomes [`TaskState::Queued`](crate::TaskState::Queued) gets an outbox row in the same transaction.
//! - A run whose last task ends lets the next one of its sync in, in the same transaction: the oldest run whose tasks are
//!   [`TaskState::Held`](crate::TaskState::Held) gets [`Event::Admit`] for each of them. So at most one run of a sync is at
//!   work.
//!
//! [`crate::testkit`] holds a store to all of this.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use syncapp_model::Result;

use crate::{
    Event, Figures, Hint, Limits, Lists, NewRun, Notices, PlannedStream, PlannedSync, Refusal, Retention, Round, Run,
    RunId, RunLog, Schedule, ScheduleId, SealedSecrets, Task, TaskId, Tick, Version, Workers,
};

/// All of it.
pub trait Store:
    Projects
    + Submissions
    + Tasks
    + Outbox
    + Schedules
    + Lists
    + Retention
    + RunLog
    + Figures
    + Notices
    + SealedSecrets
    + Workers
{
}

impl<
    T: Projects
        + Submissions
        + Tasks
        + Outbox
        + Schedules
        + Lists
        + Retention
        + RunLog
        + Figures
        + Notices
        + SealedSecrets
        + Workers,
> Store for T
{
}

/// Projects and their versions.
#[async_trait]
pub trait Projects: Send + Sync {
    /// The newest version of a project.
    async fn newest(&self, project: &str) -> Result<Option<Version>>;

    /// One version.
    async fn version(&self, project: &str, number: u32) -> Result<Option<Version>>;

    /// Makes this the newest version and puts its schedules in the place of those before, if the newest one is `expected`.
    /// A schedule whose definition is the same as before keeps its next tick; another one begins with its `first_due`. What one
    /// that changes or goes has due is still owed: it stays among those that are [due](Schedules::due), until it is recorded.
    async fn apply(&self, version: &NewVersion, expected: Option<u32>) -> Result<Pushed>;
}

/// A version to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// The project.
    pub project: String,
    /// The sync file, as it was pushed.
    pub text: String,
    /// What was compiled from it.
    pub syncs: Vec<PlannedSync>,
    /// Each schedule's first tick from now on, by sync.
    pub first_due: BTreeMap<String, SystemTime>,
}

impl NewVersion {
    /// Whether one of its syncs has that stream.
    pub fn has(&self, sync: &str, stream: &str) -> bool {
        let syncs = self.syncs.iter().filter(|known| known.name == sync);
        syncs.flat_map(|sync| &sync.streams).any(|known| known.stream == stream)
    }
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It is this version now.
    Applied(u32),
    /// Somebody else was faster, or the project is not there: this is its newest version, and it stays.
    Moved(Option<u32>),
}

/// Runs, as they come in.
#[async_trait]
pub trait Submissions: Send + Sync {
    /// Accepts a run: the run, its tasks and their outbox rows. While another run of the sync goes on its tasks are held, or
    /// with `overlap: skip` it is not accepted. A run whose name or key is there already is known.
    async fn submit(&self, run: &NewRun) -> Result<Submitted>;

    /// One run.
    async fn run(&self, id: RunId) -> Result<Option<Run>>;

    /// Gives [`Event::Cancel`] to all its tasks; returns the run as it is then.
    async fn cancel(&self, id: RunId) -> Result<Option<Run>>;

    /// Runs that are done and not yet [`followed`](Self::followed), the oldest first.
    async fn unfollowed(&self, limit: usize) -> Result<Vec<Run>>;

    /// What was to run after this run has been submitted.
    async fn followed(&self, id: RunId) -> Result<()>;
}

/// What became of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// It is a run now, and will not be lost.
    Accepted(RunId),
    /// It was one already, by its key.
    Known(RunId),
    /// This run of the same sync still goes on.
    Overlaps(RunId),
}

/// Tasks, as workers carry them.
#[async_trait]
pub trait Tasks: Send + Sync {
    /// The tasks of a run, in order.
    async fn tasks(&self, run: RunId) -> Result<Vec<Task>>;

    /// Lets an event happen to a task: [`transition`](crate::transition) on its row, locked, and what follows for its run.
    ///
    /// A claim is [`Refusal::Busy`] while as many tasks of the project are leased as one of the [`Limits`] of its run says, of all
    /// runs that name its connection. Whenever there is room afterwards (a task is not leased any more, or a claim was refused)
    /// a hint is written to the task of such a run that may be claimed and waits the longest for one: so that none waits
    /// for longer than others work.
    async fn happen(&self, task: TaskId, event: &Event) -> Result<Verdict>;

    /// Tasks whose lease ran out, the oldest first.
    async fn expired(&self, limit: usize) -> Result<Vec<TaskId>>;

    /// Writes an outbox row for each task that [wants a hint](Task::wants_hint) and has none in the outbox. Returns how many.
    async fn rouse(&self, patience: Duration, limit: usize) -> Result<usize>;
}

/// Whether an event happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It did: the task as it is now.
    Held(Box<Task>),
    /// It did not, and nothing of the task was written.
    Refused(Refusal),
}

/// Hints that the queue has not confirmed yet.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes rows that nobody else has taken, the oldest first. Whoever does not call [`sent`](Self::sent) in `time` has
    /// them taken away again.
    async fn take(&self, limit: usize, time: Duration) -> Result<Vec<OutboxRow>>;

    /// These are with the queue: the rows go away.
    async fn sent(&self, rows: &[u64]) -> Result<()>;
}

/// A hint in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number; grows.
    pub id: u64,
    /// What is to be published.
    pub hint: Hint,
}

/// Schedules and their ticks.
#[async_trait]
pub trait Schedules: Send + Sync {
    /// The database's time: it alone says what is due.
    async fn now(&self) -> Result<SystemTime>;

    /// Schedules whose next tick is due, the longest overdue first; also those that a push has replaced, while they owe any.
    async fn due(&self, limit: usize) -> Result<Vec<Due>>;

    /// How long it is until the next tick that is not due yet; `None` where none comes.
    async fn next_due(&self) -> Result<Option<Duration>>;

    /// What of one sync is [due](Self::due): at most one that holds, and those that were pushed away while they owed ticks.
    async fn due_of(&self, sync: &ScheduleId) -> Result<Vec<Due>>;

    /// Records a round: ticks, their runs as by [`Submissions::submit`], and the schedule's next tick. `false`, and nothing,
    /// where somebody else has recorded one since the schedule was read, or its sync was paused or goes on since.
    async fn record(&self, round: &Round) -> Result<bool>;

    /// Recorded ticks of a schedule, from an instant on and in their order.
    async fn ticks(&self, schedule: &ScheduleId, from: SystemTime, limit: usize) -> Result<Vec<Tick>>;

    /// Pauses a sync, whether or not it is there or has a schedule; until it is [resumed](Self::resume), whatever is pushed.
    async fn pause(&self, sync: &ScheduleId) -> Result<()>;

    /// Ends a sync's pause. `false`, and nothing, where it is paused and has a tick that is [due](Self::due_of).
    async fn resume(&self, sync: &ScheduleId) -> Result<bool>;

    /// The syncs of a project that are paused.
    async fn paused(&self, project: &str) -> Result<BTreeSet<String>>;
}

/// A schedule that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The schedule.
    pub schedule: Schedule,
    /// The streams of its sync, in its version.
    pub streams: Vec<PlannedStream>,
    /// What limits them.
    pub limits: Limits,
    /// Whether its sync is paused.
    pub paused: bool,
    /// The database's time.
    pub now: SystemTime,
}
