//! The cache of an agent that is one process: bounded memory.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::Result;

use super::shelf::Shelf;
use super::topics::Topics;
use crate::{Allowance, Cache, Clock, Listener, MAX_CACHED};

/// How many bytes of values are kept.
const VALUES: usize = 16 << 20;
/// How many bytes of counters: those of their own, so that no value drives a limit out.
const COUNTERS: usize = 4 << 20;

/// A cache in memory. Clones share it.
#[derive(Clone)]
pub struct MemoryCache {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
    topics: Topics,
}

struct State {
    values: Shelf<Vec<u8>>,
    counters: Shelf<u64>,
}

impl MemoryCache {
    /// An empty one.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let state = State {
            values: Shelf::new(VALUES),
            counters: Shelf::new(COUNTERS),
        };
        Self {
            clock,
            state: Arc::new(Mutex::new(state)),
            topics: Topics::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").finish_non_exhaustive()
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let now = self.clock.monotonic();
        Ok(self.state().values.get(key, now).map(|(value, _)| value.clone()))
    }

    async fn put(&self, key: &str, value: &[u8], life: Duration) -> Result<()> {
        let now = self.clock.monotonic();
        let life = if value.len() > MAX_CACHED { Duration::ZERO } else { life };
        let until = now.saturating_add(life);
        self.state().values.put(key, value.to_vec(), value.len(), now, until);
        Ok(())
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let now = self.clock.monotonic();
        Ok(self.state().values.take(key, now))
    }

    async fn count(&self, key: &str, limit: u64, window: Duration) -> Result<Allowance> {
        let now = self.clock.monotonic();
        let mut state = self.state();
        if let Some((count, until)) = state.counters.get(key, now) {
            *count = count.saturating_add(1);
            return Ok(Allowance::of(*count, limit, until.saturating_sub(now)));
        }
        state.counters.put(key, 1, 0, now, now.saturating_add(window));
        Ok(Allowance::of(1, limit, window))
    }

    async fn publish(&self, topic: &str, value: &[u8]) -> Result<()> {
        if value.len() <= MAX_CACHED {
            self.topics.publish(topic, value);
        }
        Ok(())
    }

    async fn listen(&self, topic: &str) -> Result<Box<dyn Listener>> {
        Ok(Box::new(self.topics.listen(topic)))
    }
}
