//! The store in memory, and the queue and the cache of an agent that is one process, held to what all are held to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use syncapp_control::testkit::{CachePlace, CacheRig, MemoryStore, QueueRig, StorePlace, StoreRig};
use syncapp_control::{Cache, Clock, InProcessQueue, MemoryCache, Queue, Store};

struct Memory;

/// A store whose time stands still unless it is told to pass: microseconds since 1970.
struct Place {
    store: MemoryStore,
    time: Arc<AtomicU64>,
}

#[async_trait]
impl StoreRig for Memory {
    async fn fresh(&self) -> Box<dyn StorePlace> {
        let time = Arc::new(AtomicU64::new(1_800_000_000_123_456));
        let told = time.clone();
        let now = move || UNIX_EPOCH + Duration::from_micros(told.load(Ordering::SeqCst));
        let store = MemoryStore::new(now);
        Box::new(Place { store, time })
    }
}

#[async_trait]
impl StorePlace for Place {
    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    async fn pass(&self, time: Duration) {
        self.time.fetch_add(time.as_micros() as u64, Ordering::SeqCst);
    }
}

struct InProcess;

#[async_trait]
impl QueueRig for InProcess {
    async fn fresh(&self) -> Arc<dyn Queue> {
        Arc::new(InProcessQueue::default())
    }
}

/// A clock that stands still unless it is told to pass: microseconds.
#[derive(Default)]
struct Still(AtomicU64);

#[async_trait]
impl Clock for Still {
    fn wall(&self) -> SystemTime {
        UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, time: Duration) {
        self.0.fetch_add(time.as_micros() as u64, Ordering::SeqCst);
    }
}

struct OneProcess;

struct Desk {
    cache: MemoryCache,
    clock: Arc<Still>,
}

#[async_trait]
impl CacheRig for OneProcess {
    async fn fresh(&self) -> Box<dyn CachePlace> {
        let clock = Arc::new(Still::default());
        let cache = MemoryCache::new(clock.clone());
        Box::new(Desk { cache, clock })
    }
}

#[async_trait]
impl CachePlace for Desk {
    async fn cache(&self) -> Arc<dyn Cache> {
        Arc::new(self.cache.clone())
    }

    async fn pass(&self, time: Duration) {
        self.clock.sleep(time).await;
    }
}

syncapp_control::store_conformance!(Memory);
syncapp_control::queue_conformance!(InProcess);
syncapp_control::cache_conformance!(OneProcess);
