//! What a transaction asks of a database: rows, one step at a time.
//!
//! Invariants:
//! - All of it happens in one transaction; a lock that is taken is held until its end.
//! - What is read after a lock is at least as new as the lock.
//! - A time that comes along with a row was read after the row was locked.

use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_control::{
    Limits, LogLine, NewRun, NewVersion, PlannedStream, Run, RunId, RunState, Schedule, ScheduleId, Task, TaskId,
    TaskState, TickOutcome,
};
use syncapp_model::Result;

/// The sync whose run it is, or the schedule: its project and its name.
pub(crate) type Place = ScheduleId;

/// A task that waits for a connection.
pub(crate) struct Waiting {
    pub(crate) task: TaskId,
    pub(crate) pool: String,
    pub(crate) limits: Limits,
}

/// One open transaction.
#[async_trait]
pub(crate) trait Rows: Send {
    /// The database's time.
    async fn now(&mut self) -> Result<SystemTime>;

    /// Locks the project; its newest version. With `create` it is there afterwards.
    async fn lock_project(&mut self, project: &str, create: bool) -> Result<Option<u32>>;

    /// Writes a version and makes it the newest one of its project, which is locked.
    async fn insert_version(&mut self, version: &NewVersion, number: u32, now: SystemTime) -> Result<()>;

    /// Locks the schedules of a project.
    async fn lock_schedules(&mut self, project: &str) -> Result<Vec<Schedule>>;

    /// Puts a schedule in the place of what was there.
    async fn write_schedule(&mut self, schedule: &Schedule) -> Result<()>;

    /// Removes a schedule; its ticks stay.
    async fn delete_schedule(&mut self, id: &ScheduleId) -> Result<()>;

    /// Locks one schedule.
    async fn lock_schedule(&mut self, id: &ScheduleId) -> Result<Option<Schedule>>;

    /// Locks what schedules of a sync owe: those that a push replaced while they had ticks due. Taken after the lock of the
    /// schedule that holds.
    async fn lock_owed(&mut self, id: &ScheduleId) -> Result<Vec<Schedule>>;

    /// Writes what a schedule owes, by its version.
    async fn write_owed(&mut self, schedule: &Schedule) -> Result<()>;

    /// Removes what it owes no more.
    async fn delete_owed(&mut self, schedule: &Schedule) -> Result<()>;

    /// Whether a sync is paused. It stays so while its schedule is locked, and what it owes.
    async fn is_paused(&mut self, sync: &ScheduleId) -> Result<bool>;

    /// Pauses a sync whose schedule is locked, if it has one.
    async fn insert_pause(&mut self, sync: &ScheduleId) -> Result<()>;

    /// Ends the pause of a sync whose schedule is locked, if it has one.
    async fn delete_pause(&mut self, sync: &ScheduleId) -> Result<()>;

    /// What became of an instant of a schedule.
    async fn tick(&mut self, schedule: &ScheduleId, nominal_at: SystemTime) -> Result<Option<TickOutcome>>;

    /// Records what became of an instant of a schedule.
    async fn insert_tick(&mut self, schedule: &ScheduleId, nominal_at: SystemTime, outcome: TickOutcome) -> Result<()>;

    /// The run that this one is already, by its name or its key.
    async fn known(&mut self, new: &NewRun) -> Result<Option<RunId>>;

    /// Locks a sync: which runs it has, and which of them is at work.
    async fn lock_sync(&mut self, place: &Place) -> Result<()>;

    /// A run of the sync that is not over.
    async fn going(&mut self, place: &Place) -> Result<Option<RunId>>;

    /// The oldest run of the sync that is held, if none is at work.
    async fn next_held(&mut self, place: &Place) -> Result<Option<RunId>>;

    /// Writes a run; `false` where its key is taken.
    async fn insert_run(&mut self, run: &Run) -> Result<bool>;

    /// Writes the tasks of a run.
    async fn insert_tasks(
        &mut self,
        run: RunId,
        streams: &[PlannedStream],
        state: TaskState,
        now: SystemTime,
    ) -> Result<()>;

    /// Writes hints to tasks of a run into the outbox, in their order.
    async fn insert_hints(&mut self, run: RunId, tasks: &[u32]) -> Result<()>;

    /// The sync that a run belongs to, and what limits it. Neither changes.
    async fn place_of(&mut self, run: RunId) -> Result<Option<(Place, Limits)>>;

    /// Locks a connection of a project: which tasks use it.
    async fn lock_connection(&mut self, project: &str, connection: &str) -> Result<()>;

    /// How many tasks are leased of runs that name a connection as limited.
    async fn carried(&mut self, project: &str, connection: &str) -> Result<u32>;

    /// Tasks that may be claimed and have no hint in the outbox that nobody has ever taken, of runs that name a connection as limited; those whose newest
    /// hint is the oldest first.
    async fn waiting(&mut self, project: &str, connection: &str, limit: usize) -> Result<Vec<Waiting>>;

    /// Writes a new hint to such a task into the outbox.
    async fn hint_again(&mut self, task: TaskId) -> Result<()>;

    /// One run.
    async fn run(&mut self, run: RunId) -> Result<Option<Run>>;

    /// Locks a run; where it stands.
    async fn lock_run(&mut self, run: RunId) -> Result<Option<RunState>>;

    /// Writes where a locked run stands.
    async fn write_run(&mut self, run: RunId, state: RunState, finished_at: Option<SystemTime>) -> Result<()>;

    /// The number of the last line of a locked run's log; 0 where it has none.
    async fn last_line(&mut self, run: RunId) -> Result<u32>;

    /// Writes a line of a locked run's log.
    async fn insert_line(&mut self, run: RunId, number: u32, line: &LogLine, at: SystemTime) -> Result<()>;

    /// Writes when a stream of a locked sync landed last.
    async fn write_landed(&mut self, place: &Place, stream: &str, at: SystemTime) -> Result<()>;

    /// Streams of a locked project that have landed: their syncs and their names.
    async fn landed(&mut self, project: &str) -> Result<Vec<(String, String)>>;

    /// Forgets that such a stream has.
    async fn delete_landed(&mut self, project: &str, sync: &str, stream: &str) -> Result<()>;

    /// One task, and the time. It is not locked.
    async fn task(&mut self, id: TaskId) -> Result<Option<(Task, SystemTime)>>;

    /// Locks one task of a locked run.
    async fn lock_task(&mut self, id: TaskId) -> Result<Option<(Task, SystemTime)>>;

    /// Locks the tasks of a locked run, in their order.
    async fn lock_tasks(&mut self, run: RunId) -> Result<Vec<Task>>;

    /// The states that tasks of the run have.
    async fn task_states(&mut self, run: RunId) -> Result<Vec<TaskState>>;

    /// Writes a task if it is still of the state and the claim of `before`.
    async fn write_task(&mut self, before: &Task, after: &Task) -> Result<bool>;
}
