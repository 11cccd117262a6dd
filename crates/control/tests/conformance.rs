//! The store in memory, and the queue and the cache of an agent that is one process, held to what all are held to.

mod still;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use syncapp_control::testkit::{CachePlace, CacheRig, MemoryStore, QueueRig, StorePlace, StoreRig};
use syncapp_control::{Cache, Clock as _, InProcessQueue, MemoryCache, Queue, Store};

use still::Still;

struct Memory;

struct Place {
    store: MemoryStore,
    time: Still,
}

#[async_trait]
impl StoreRig for Memory {
    async fn fresh(&self) -> Box<dyn StorePlace> {
        let time = Still::at(1_800_000_000_123_456);
        let told = time.clone();
        let store = MemoryStore::new(move || told.wall());
        Box::new(Place { store, time })
    }
}

#[async_trait]
impl StorePlace for Place {
    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    async fn pass(&self, time: Duration) {
        self.time.pass(time);
    }
}

struct InProcess;

#[async_trait]
impl QueueRig for InProcess {
    async fn fresh(&self) -> Arc<dyn Queue> {
        Arc::new(InProcessQueue::default())
    }
}

struct OneProcess;

struct Desk {
    cache: MemoryCache,
    clock: Still,
}

#[async_trait]
impl CacheRig for OneProcess {
    async fn fresh(&self) -> Box<dyn CachePlace> {
        let clock = Still::default();
        let cache = MemoryCache::new(Arc::new(clock.clone()));
        Box::new(Desk { cache, clock })
    }
}

#[async_trait]
impl CachePlace for Desk {
    async fn cache(&self) -> Arc<dyn Cache> {
        Arc::new(self.cache.clone())
    }

    async fn pass(&self, time: Duration) {
        self.clock.pass(time);
    }
}

syncapp_control::store_conformance!(Memory);
syncapp_control::queue_conformance!(InProcess);
syncapp_control::cache_conformance!(OneProcess);
