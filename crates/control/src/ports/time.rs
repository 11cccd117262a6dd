//! Time and chance.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use syncapp_model::Result;

use crate::SkipReason;

/// This process's time. What is written into the store has the store's time instead.
#[async_trait]
pub trait Clock: Send + Sync {
    /// What a clock on the wall says: it may jump, in either direction. Only names are made of it.
    fn wall(&self) -> SystemTime;

    /// Since some instant of this process: it never jumps, and goes on while the process is stopped.
    fn monotonic(&self) -> Duration;

    /// Returns when so much monotonic time has passed. May be dropped.
    async fn sleep(&self, time: Duration);
}

/// Chance.
pub trait Random: Send + Sync {
    /// 64 bits, each as likely as not.
    fn bits(&self) -> u64;

    /// From 0 to below 1.
    fn fraction(&self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Which instants a schedule means, and what is to become of those whose time has come. The same for equal arguments, in every
/// process: it looks at no clock and remembers nothing.
pub trait Calendar: Send + Sync {
    /// The first tick after `after`, whether or not it may run.
    fn next_after(&self, definition: &str, after: SystemTime) -> Result<Option<SystemTime>>;

    /// The ticks from `first` up to and including `until`, in their order: each runs at `now`, or is skipped for the reason that
    /// the schedule's rules give. Where there are many only the oldest are told; the others are asked for next.
    fn due(&self, definition: &str, first: SystemTime, until: SystemTime, now: SystemTime) -> Result<Vec<DueTick>>;
}

/// A tick whose time has come, and why it is skipped, if it is.
pub type DueTick = (SystemTime, Option<SkipReason>);
