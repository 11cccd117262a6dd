//! Use case: hints go from the outbox to the queue.
//!
//! A row leaves the outbox only when the queue has confirmed that it keeps the hint. A relay that dies between the two
//! publishes it again: hints may come twice.

use futures_util::future::join_all;
use syncapp_model::Result;
use tracing::Instrument as _;

use crate::{Control, OutboxRow, Published, Signal, TraceParent, measure};

impl Control {
    /// Publishes what waits in the outbox; returns how many hints the queue has confirmed. What it has not stays where it is,
    /// for [`Policy::relay_hold`](crate::Policy::relay_hold) out of the way of the others.
    pub async fn relay(&self) -> Result<usize> {
        let rows = self.store.take(self.policy.batch, self.policy.relay_hold).await?;
        let published = join_all(rows.iter().map(|row| self.publish(row))).await;
        let sent: Vec<u64> = published.into_iter().flatten().collect();
        if !sent.is_empty() {
            self.store.sent(&sent).await?;
        }
        Ok(sent.len())
    }

    /// The row's number, if the queue keeps its hint.
    async fn publish(&self, row: &OutboxRow) -> Option<u64> {
        let span =
            tracing::info_span!("publish", run = %row.hint.task.run, task = row.hint.task.number, pool = row.hint.pool);
        if let Some(trace) = row.hint.trace {
            trace.adopt(&span);
        }
        let mut hint = row.hint.clone();
        hint.trace = TraceParent::of(&span).or(hint.trace);
        let published = self.queue.publish(&hint).instrument(span).await;
        measure::hinted(match published {
            Ok(Published::Confirmed) => "confirmed",
            Ok(Published::Returned) => "returned",
            Ok(Published::Unconfirmed) => "unconfirmed",
            Err(_) => "failed",
        });
        match published {
            Ok(Published::Confirmed) => Some(row.id),
            Ok(published) => {
                tracing::debug!(?published, task = %row.hint.task, pool = row.hint.pool, "a hint is not with the queue");
                None
            }
            Err(error) => {
                tracing::warn!(%error, task = %row.hint.task, "a hint could not be published");
                None
            }
        }
    }

    /// Does so until `stop` is raised.
    pub async fn relay_until(&self, stop: &Signal) {
        while !stop.is_raised() {
            let done = self.relay().await;
            self.rest("relay", done, self.policy.relay_every, stop).await;
        }
    }
}
