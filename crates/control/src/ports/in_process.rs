//! The queue of an agent that is one process: hints in memory.
//!
//! It confirms what it has in memory. That dies with the process, and then the sweeper finds the tasks again. A hint that waits
//! already is not kept twice: what nobody consumes does not grow.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use async_trait::async_trait;
use syncapp_model::Result;

use super::{Consumer, Delivery, Hint, Published, Queue};
use crate::TaskId;

/// Hints in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct InProcessQueue(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    pools: BTreeMap<String, Pool>,
    doors: u64,
    deliveries: u64,
    /// Who waits, by door.
    waiting: BTreeMap<u64, Waker>,
}

/// The hints of one pool that wait, each once.
#[derive(Debug, Default)]
struct Pool {
    order: VecDeque<Hint>,
    known: BTreeSet<TaskId>,
}

impl Pool {
    fn add(&mut self, hint: Hint) {
        if self.known.insert(hint.task) {
            self.order.push_back(hint);
        }
    }

    /// Puts one where it was.
    fn add_first(&mut self, hint: Hint) {
        if self.known.insert(hint.task) {
            self.order.push_front(hint);
        }
    }

    fn take(&mut self) -> Option<Hint> {
        let hint = self.order.pop_front()?;
        self.known.remove(&hint.task);
        Some(hint)
    }
}

impl InProcessQueue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake_all(&mut self) {
        for (_, waker) in std::mem::take(&mut self.waiting) {
            waker.wake();
        }
    }
}

#[async_trait]
impl Queue for InProcessQueue {
    async fn publish(&self, hint: &Hint) -> Result<Published> {
        let mut state = self.state();
        state.pools.entry(hint.pool.clone()).or_default().add(hint.clone());
        state.wake_all();
        Ok(Published::Confirmed)
    }

    async fn consume(&self, pools: &[String]) -> Result<Box<dyn Consumer>> {
        let mut state = self.state();
        state.doors += 1;
        Ok(Box::new(Door {
            queue: self.clone(),
            number: state.doors,
            pools: pools.to_vec(),
            turn: 0,
            unacked: BTreeMap::new(),
        }))
    }
}

#[derive(Debug)]
struct Door {
    queue: InProcessQueue,
    number: u64,
    pools: Vec<String>,
    /// Which pool comes first next time, so that a full one does not starve the others.
    turn: usize,
    unacked: BTreeMap<u64, Hint>,
}

impl Door {
    fn poll_next(&mut self, waker: &Waker) -> Poll<Delivery> {
        let mut state = self.queue.state();
        for step in 0..self.pools.len() {
            let pool = (self.turn + step) % self.pools.len();
            let name = &self.pools[pool];
            let Some(hint) = state.pools.get_mut(name).and_then(Pool::take) else {
                continue;
            };
            state.waiting.remove(&self.number);
            state.deliveries += 1;
            self.turn = pool + 1;
            let tag = state.deliveries;
            self.unacked.insert(tag, hint.clone());
            return Poll::Ready(Delivery { hint, tag });
        }
        state.waiting.insert(self.number, waker.clone());
        Poll::Pending
    }
}

#[async_trait]
impl Consumer for Door {
    async fn next(&mut self) -> Result<Delivery> {
        Ok(poll_fn(|context| self.poll_next(context.waker())).await)
    }

    async fn ack(&mut self, delivery: Delivery) -> Result<()> {
        self.unacked.remove(&delivery.tag);
        Ok(())
    }

    async fn put_back(&mut self, delivery: Delivery) -> Result<()> {
        let Some(hint) = self.unacked.remove(&delivery.tag) else {
            return Ok(());
        };
        self.queue.publish(&hint).await.map(drop)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.waiting.remove(&self.number);
        for (_, hint) in std::mem::take(&mut self.unacked).into_iter().rev() {
            state.pools.entry(hint.pool.clone()).or_default().add_first(hint);
        }
        state.wake_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunId;
    use futures_util::FutureExt as _;

    #[test]
    fn what_nobody_consumes_does_not_grow() {
        let queue = InProcessQueue::default();
        let hint = Hint {
            task: TaskId {
                run: RunId::new(),
                number: 0,
            },
            trace: None,
            pool: "heavy".into(),
        };
        for _ in 0..3 {
            assert_eq!(queue.publish(&hint).now_or_never(), Some(Ok(Published::Confirmed)));
        }
        let mut door = queue.consume(&["heavy".into()]).now_or_never().unwrap().unwrap();
        let come = door.next().now_or_never().unwrap().unwrap();
        assert_eq!(come.hint, hint);
        assert!(door.next().now_or_never().is_none());
        // It is with somebody, so that it may come again meanwhile.
        assert_eq!(queue.publish(&hint).now_or_never(), Some(Ok(Published::Confirmed)));
        assert_eq!(door.next().now_or_never().unwrap().unwrap().hint, hint);
    }
}
