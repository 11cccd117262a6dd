//! Those of this process who watch the same run look at it together: the store is asked for all of them at once, and an event is written
//! once.
//!
//! Invariant: a look goes on while somebody watches. Who comes, and whether the last one has gone, is settled under one lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{Either, select};
use futures_util::pin_mut;
use syncapp_control::RunId;
use tokio::sync::watch::{Receiver, Sender, channel};

use super::look::{Look, Told};
use crate::{Api, Problem};

/// Tells all who watch a run.
type Telling = Arc<Sender<Arc<Told>>>;

/// The runs that are watched.
#[derive(Clone, Default)]
pub(crate) struct Watches(Arc<Mutex<HashMap<RunId, Telling>>>);

/// A run as one of those sees it who watch.
pub(super) struct Seen {
    told: Receiver<Arc<Told>>,
    /// Whether what is told now was not taken yet.
    is_new: bool,
}

impl Seen {
    fn of(told: Receiver<Arc<Told>>) -> Self {
        Self { told, is_new: true }
    }

    /// What it is, and whenever that has changed what it is then; `None` where nothing more is told. What is told faster than it is
    /// taken is passed by.
    pub(super) async fn next(&mut self) -> Option<Arc<Told>> {
        if !std::mem::take(&mut self.is_new) {
            self.told.changed().await.ok()?;
        }
        Some(self.told.borrow_and_update().clone())
    }
}

impl Watches {
    /// Watches a run; `None` where there is none.
    pub(super) async fn of(&self, api: &Api, run: RunId) -> Result<Option<Seen>, Problem> {
        if let Some(told) = self.lock().get(&run) {
            return Ok(Some(Seen::of(told.subscribe())));
        }
        let Some((look, first)) = Look::begin(api, run).await? else {
            return Ok(None);
        };
        let over = first.over;
        let mut all = self.lock();
        // Somebody else may have been faster.
        if let Some(told) = all.get(&run) {
            return Ok(Some(Seen::of(told.subscribe())));
        }
        let (sender, seen) = channel(Arc::new(first));
        if !over {
            let sender = Arc::new(sender);
            all.insert(run, sender.clone());
            tokio::spawn(self.clone().tell(run, sender, look));
        }
        Ok(Some(Seen::of(seen)))
    }

    /// Tells what becomes of a run until it is over or gone, or nobody watches.
    async fn tell(self, run: RunId, sender: Telling, mut look: Look) {
        loop {
            let next = {
                let (looking, left) = (look.next(), sender.closed());
                pin_mut!(looking, left);
                match select(looking, left).await {
                    Either::Left((next, _)) => Some(next),
                    Either::Right(_) => None,
                }
            };
            match next {
                Some(Some(told)) => {
                    let over = told.over;
                    let _ = sender.send(Arc::new(told));
                    if over {
                        break;
                    }
                }
                Some(None) => break,
                None => {
                    let mut all = self.lock();
                    if sender.receiver_count() == 0 {
                        all.remove(&run);
                        return;
                    }
                }
            }
        }
        self.lock().remove(&run);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Telling>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
