//! Use case: the fleet's figures are told to monitoring.

use std::collections::BTreeSet;
use std::time::Duration;

use syncapp_model::Result;

use crate::{Control, Depth, Signal, TaskState, measure};

/// How often.
const EVERY: Duration = Duration::from_secs(5);
/// How many streams' lags are told: those that have not landed for the longest.
const STREAMS: usize = 1000;

impl Control {
    /// Reads the figures of the store and sets them. A pool that was ever seen is told of when nothing is left in it, too.
    pub async fn watch_figures(&self, pools: &mut BTreeSet<String>) -> Result<()> {
        let depths = self.store.depths().await?;
        pools.extend(depths.iter().map(|depth| depth.pool.clone()));
        for pool in pools.iter() {
            for state in TaskState::ALL.into_iter().filter(|state| !state.is_final()) {
                let found = depths.iter().find(|depth| depth.pool == *pool && depth.state == state);
                let tasks = found.map_or(0, |depth| depth.tasks);
                let pool = pool.clone();
                measure::depth(&Depth { pool, state, tasks });
            }
        }
        for lag in &self.store.lags(STREAMS).await? {
            measure::lag(lag);
        }
        Ok(())
    }

    /// Does so until `stop` is raised; of these pools even where nothing has ever been in them.
    pub async fn watch_figures_until(&self, pools: &[String], stop: &Signal) {
        let mut pools: BTreeSet<String> = pools.iter().cloned().collect();
        while !stop.is_raised() {
            // There is never more to do at once.
            let done = self.watch_figures(&mut pools).await.map(|()| 0);
            self.rest("figures", done, EVERY, stop).await;
        }
    }
}
