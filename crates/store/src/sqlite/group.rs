//! Transactions that wait for the disk together.
//!
//! A commit waits for the disk, and nothing else may write meanwhile. Whatever wants to write by then shares the next commit:
//! each in a savepoint, so that one that fails takes back what is its own. Nobody is answered before the disk has it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fmt, mem};

use syncapp_model::{Error, Result};
use tokio::sync::oneshot;

use super::transaction::SqliteRows;
use super::{Inner, SqliteStore};

/// How many share a commit at most, so that the first of them is answered soon.
const TOGETHER: usize = 64;

/// Does its part of a transaction that was begun. What it returns is called when that is over, and tells whoever waits.
type Part = Box<dyn FnOnce(Result<&mut SqliteRows<'_>>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<()>) + Send>;

/// What is to be written next, in its order.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    parts: VecDeque<Part>,
    /// Whether a thread takes them.
    served: bool,
}

impl Queue {
    /// Whether nobody takes it yet: the caller has to.
    fn push(&self, part: Part) -> bool {
        let mut waiting = self.lock();
        waiting.parts.push_back(part);
        !mem::replace(&mut waiting.served, true)
    }

    /// Those of the next transaction. Where there are none, nobody takes what comes from now on.
    fn next(&self) -> Option<Vec<Part>> {
        let mut waiting = self.lock();
        let together = waiting.parts.len().min(TOGETHER);
        waiting.served = together > 0;
        waiting.served.then(|| waiting.parts.drain(..together).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Runs `work` in a transaction, apart from the asynchronous threads. It is done to its end even if nobody waits for it.
    pub(super) async fn transaction<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteRows<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let part: Part = Box::new(move |rows| {
            let done = rows.and_then(|rows| rows.within(work));
            // Whoever has stopped waiting needs no answer.
            Box::new(move |kept| drop(tell.send(kept.and(done))))
        });
        if self.inner.queue.push(part) {
            let inner = self.inner.clone();
            tokio::task::spawn_blocking(move || inner.serve());
        }
        told.await
            .map_err(|e| Error::internal("a task of the local store ended early").driver(e))?
    }
}

impl Inner {
    /// Writes until nothing waits.
    fn serve(&self) {
        while let Some((answers, kept)) = self.write() {
            for answer in answers {
                answer(kept.clone());
            }
        }
    }

    /// One transaction, if anything waits.
    fn write(&self) -> Option<(Vec<Answer>, Result<()>)> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let parts = self.queue.next()?;
        let mut begun = SqliteRows::begin(&mut connection, &self.file);
        let mut done = |part: Part| part(begun.as_mut().map_err(|e| e.clone()));
        let answers = parts.into_iter().map(&mut done).collect();
        Some((answers, begun.and_then(SqliteRows::commit)))
    }
}

#[cfg(test)]
mod tests;
