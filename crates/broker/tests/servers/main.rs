//! What wakes a fleet and speeds it up, against real servers.

mod rabbitmq;
mod redis;

use std::time::{Duration, Instant};

/// Waits for what comes true in a while, or ends the test.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(30), "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
