use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::Result;

use super::MemoryStore;
use crate::{Retention, Run, RunId, RunState};

#[async_trait]
impl Retention for MemoryStore {
    async fn forget(&self, age: Duration, limit: usize) -> Result<usize> {
        let before = self.time() - age;
        let rows = &mut *self.rows();
        let is_over = |run: &&Run| {
            let followed = run.state != RunState::Done || rows.followed.contains(&run.id);
            followed && run.finished_at.is_some_and(|at| at <= before)
        };
        let mut over: Vec<_> = rows
            .runs
            .values()
            .filter(is_over)
            .map(|run| (run.finished_at, run.id))
            .collect();
        over.sort_unstable();
        let over: Vec<RunId> = over.into_iter().take(limit).map(|(_, id)| id).collect();
        for id in &over {
            rows.runs.remove(id);
            rows.logs.remove(id);
            rows.announced.remove(id);
            rows.notices.retain(|(run, _), _| run != id);
            rows.followed.remove(id);
            rows.keys.retain(|_, run| run != id);
            rows.tasks.retain(|task, _| task.run != *id);
            rows.outbox.retain(|_, row| row.hint.task.run != *id);
        }
        let mut forgotten = over.len();
        let mut left = limit;
        let mut all = std::mem::take(&mut rows.ticks);
        for (sync, ticks) in &mut all {
            let next_due = rows.of_sync(sync).filter_map(|schedule| schedule.next_due).min();
            let is_old = |at| at <= before && next_due.is_none_or(|next| at < next);
            let old: Vec<_> = ticks.keys().copied().filter(|at| is_old(*at)).take(left).collect();
            left -= old.len();
            forgotten += old.len();
            ticks.retain(|at, _| !old.contains(at));
        }
        rows.ticks = all;
        Ok(forgotten)
    }
}
