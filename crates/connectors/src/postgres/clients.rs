//! The connections of one end, kept between their uses: the next call of a stream, or the next stream. With their end they
//! are [`parked`].

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use syncapp_model::{Result, Side};
use tokio::runtime::Handle;

use super::client::Client;
use super::parked;
use crate::server::Valid;

/// More than any run has streams side by side are not kept.
const MOST: usize = 16;

/// Connections without a transaction.
type Idle = Mutex<Vec<Arc<Client>>>;

pub(super) struct Clients {
    valid: Arc<Valid>,
    side: Side,
    idle: Arc<Idle>,
}

impl Clients {
    pub(super) fn new(valid: Arc<Valid>, side: Side) -> Arc<Self> {
        Arc::new(Self {
            valid,
            side,
            idle: Arc::default(),
        })
    }

    /// A connection without a transaction: one that was used before, or a new one.
    pub(super) async fn client(&self) -> Result<Lease> {
        let client = match self.kept() {
            Some(client) => client,
            None => self.open().await?,
        };
        Ok(Lease {
            client,
            idle: Arc::downgrade(&self.idle),
            spoilt: AtomicBool::new(false),
        })
    }

    async fn open(&self) -> Result<Arc<Client>> {
        if let Some(client) = parked::take(&self.valid, self.side).await {
            return Ok(client);
        }
        Ok(Arc::new(Client::connect(&self.valid, self.side).await?))
    }

    /// The one that was used last: fewer stay in use.
    fn kept(&self) -> Option<Arc<Client>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|client| !client.inner.is_closed());
        idle.pop()
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.drain(..).for_each(parked::park);
    }
}

/// A connection in use. Let go, it waits for the next use. It is closed after a failure, and where the server is still at
/// work for it, which is cancelled.
pub(super) struct Lease {
    client: Arc<Client>,
    idle: Weak<Idle>,
    spoilt: AtomicBool,
}

impl Lease {
    /// Notes that the session may no longer be like a new one: it is closed after this use.
    pub(super) fn spoil(&self) {
        self.spoilt.store(true, Ordering::Relaxed);
    }
}

impl Deref for Lease {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (client, idle) = (self.client.clone(), self.idle.clone());
        if self.spoilt.load(Ordering::Relaxed) || !client.is_sound() {
            return;
        }
        if !client.has_transaction() {
            return keep(&idle, client);
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                if client.roll_back().await.is_ok() {
                    keep(&idle, client);
                }
            });
        }
    }
}

fn keep(idle: &Weak<Idle>, client: Arc<Client>) {
    let Some(idle) = idle.upgrade() else {
        return parked::park(client);
    };
    let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
    if idle.len() < MOST {
        idle.push(client);
    }
}
