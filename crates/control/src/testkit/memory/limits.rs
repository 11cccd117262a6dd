use std::time::SystemTime;

use super::{Rows, Unsent};
use crate::{Limit, Limits, Task, TaskId};

impl Rows {
    /// Whether another stream may use each of these connections.
    pub(super) fn has_room(&self, project: &str, limits: &Limits) -> bool {
        let free = |limit: &Limit| self.carried(project, &limit.connection) < limit.streams as usize;
        limits.each().all(free)
    }

    /// How many tasks of runs that name the connection are leased.
    fn carried(&self, project: &str, connection: &str) -> usize {
        let leased = self.tasks.values().filter(|task| task.state.is_leased());
        leased.filter(|task| self.names(task, project, connection)).count()
    }

    fn names(&self, task: &Task, project: &str, connection: &str) -> bool {
        self.runs
            .get(&task.id.run)
            .is_some_and(|run| run.project == project && run.limits.connections().contains(connection))
    }

    /// Writes a hint to the task that waits the longest for one of these connections, if there is room for it: of each pool,
    /// or of one.
    pub(super) fn wake(&mut self, project: &str, limits: &Limits, pool: Option<&str>, now: SystemTime) {
        for connection in limits.connections() {
            // A hint that somebody has ever taken may have led nowhere already.
            let is_to_come = |row: &Unsent| row.taken_until.is_none();
            let hinted = |task: &Task| {
                let mut rows = self.outbox.values();
                rows.any(|row| row.hint.task == task.id && is_to_come(row))
            };
            let mut waiting: Vec<&Task> = self
                .tasks
                .values()
                .filter(|task| task.is_claimable(now) && self.names(task, project, connection))
                .filter(|task| pool.is_none_or(|pool| task.pool == pool))
                .filter(|task| !hinted(task))
                .filter(|task| self.has_room(project, &self.runs[&task.id.run].limits))
                .collect();
            waiting.sort_by_key(|task| (task.hinted_at, task.id));
            let mut pools = Vec::new();
            let mut woken: Vec<TaskId> = Vec::new();
            for task in waiting {
                if !pools.contains(&task.pool) {
                    pools.push(task.pool.clone());
                    woken.push(task.id);
                }
            }
            for id in &woken {
                let Some(mut task) = self.tasks.get(id).cloned() else {
                    continue;
                };
                task.hinted_at = now;
                self.hint(&task);
                self.tasks.insert(*id, task);
            }
            if pool.is_some() && !woken.is_empty() {
                return;
            }
        }
    }
}
