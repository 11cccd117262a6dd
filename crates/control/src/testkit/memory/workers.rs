use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::Result;

use super::MemoryStore;
use crate::{ClaimedTask, Heard, Presence, Workers};

const FORGOTTEN: Duration = Duration::from_hours(24);

#[async_trait]
impl Workers for MemoryStore {
    async fn here(&self, worker: &Presence) -> Result<()> {
        let now = self.time();
        let workers = &mut self.rows().workers;
        workers.retain(|_, heard| now.duration_since(heard.seen_at).is_ok_and(|since| since < FORGOTTEN));
        let since = workers.get(&worker.name).map_or(now, |heard| heard.since);
        let heard = Heard {
            worker: worker.clone(),
            since,
            seen_at: now,
        };
        workers.insert(worker.name.clone(), heard);
        Ok(())
    }

    async fn gone(&self, name: &str) -> Result<()> {
        self.rows().workers.remove(name);
        Ok(())
    }

    async fn workers(&self, since: Duration, limit: usize) -> Result<Vec<Heard>> {
        let now = self.time();
        let rows = self.rows();
        let heard = rows.workers.values();
        let heard = heard.filter(|heard| now.duration_since(heard.seen_at).unwrap_or_default() < since);
        Ok(heard.take(limit).cloned().collect())
    }

    async fn claims(&self, limit: usize) -> Result<Vec<ClaimedTask>> {
        let rows = self.rows();
        let leased = rows.tasks.values().filter(|task| task.lease_until.is_some());
        let claim = leased.filter_map(|task| {
            let run = rows.runs.get(&task.id.run)?;
            Some(ClaimedTask {
                worker: task.worker.clone()?,
                task: task.id,
                project: run.project.clone(),
                sync: run.sync.clone(),
                stream: task.stream.clone(),
                pool: task.pool.clone(),
                started_at: task.started_at,
            })
        });
        let mut claims: Vec<ClaimedTask> = claim.collect();
        claims.sort_by(|one, other| (&one.worker, one.task).cmp(&(&other.worker, other.task)));
        claims.truncate(limit);
        Ok(claims)
    }
}
