//! The store in memory and the queue of an agent that is one process, held to what all are held to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use syncapp_control::testkit::{MemoryStore, QueueRig, StorePlace, StoreRig};
use syncapp_control::{InProcessQueue, Queue, Store};

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

syncapp_control::store_conformance!(Memory);
syncapp_control::queue_conformance!(InProcess);
