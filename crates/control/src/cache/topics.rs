//! What is said in this process, and those who listen in it.
//!
//! Nobody who speaks waits for anybody: whoever hears too slowly misses the oldest.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use async_trait::async_trait;

use crate::Listener;

/// How much waits for one listener: values, and bytes of them. The newest always does.
const VALUES: usize = 64;
const BYTES: usize = 1 << 18;

/// Topics in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Topics(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    listeners: u64,
    topics: BTreeMap<String, BTreeMap<u64, Ear>>,
}

#[derive(Debug, Default)]
struct Ear {
    values: VecDeque<Arc<[u8]>>,
    bytes: usize,
    waiting: Option<Waker>,
}

impl Ear {
    fn hear(&mut self, value: Arc<[u8]>) {
        self.bytes += value.len();
        self.values.push_back(value);
        while self.values.len() > 1 && (self.values.len() > VALUES || self.bytes > BYTES) {
            self.take();
        }
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    fn take(&mut self) -> Option<Arc<[u8]>> {
        let value = self.values.pop_front()?;
        self.bytes -= value.len();
        Some(value)
    }
}

impl Topics {
    /// Says something to all who listen to the topic.
    pub fn publish(&self, topic: &str, value: &[u8]) {
        let mut state = self.state();
        let Some(ears) = state.topics.get_mut(topic) else {
            return;
        };
        let value: Arc<[u8]> = value.into();
        for ear in ears.values_mut() {
            ear.hear(value.clone());
        }
    }

    /// Listens to a topic from now on.
    pub fn listen(&self, topic: &str) -> impl Listener + use<> {
        let mut state = self.state();
        state.listeners += 1;
        let number = state.listeners;
        let ears = state.topics.entry(topic.to_owned()).or_default();
        ears.insert(number, Ear::default());
        drop(state);
        Seat {
            topics: self.clone(),
            topic: topic.to_owned(),
            number,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Seat {
    topics: Topics,
    topic: String,
    number: u64,
}

impl Seat {
    fn poll_next(&self, waker: &Waker) -> Poll<Vec<u8>> {
        let mut state = self.topics.state();
        let ear = state
            .topics
            .get_mut(&self.topic)
            .and_then(|ears| ears.get_mut(&self.number));
        let Some(ear) = ear else {
            return Poll::Pending;
        };
        match ear.take() {
            Some(value) => Poll::Ready(value.to_vec()),
            None => {
                ear.waiting = Some(waker.clone());
                Poll::Pending
            }
        }
    }
}

#[async_trait]
impl Listener for Seat {
    async fn next(&mut self) -> Vec<u8> {
        poll_fn(|context| self.poll_next(context.waker())).await
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.topics.state();
        if let Some(ears) = state.topics.get_mut(&self.topic) {
            ears.remove(&self.number);
            if ears.is_empty() {
                state.topics.remove(&self.topic);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[test]
    fn whoever_is_slow_hears_the_newest() {
        let topics = Topics::default();
        let mut slow = topics.listen("t");
        for number in 0..1000_u32 {
            topics.publish("t", &number.to_be_bytes());
        }
        for number in 936..1000_u32 {
            assert_eq!(slow.next().now_or_never(), Some(number.to_be_bytes().to_vec()));
        }
        assert_eq!(slow.next().now_or_never(), None);
        for length in [BYTES / 2, BYTES, 2 * BYTES] {
            topics.publish("t", &vec![0; length]);
        }
        assert_eq!(slow.next().now_or_never().map(|value| value.len()), Some(2 * BYTES));
        assert_eq!(slow.next().now_or_never(), None);
    }

    #[test]
    fn whoever_goes_away_leaves_nothing() {
        let topics = Topics::default();
        let (one, mut other) = (topics.listen("t"), topics.listen("t"));
        drop(one);
        assert_eq!(other.next().now_or_never(), None);
        topics.publish("t", b"x");
        assert_eq!(other.next().now_or_never(), Some(b"x".to_vec()));
        drop(other);
        topics.publish("t", b"y");
        assert!(topics.state().topics.is_empty());
    }
}
