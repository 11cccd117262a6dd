//! When a server that cannot be reached is tried again.

use std::time::{Duration, Instant};

use syncapp_model::{Error, RetryPolicy};
use uuid::Uuid;

/// For ever: a server that is away comes back.
const PACE: RetryPolicy = RetryPolicy {
    attempts: u32::MAX,
    base: Duration::from_millis(100),
    factor: 2,
    cap: Duration::from_secs(5),
};

/// The failures in a row, and until when nobody tries.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    failures: u32,
    last: Option<(Error, Instant)>,
}

impl Pause {
    /// What the last attempt failed with, as long as it is too early for another one. Whoever asks meanwhile is told at once.
    pub(crate) fn too_early(&self) -> Option<Error> {
        let (error, until) = self.last.as_ref()?;
        (Instant::now() < *until).then(|| error.clone())
    }

    /// How long it is too early.
    pub(crate) fn left(&self) -> Duration {
        let until = self.last.as_ref().map(|(_, until)| *until);
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    /// An attempt failed.
    pub(crate) fn failed(&mut self, error: &Error) {
        self.failures = self.failures.saturating_add(1);
        let wait = PACE.wait(self.failures, chance()).unwrap_or(PACE.cap);
        self.last = Some((error.clone(), Instant::now() + wait));
    }

    /// An attempt went well.
    pub(crate) fn over(&mut self) {
        *self = Self::default();
    }
}

/// From 0 to below 1.
fn chance() -> f64 {
    f64::from(Uuid::new_v4().as_u128() as u32) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncapp_model::Code;

    #[test]
    fn waits_grow_to_a_bound() {
        let waits = [1, 2, 3, 6, 7, 99].map(|failures| PACE.wait(failures, 0.0).unwrap().as_millis());
        assert_eq!(waits, [100, 200, 400, 3200, 5000, 5000]);
        assert!((0..1000).all(|_| (0.0..1.0).contains(&chance())));
    }

    #[test]
    fn whoever_comes_too_early_is_told_why() {
        let mut pause = Pause::default();
        assert_eq!(pause.too_early(), None);
        let error = Error::new(Code::StoreFailed, "away");
        for _ in 0..9 {
            pause.failed(&error);
        }
        assert_eq!(pause.too_early(), Some(error));
        assert!(pause.left() > PACE.cap / 4);
        pause.over();
        assert_eq!(pause.left(), Duration::ZERO);
        assert_eq!(pause.too_early(), None);
    }
}
