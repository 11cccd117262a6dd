//! Time that passes when a test says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use syncapp_control::Clock;

/// Microseconds since 1970, the same for all clones. Whoever sleeps does so for ever.
#[derive(Clone, Default)]
pub(crate) struct Still(Arc<AtomicU64>);

impl Still {
    pub(crate) fn at(micros: u64) -> Self {
        Self(Arc::new(AtomicU64::new(micros)))
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(time.as_micros() as u64, Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for Still {
    fn wall(&self) -> SystemTime {
        UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}
