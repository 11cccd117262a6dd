use std::collections::BTreeMap;
use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_model::Result;

use super::{MemoryStore, Rows};
use crate::{Depth, Figures, Lag, RunId, ScheduleId};

#[async_trait]
impl Figures for MemoryStore {
    async fn depths(&self) -> Result<Vec<Depth>> {
        let mut depths = BTreeMap::new();
        for task in self.rows().tasks.values().filter(|task| !task.state.is_final()) {
            *depths.entry((task.pool.clone(), task.state)).or_default() += 1;
        }
        let depth = |((pool, state), tasks)| Depth { pool, state, tasks };
        Ok(depths.into_iter().map(depth).collect())
    }

    async fn lags(&self, limit: usize) -> Result<Vec<Lag>> {
        let now = self.time();
        let rows = self.rows();
        let lag = |((sync, stream), at): (&(ScheduleId, String), &SystemTime)| Lag {
            sync: sync.clone(),
            stream: stream.clone(),
            since: now.duration_since(*at).unwrap_or_default(),
        };
        let mut lags: Vec<Lag> = rows.landed.iter().map(lag).collect();
        lags.sort_by_key(|lag| std::cmp::Reverse(lag.since));
        lags.truncate(limit);
        Ok(lags)
    }
}

impl Rows {
    /// A stream has landed.
    pub(super) fn landed(&mut self, run: RunId, stream: &str, at: SystemTime) {
        let Some(run) = self.runs.get(&run) else { return };
        let sync = ScheduleId {
            project: run.project.clone(),
            sync: run.sync.clone(),
        };
        self.landed.insert((sync, stream.to_owned()), at);
    }
}
