//! When a server that cannot be reached is tried again.

use std::time::{Duration, Instant};

use syncapp_model::Error;
use uuid::Uuid;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

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
        let wait = wait(self.failures, chance());
        self.failures = self.failures.saturating_add(1);
        self.last = Some((error.clone(), Instant::now() + wait));
    }

    /// An attempt went well.
    pub(crate) fn over(&mut self) {
        *self = Self::default();
    }
}

/// Twice as long each time, up to a bound; between half of that and all, so that a fleet does not come at once.
fn wait(failures: u32, chance: f64) -> Duration {
    let whole = FIRST.saturating_mul(1 << failures.min(10)).min(LONGEST);
    whole.mul_f64(0.5 + chance / 2.0)
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
        let waits = [0, 1, 2, 5, 6, 99].map(|failures| wait(failures, 1.0).as_millis());
        assert_eq!(waits, [100, 200, 400, 3200, 5000, 5000]);
        assert_eq!(wait(0, 0.0).as_millis(), 50);
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
        assert!(pause.left() > LONGEST / 4);
        pause.over();
        assert_eq!(pause.left(), Duration::ZERO);
        assert_eq!(pause.too_early(), None);
    }
}
