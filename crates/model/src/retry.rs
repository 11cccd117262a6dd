//! When a failed stream is tried again: the one rule of a command that somebody waits for, and of an agent.

use std::time::Duration;

/// Exponential back-off with jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a stream may fail in a row without progress, the first time included.
    pub attempts: u32,
    /// The wait before the second attempt.
    pub base: Duration,
    /// By how much each wait is longer than the one before.
    pub factor: u32,
    /// The longest wait.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    /// For a person who waits: three attempts within seconds.
    fn default() -> Self {
        Self {
            attempts: 3,
            base: Duration::from_secs(1),
            factor: 3,
            cap: Duration::from_mins(30),
        }
    }
}

impl RetryPolicy {
    /// For an agent, where nobody waits: an outage of an hour is survived.
    pub const UNATTENDED: Self = Self {
        attempts: 8,
        base: Duration::from_secs(10),
        factor: 3,
        cap: Duration::from_mins(30),
    };

    /// How long to wait after the so-many-th failure in a row, from 1; `None` to give up. `jitter` is between 0 and 1
    /// and takes up to half of the wait away, so that many clients do not return at once.
    ///
    /// ```
    /// use std::time::Duration;
    /// use syncapp_model::RetryPolicy;
    /// let policy = RetryPolicy { attempts: 4, base: Duration::from_secs(10), factor: 3, cap: Duration::from_secs(60) };
    /// let waits: Vec<_> = (1..=4).map(|failures| policy.wait(failures, 0.0).map(|wait| wait.as_secs())).collect();
    /// assert_eq!(waits, [Some(10), Some(30), Some(60), None]);
    /// assert_eq!(policy.wait(1, 1.0), Some(Duration::from_secs(5)));
    /// ```
    pub fn wait(&self, failures: u32, jitter: f64) -> Option<Duration> {
        if failures >= self.attempts {
            return None;
        }
        let grown = self
            .base
            .saturating_mul(self.factor.saturating_pow(failures.saturating_sub(1)));
        Some(grown.min(self.cap).mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0))
    }
}
