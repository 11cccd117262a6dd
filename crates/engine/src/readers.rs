//! The readers of a snapshot's splits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use syncapp_connector::Snapshot;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::channel::{Receiver, Sender, channel};
use crate::stream::StreamRun;

/// Starts the readers; each takes the next split that nobody reads yet.
pub(crate) fn read(snapshot: &Arc<dyn Snapshot>, readers: &mut JoinSet<()>, run: &StreamRun) -> Receiver {
    let (sender, receiver) = channel(run.options.buffer_bytes);
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..snapshot.splits().len().min(run.options.splits.max(1)) {
        let (snapshot, next, sender) = (snapshot.clone(), next.clone(), sender.clone());
        let reading = async move {
            while let Some(split) = snapshot.splits().get(next.fetch_add(1, Ordering::Relaxed)) {
                if !forward(snapshot.as_ref(), split, &sender).await {
                    break;
                }
            }
        };
        readers.spawn(reading.instrument(tracing::info_span!("read")));
    }
    receiver
}

/// Sends a split's batches on; false when there is no use in going on.
async fn forward(snapshot: &dyn Snapshot, split: &syncapp_connector::Split, sender: &Sender) -> bool {
    let mut batches = match snapshot.read(split).await {
        Ok(batches) => batches,
        Err(error) => {
            sender.send(Err(error)).await;
            return false;
        }
    };
    while let Some(batch) = batches.next().await {
        let failed = batch.is_err();
        if !sender.send(batch).await || failed {
            return false;
        }
    }
    true
}
