use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_model::Result;

use super::{MemoryStore, Rows};
use crate::schedule::{Admission, admit};
use crate::{Event, NewRun, Run, RunId, RunState, Submissions, Submitted, Task, TaskId, TaskState};

#[async_trait]
impl Submissions for MemoryStore {
    async fn submit(&self, new: &NewRun) -> Result<Submitted> {
        let now = self.time();
        Ok(self.rows().submit(new, now))
    }

    async fn run(&self, id: RunId) -> Result<Option<Run>> {
        Ok(self.rows().runs.get(&id).cloned())
    }

    async fn cancel(&self, id: RunId) -> Result<Option<Run>> {
        let now = self.time();
        let mut rows = self.rows();
        let tasks: Vec<TaskId> = rows.of(id).map(|task| task.id).collect();
        for task in tasks {
            // Refused where it has come to its end before.
            let _ = rows.happen(task, &Event::Cancel, now);
        }
        Ok(rows.runs.get(&id).cloned())
    }

    async fn unfollowed(&self, limit: usize) -> Result<Vec<Run>> {
        let rows = self.rows();
        let is_new = |run: &&Run| run.state == RunState::Done && !rows.followed.contains(&run.id);
        let mut done: Vec<Run> = rows.runs.values().filter(is_new).cloned().collect();
        done.sort_by_key(|run| run.finished_at);
        done.truncate(limit);
        Ok(done)
    }

    async fn followed(&self, id: RunId) -> Result<()> {
        self.rows().followed.insert(id);
        Ok(())
    }
}

impl Rows {
    pub(super) fn submit(&mut self, new: &NewRun, now: SystemTime) -> Submitted {
        if self.runs.contains_key(&new.id) {
            return Submitted::Known(new.id);
        }
        let key = new.key.clone().map(|key| (new.project.clone(), key));
        if let Some(known) = key.as_ref().and_then(|key| self.keys.get(key)) {
            return Submitted::Known(*known);
        }
        let before = self.going(&new.project, &new.sync).next().map(|run| run.id);
        let state = match (admit(new.overlap, before.is_some()), before) {
            (Admission::Skip(_), Some(before)) => return Submitted::Overlaps(before),
            (Admission::Wait, _) => TaskState::Held,
            _ => TaskState::Queued,
        };
        self.runs.insert(new.id, new.accepted(state, now));
        for (number, stream) in (0..).zip(&new.streams) {
            let task = Task::new(TaskId { run: new.id, number }, stream, state, now);
            if state == TaskState::Queued {
                self.hint(&task);
            }
            self.tasks.insert(task.id, task);
        }
        self.keys.extend(key.map(|key| (key, new.id)));
        Submitted::Accepted(new.id)
    }
}
