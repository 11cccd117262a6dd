use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use syncapp_model::Result;

use super::{MemoryStore, Rows};
use crate::{Event, Refusal, RunId, RunState, Task, TaskId, TaskState, Tasks, Verdict, transition};

#[async_trait]
impl Tasks for MemoryStore {
    async fn tasks(&self, run: RunId) -> Result<Vec<Task>> {
        Ok(self.rows().of(run).cloned().collect())
    }

    async fn happen(&self, task: TaskId, event: &Event) -> Result<Verdict> {
        let now = self.time();
        Ok(match self.rows().happen(task, event, now) {
            Ok(task) => Verdict::Held(Box::new(task)),
            Err(refusal) => Verdict::Refused(refusal),
        })
    }

    async fn expired(&self, limit: usize) -> Result<Vec<TaskId>> {
        let now = self.time();
        let rows = self.rows();
        let mut expired: Vec<&Task> = rows.tasks.values().filter(|task| task.is_expired(now)).collect();
        expired.sort_by_key(|task| task.lease_until);
        Ok(expired.into_iter().take(limit).map(|task| task.id).collect())
    }

    async fn rouse(&self, patience: Duration, limit: usize) -> Result<usize> {
        let now = self.time();
        let mut rows = self.rows();
        let unsent = |task: &Task| rows.outbox.values().any(|row| row.hint.task == task.id);
        let wanting = |task: &&Task| task.wants_hint(now, patience) && !unsent(task);
        let roused: Vec<Task> = rows.tasks.values().filter(wanting).take(limit).cloned().collect();
        for mut task in roused.iter().cloned() {
            task.hinted_at = now;
            rows.hint(&task);
            rows.tasks.insert(task.id, task);
        }
        Ok(roused.len())
    }
}

impl Rows {
    /// Lets the event happen to the task, and to its run and the next one of its sync what follows from it.
    pub(super) fn happen(&mut self, id: TaskId, event: &Event, now: SystemTime) -> Result<Task, Refusal> {
        let before = self.tasks.get(&id).ok_or(Refusal::Unknown)?.clone();
        let run = self.runs.get(&id.run).ok_or(Refusal::Unknown)?;
        let (project, limits) = (run.project.clone(), run.limits.clone());
        let is_claim = matches!(event, Event::Claim { .. });
        let after = match transition(&before, event, now) {
            Ok(_) if is_claim && !self.has_room(&project, &limits) => Err(Refusal::Busy),
            verdict => verdict,
        };
        if is_claim && after.is_err() {
            // The hint that led here may have been the one for somebody else's place.
            self.wake(&project, &limits, Some(&before.pool), now);
        }
        let after = after?;
        let moved = before.state != after.state;
        if moved && after.state == TaskState::Queued {
            self.hint(&after);
        }
        self.tasks.insert(id, after.clone());
        if moved && after.state == TaskState::Done {
            self.landed(id.run, &after.stream, now);
        }
        if moved {
            self.follow(id.run, now);
        }
        if before.state.is_leased() && !after.state.is_leased() {
            self.wake(&project, &limits, None, now);
        }
        Ok(after)
    }

    /// The run's state after one of its tasks changed.
    fn follow(&mut self, id: RunId, now: SystemTime) {
        let state = RunState::of(self.of(id).map(|task| task.state));
        let Some(run) = self.runs.get_mut(&id) else { return };
        run.state = state;
        if state.is_final() {
            run.finished_at = Some(now);
            let (project, sync) = (run.project.clone(), run.sync.clone());
            self.admit(&project, &sync, now);
        }
    }

    /// Lets the next run of a sync in, if none is at work.
    fn admit(&mut self, project: &str, sync: &str, now: SystemTime) {
        let going = self.going(project, sync);
        let Some(next) = going.min_by_key(|run| (run.submitted_at, run.id)) else {
            return;
        };
        let tasks: Vec<TaskId> = self.of(next.id).map(|task| task.id).collect();
        for task in tasks {
            // Refused where it was cancelled before.
            let _ = self.happen(task, &Event::Admit, now);
        }
    }
}
