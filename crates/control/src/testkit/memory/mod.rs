//! A store in memory: the ports' rules in their shortest form. It forgets everything with its process, so it is for tests.

mod figures;
mod limits;
mod lists;
mod log;
mod notices;
mod outbox;
mod people;
mod projects;
mod retention;
mod runs;
mod schedules;
mod tasks;
mod vault;
mod workers;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::{
    Heard, Hint, Logged, Run, RunId, Schedule, ScheduleId, SealedSecret, SecretId, Task, TaskId, TickOutcome, Version,
};

pub(super) use people::People;

/// A store in memory. Clones are one store.
#[derive(Clone)]
pub struct MemoryStore {
    rows: Arc<Mutex<Rows>>,
    now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl MemoryStore {
    /// An empty one. `now` is its database's time.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self {
            rows: Arc::default(),
            now: Arc::new(now),
        }
    }

    /// All rows, locked: a transaction, as nothing in here fails half-way.
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn time(&self) -> SystemTime {
        (self.now)()
    }

    /// All runs, in the order of their names.
    pub fn all_runs(&self) -> Vec<Run> {
        self.rows().runs.values().cloned().collect()
    }

    /// All tasks, in the order of their names.
    pub fn all_tasks(&self) -> Vec<Task> {
        self.rows().tasks.values().cloned().collect()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Rows {
    versions: BTreeMap<String, Vec<Version>>,
    schedules: BTreeMap<ScheduleId, Schedule>,
    owed: BTreeMap<(ScheduleId, u32), Schedule>,
    paused: BTreeSet<ScheduleId>,
    ticks: BTreeMap<ScheduleId, BTreeMap<SystemTime, TickOutcome>>,
    runs: BTreeMap<RunId, Run>,
    keys: BTreeMap<(String, String), RunId>,
    followed: BTreeSet<RunId>,
    tasks: BTreeMap<TaskId, Task>,
    outbox: BTreeMap<u64, Unsent>,
    hints: u64,
    secrets: BTreeMap<SecretId, (SealedSecret, SystemTime)>,
    logs: BTreeMap<RunId, Vec<Logged>>,
    landed: BTreeMap<(ScheduleId, String), SystemTime>,
    workers: BTreeMap<String, Heard>,
    announced: BTreeSet<RunId>,
    notices: BTreeMap<(RunId, String), Untold>,
}

struct Untold {
    tries: u32,
    taken_until: Option<SystemTime>,
}

struct Unsent {
    hint: Hint,
    taken_until: Option<SystemTime>,
}

impl Rows {
    /// The tasks of a run.
    fn of(&self, run: RunId) -> impl Iterator<Item = &Task> {
        let (first, last) = (TaskId { run, number: 0 }, TaskId { run, number: u32::MAX });
        self.tasks.range(first..=last).map(|(_, task)| task)
    }

    /// Runs of a sync that are not over.
    fn going(&self, project: &str, sync: &str) -> impl Iterator<Item = &Run> {
        self.runs
            .values()
            .filter(move |run| !run.state.is_final() && run.sync == sync && run.project == project)
    }

    /// The schedule of a sync that holds, and those that still owe ticks.
    fn of_sync(&self, id: &ScheduleId) -> impl Iterator<Item = &Schedule> {
        let owed = self.owed.range((id.clone(), 0)..=(id.clone(), u32::MAX));
        self.schedules
            .get(id)
            .into_iter()
            .chain(owed.map(|(_, schedule)| schedule))
    }

    /// Writes a hint into the outbox.
    fn hint(&mut self, task: &Task) {
        self.hints += 1;
        let hint = Hint {
            task: task.id,
            pool: task.pool.clone(),
            trace: self.runs.get(&task.id.run).and_then(|run| run.trace),
        };
        let taken_until = None;
        self.outbox.insert(self.hints, Unsent { hint, taken_until });
    }
}
