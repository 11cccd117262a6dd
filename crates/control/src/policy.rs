//! The control plane's numbers.

use std::time::Duration;

use syncapp_model::RetryPolicy;

/// How long and how often. The same in all processes that share a store.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// How long a claim holds after its worker was last heard of.
    pub lease: Duration,
    /// So much earlier, by its own clock, the worker gives up by itself.
    pub margin: Duration,
    /// How often a worker is heard of. A cancel is noticed then.
    pub heartbeat: Duration,
    /// How long a runner that is told to stop may take before it is dropped.
    pub grace: Duration,
    /// How long a worker that is going away lets its tasks run on.
    pub drain: Duration,
    /// How long a hint may go unheard before it is sent again.
    pub patience: Duration,
    /// When a failed task is tried again.
    pub retry: RetryPolicy,
    /// How many workers may die with a task in a row.
    pub losses: u32,
    /// After how long without any progress a task counts as stalled.
    pub stalled_after: Duration,
    /// After how long without any progress the attempt has failed.
    pub stalled_until: Duration,
    /// How often the outbox is looked at while it is empty.
    pub relay_every: Duration,
    /// How long a relay has to get what it took to the queue.
    pub relay_hold: Duration,
    /// How often leases and hints are looked after.
    pub sweep_every: Duration,
    /// How long schedules are not looked at, at most.
    pub tick_every: Duration,
    /// How long a loop waits after an error of the store or the queue.
    pub pause: Duration,
    /// How many rows a step handles at most.
    pub batch: usize,
}

impl Policy {
    /// How long a worker may act on a claim, from before it asked for it.
    pub fn hold(&self) -> Duration {
        self.lease.saturating_sub(self.margin)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            margin: Duration::from_secs(5),
            heartbeat: Duration::from_secs(2),
            grace: Duration::from_secs(2),
            drain: Duration::from_secs(25),
            patience: Duration::from_mins(1),
            retry: RetryPolicy::UNATTENDED,
            losses: 20,
            stalled_after: Duration::from_mins(5),
            stalled_until: Duration::from_mins(30),
            relay_every: Duration::from_millis(50),
            relay_hold: Duration::from_secs(10),
            sweep_every: Duration::from_secs(1),
            tick_every: Duration::from_millis(500),
            pause: Duration::from_secs(1),
            batch: 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_keep_what_is_promised() {
        let policy = Policy::default();
        assert!(policy.heartbeat + policy.grace < Duration::from_secs(5), "a cancel");
        assert!(
            policy.margin + 3 * policy.heartbeat < policy.lease,
            "two heartbeats may be lost"
        );
        assert!(policy.grace < policy.margin, "a runner stops before the lease is over");
        assert_eq!(policy.retry.wait(1, 0.0), Some(Duration::from_secs(10)));
        assert_eq!(policy.retry.wait(7, 0.0), Some(Duration::from_mins(30)));
        assert_eq!(policy.retry.wait(8, 0.0), None);
    }
}
