//! What a connection comes through before it is one: for somebody who tests it, and waits in front of it.
//!
//! Whoever dials says so here, and it costs nothing where nobody listens. It is heard in one task only: what is spawned is not.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use serde::Serialize;

tokio::task_local! {
    static TRAIL: RefCell<Vec<(Step, Duration)>>;
}

/// One of the steps of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The host's name has addresses.
    Resolve,
    /// One of them answers.
    Connect,
    /// TLS is agreed on, and the certificate is good.
    Tls,
    /// The server knows the user, and answers.
    LogIn,
    /// The user may read something, or write something, as its side wants.
    Rights,
}

/// Does something, and tells the steps that were taken by it, in their order, and how long each took. One that failed is not told.
pub async fn watched<T>(work: impl Future<Output = T>) -> (T, Vec<(Step, Duration)>) {
    let watching = async {
        let done = work.await;
        (done, TRAIL.with(RefCell::take))
    };
    TRAIL.scope(RefCell::default(), watching).await
}

/// Whether somebody listens: what a driver does as one step by itself is better done in several then.
pub fn is_watched() -> bool {
    TRAIL.try_with(|_| ()).is_ok()
}

/// Takes a step. Its time is its own: that of steps within it is theirs.
pub async fn step<T, E>(step: Step, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let (begun, before) = (Instant::now(), time_since(0).1);
    let done = work.await;
    if done.is_ok() {
        let within = time_since(before).0;
        took(step, begun.elapsed().saturating_sub(within));
    }
    done
}

/// Tells a step that was taken elsewhere.
pub fn took(step: Step, time: Duration) {
    // Nobody has to listen.
    let _ = TRAIL.try_with(|trail| trail.borrow_mut().push((step, time)));
}

/// The time of the steps since there were so many, and how many there are.
fn time_since(before: usize) -> (Duration, usize) {
    let told = TRAIL.try_with(|trail| {
        let trail = trail.borrow();
        let time = trail.iter().skip(before).map(|(_, time)| *time).sum();
        (time, trail.len())
    });
    told.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn steps_that_were_taken_are_told_where_somebody_listens() {
        let good = async || step(Step::Resolve, async { Ok::<_, ()>(1) }).await;
        assert_eq!((good().await, is_watched()), (Ok(1), false));
        let (done, steps) = watched(async {
            assert!(is_watched());
            good().await?;
            step(Step::Connect, async { Err::<(), _>(()) }).await
        })
        .await;
        assert_eq!(done, Err(()));
        assert_eq!(steps.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [Step::Resolve]);
    }

    #[tokio::test]
    async fn a_step_does_not_count_those_within_it() {
        let hour = Duration::from_hours(1);
        let (done, steps) = watched(async {
            took(Step::Resolve, hour);
            let inner = async {
                took(Step::Tls, Duration::from_micros(1));
                tokio::time::sleep(Duration::from_millis(2)).await;
                Ok::<_, ()>(())
            };
            step(Step::LogIn, inner).await
        })
        .await;
        assert_eq!(done, Ok(()));
        let [(Step::Resolve, _), (Step::Tls, _), (Step::LogIn, own)] = steps[..] else {
            panic!("{steps:?}")
        };
        assert!(own >= Duration::from_millis(2) && own < hour, "{own:?}");
    }
}
