//! Connections that no end has any more, for the next one that would log in just the same: a worker carries one stream after
//! another, and logging in costs a server more than a small stream does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use syncapp_model::Side;
use tokio::runtime::{Handle, Id};

use super::client::Client;
use crate::server::Valid;

/// For how long. A server may have few connections, and somebody else may want one.
const KEPT: Duration = Duration::from_secs(1);
/// How many of a process at most.
const MOST: usize = 64;

/// A connection that nobody uses. It works as long as the runtime that it was made in.
struct Parked {
    client: Arc<Client>,
    runtime: Id,
    until: Instant,
}

static PARKED: Mutex<Vec<Parked>> = Mutex::new(Vec::new());

fn parked() -> MutexGuard<'static, Vec<Parked>> {
    PARKED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a connection without a transaction.
pub(super) fn park(client: Arc<Client>) {
    let Ok(runtime) = Handle::try_current() else { return };
    // A runtime that has ended closes none of its own, and must not take the place of others.
    close_old();
    let mut parked = parked();
    if parked.len() >= MOST {
        return;
    }
    parked.push(Parked {
        client,
        runtime: runtime.id(),
        until: Instant::now() + KEPT,
    });
    runtime.spawn(async {
        tokio::time::sleep(KEPT).await;
        close_old();
    });
}

/// One that logged in just so, with a session like a new one.
pub(super) async fn take(valid: &Valid, side: Side) -> Option<Arc<Client>> {
    let runtime = Handle::try_current().ok()?.id();
    let client = {
        let mut parked = parked();
        let fits = |parked: &Parked| parked.runtime == runtime && parked.client.is_for(valid, side);
        let newest = parked.iter().rposition(fits)?;
        parked.remove(newest).client
    };
    client.renew().await.ok()?;
    Some(client)
}

/// Closes those whose time is over.
fn close_old() {
    let now = Instant::now();
    let old: Vec<Parked> = parked().extract_if(.., |parked| parked.until <= now).collect();
    drop(old);
}
