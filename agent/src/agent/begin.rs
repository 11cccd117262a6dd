//! A server that is away at the start is waited for: it may come up after the agent, or be moved just now.

use std::time::Duration;

use syncapp_control::{Random, Signal};
use syncapp_model::{Result, RetryPolicy};
use tokio::time::sleep;

/// For ever.
const PACE: RetryPolicy = RetryPolicy {
    attempts: u32::MAX,
    base: Duration::from_millis(500),
    factor: 2,
    cap: Duration::from_secs(10),
};

/// How long is waited before each further attempt.
pub(super) fn waits(random: &dyn Random) -> impl Iterator<Item = Duration> {
    (1..u32::MAX).filter_map(|failures| PACE.wait(failures, random.fraction()))
}

/// What an agent begins with, done again and again while it fails for a reason that may pass; `None` where it is told to stop before.
pub(super) async fn patiently<T>(
    begin: impl AsyncFn() -> Result<T>,
    waits: impl Iterator<Item = Duration>,
    stop: &Signal,
) -> Result<Option<T>> {
    for wait in waits {
        let error = tokio::select! {
            begun = begin() => match begun {
                Err(error) if error.is_transient() => error,
                begun => return begun.map(Some),
            },
            () = stop.raised() => return Ok(None),
        };
        tracing::warn!(%error, again_in = ?wait, "the agent waits for its database");
        tokio::select! {
            () = sleep(wait) => {}
            () = stop.raised() => return Ok(None),
        }
    }
    begin().await.map(Some)
}

#[cfg(test)]
mod tests {
    use std::iter::{once, repeat};
    use std::sync::atomic::{AtomicU32, Ordering};

    use syncapp_model::{Code, Error, ErrorKind};

    use super::*;

    const SHORT: Duration = Duration::from_millis(1);

    fn fails(kind: ErrorKind) -> Result<u32> {
        Err(Error::new(Code::StoreFailed, "x").kind(kind))
    }

    /// No chance at all.
    struct Never;

    impl Random for Never {
        fn bits(&self) -> u64 {
            0
        }
    }

    #[test]
    fn each_wait_is_longer_up_to_a_bound() {
        let told: Vec<u128> = waits(&Never).take(7).map(|wait| wait.as_millis()).collect();
        assert_eq!(told, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[tokio::test]
    async fn what_may_pass_is_waited_for_and_nothing_else() {
        let (tries, stop) = (AtomicU32::new(0), Signal::new());
        let come_up = async || match tries.fetch_add(1, Ordering::SeqCst) {
            0..7 => fails(ErrorKind::Transient),
            number => Ok(number),
        };
        assert_eq!(patiently(come_up, repeat(SHORT), &stop).await, Ok(Some(7)));
        for kind in [ErrorKind::Config, ErrorKind::System] {
            assert!(patiently(async || fails(kind), repeat(SHORT), &stop).await.is_err());
        }
        let away = async || fails(ErrorKind::Transient);
        let (begun, ()) = tokio::join!(patiently(away, once(Duration::from_hours(1)), &stop), async {
            stop.raise();
        });
        assert_eq!(begun, Ok(None));
    }
}
