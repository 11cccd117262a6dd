//! A word that is said once and heard by all.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Raised once, by anyone, for good. Clones are one signal. It needs no runtime, so that the same code runs in a simulation.
#[derive(Debug, Clone, Default)]
pub struct Signal(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    raised: bool,
    listeners: u64,
    waiting: BTreeMap<u64, Waker>,
}

impl Signal {
    /// One that nobody has raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises it.
    pub fn raise(&self) {
        let mut state = self.state();
        state.raised = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_values().for_each(Waker::wake);
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        self.state().raised
    }

    /// Returns when it is raised. May be dropped.
    pub fn raised(&self) -> impl Future<Output = ()> + Send + use<> {
        let number = {
            let mut state = self.state();
            state.listeners += 1;
            state.listeners
        };
        Raised {
            signal: self.clone(),
            number,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Raised {
    signal: Signal,
    number: u64,
}

impl Future for Raised {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.signal.state();
        if state.raised {
            return Poll::Ready(());
        }
        state.waiting.insert(self.number, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        self.signal.state().waiting.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[test]
    fn it_is_heard_before_and_after() {
        let signal = Signal::new();
        let mut early = Box::pin(signal.raised());
        assert_eq!(early.as_mut().now_or_never(), None);
        assert!(!signal.is_raised());
        signal.clone().raise();
        assert!(signal.is_raised());
        assert_eq!(early.now_or_never(), Some(()));
        assert_eq!(signal.raised().now_or_never(), Some(()));
    }

    #[test]
    fn whoever_goes_away_leaves_nothing() {
        let signal = Signal::new();
        for _ in 0..3 {
            assert_eq!(signal.raised().now_or_never(), None);
        }
        assert!(signal.state().waiting.is_empty());
    }
}
