//! A gauge that stands for several: what each of them came to last, as one number.
//!
//! A length of time (`…_seconds`) is the longest of them, anything else their sum. What one has not told for [`STALE`] is gone, as it
//! would be if it were told by itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use metrics::{Gauge, GaugeFn};

use crate::STALE;

/// What it stands for.
pub(crate) struct Folded {
    how: How,
    parts: Mutex<HashMap<u64, (Instant, f64)>>,
}

#[derive(Clone, Copy)]
enum How {
    Longest,
    Sum,
}

impl Folded {
    /// Of the metric of this name.
    pub(crate) fn new(name: &str) -> Self {
        let how = if name.ends_with("_seconds") {
            How::Longest
        } else {
            How::Sum
        };
        let parts = Mutex::default();
        Self { how, parts }
    }

    /// One of those that it stands for comes to something else: what it comes to itself is told, and returned.
    fn change(&self, part: u64, now: Instant, told: &Gauge, change: impl FnOnce(f64) -> f64) -> f64 {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.retain(|_, (told_at, _)| now.saturating_duration_since(*told_at) < STALE);
        let (told_at, value) = parts.entry(part).or_insert((now, 0.0));
        (*told_at, *value) = (now, change(*value));
        let values = parts.values().map(|(_, value)| *value);
        let folded = match self.how {
            How::Longest => values.fold(f64::NEG_INFINITY, f64::max),
            How::Sum => values.sum(),
        };
        // Under the lock: of two at once the later one is told last.
        told.set(folded);
        folded
    }
}

/// One of those that a gauge stands for.
pub(crate) struct Part {
    pub(crate) of: Arc<Folded>,
    /// Its own name among them.
    pub(crate) name: u64,
    /// The gauge itself: registered anew each time, for whoever tells it forgets those that are not set for long.
    pub(crate) told: Gauge,
}

impl Part {
    fn change(&self, change: impl FnOnce(f64) -> f64) {
        self.of.change(self.name, Instant::now(), &self.told, change);
    }
}

impl GaugeFn for Part {
    fn increment(&self, value: f64) {
        self.change(|before| before + value);
    }

    fn decrement(&self, value: f64) {
        self.change(|before| before - value);
    }

    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_told_no_more_is_gone() {
        let begun = Instant::now();
        for (name, all, without) in [("lag_seconds", 70.0, 30.0), ("depth", 110.0, 40.0)] {
            let folded = Folded::new(name);
            let set = |part, seconds: u64, value| {
                let now = begun + Duration::from_secs(seconds);
                folded.change(part, now, &Gauge::noop(), |_| value)
            };
            set(1, 0, 70.0);
            set(2, 1, 20.0);
            let now: f64 = set(3, 2, 20.0);
            assert!((now - all).abs() < 1e-9, "{name}: {now}");
            // The first one is told no more; the others are, each as something else.
            set(2, 59, 10.0);
            let now = set(3, 60, 30.0);
            assert!((now - without).abs() < 1e-9, "{name}: {now}");
        }
    }
}
