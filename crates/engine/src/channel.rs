//! A queue of batches that is bounded in bytes.

use std::sync::Arc;

use syncapp_connector::Batch;
use syncapp_model::Result;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// The end that batches go in at; may be cloned.
#[derive(Clone)]
pub(crate) struct Sender {
    room: Arc<Semaphore>,
    bytes: u32,
    queue: mpsc::UnboundedSender<(Result<Batch>, Option<OwnedSemaphorePermit>)>,
}

/// The end that they come out of.
pub(crate) struct Receiver {
    queue: mpsc::UnboundedReceiver<(Result<Batch>, Option<OwnedSemaphorePermit>)>,
}

/// A batch, and the room it takes until it is dropped.
pub(crate) struct Held {
    pub(crate) batch: Batch,
    _room: Option<OwnedSemaphorePermit>,
}

/// A queue that holds about so many bytes; a single batch may be larger.
pub(crate) fn channel(bytes: usize) -> (Sender, Receiver) {
    let bytes = u32::try_from(bytes)
        .unwrap_or(u32::MAX)
        .clamp(1, (Semaphore::MAX_PERMITS as u64).min(u64::from(u32::MAX)) as u32);
    let (sender, receiver) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(bytes as usize));
    (
        Sender {
            room,
            bytes,
            queue: sender,
        },
        Receiver { queue: receiver },
    )
}

impl Sender {
    /// Waits for room. False when nobody receives any more.
    pub(crate) async fn send(&self, batch: Result<Batch>) -> bool {
        let permit = match &batch {
            Ok(batch) => {
                let bytes = u32::try_from(batch.bytes()).unwrap_or(u32::MAX).min(self.bytes);
                let acquired = self.room.clone().acquire_many_owned(bytes);
                tokio::select! {
                    permit = acquired => permit.ok(),
                    () = self.queue.closed() => return false,
                }
            }
            Err(_) => None,
        };
        self.queue.send((batch, permit)).is_ok()
    }
}

impl Receiver {
    /// The next batch; `None` when all senders are gone.
    pub(crate) async fn next(&mut self) -> Option<Result<Held>> {
        let (batch, room) = self.queue.recv().await?;
        Some(batch.map(|batch| Held { batch, _room: room }))
    }
}

#[cfg(test)]
mod tests {
    use syncapp_connector::NativeRows;

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "what the channel takes")]
    fn batch(bytes: usize) -> Result<Batch> {
        Ok(Batch::Native(NativeRows {
            bytes: vec![0; bytes].into(),
            rows: 1,
        }))
    }

    #[tokio::test]
    async fn a_sender_waits_until_there_is_room() {
        let (sender, mut receiver) = channel(100);
        assert!(sender.send(batch(60)).await);
        let waiting = tokio::spawn(async move { sender.send(batch(60)).await });
        let held = receiver.next().await.unwrap().unwrap();
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "60 + 60 bytes do not fit 100");
        drop(held);
        assert!(waiting.await.unwrap());
        assert_eq!(receiver.next().await.unwrap().unwrap().batch.bytes(), 60);
        assert!(receiver.next().await.is_none());
    }

    #[tokio::test]
    async fn a_batch_larger_than_the_queue_passes_alone() {
        let (sender, mut receiver) = channel(10);
        assert!(sender.send(batch(1000)).await);
        assert_eq!(receiver.next().await.unwrap().unwrap().batch.bytes(), 1000);
    }

    #[tokio::test]
    async fn a_sender_ends_with_its_receiver() {
        let (sender, receiver) = channel(10);
        assert!(sender.send(batch(10)).await);
        let waiting = tokio::spawn(async move { sender.send(batch(10)).await });
        drop(receiver);
        assert!(!waiting.await.unwrap());
    }
}
