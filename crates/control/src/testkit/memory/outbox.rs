use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::Result;

use super::MemoryStore;
use crate::{Outbox, OutboxRow};

#[async_trait]
impl Outbox for MemoryStore {
    async fn take(&self, limit: usize, time: Duration) -> Result<Vec<OutboxRow>> {
        let now = self.time();
        let mut rows = self.rows();
        let free = rows
            .outbox
            .iter_mut()
            .filter(|(_, row)| row.taken_until.is_none_or(|until| until <= now));
        let taken = free.take(limit).map(|(id, row)| {
            row.taken_until = Some(now + time);
            OutboxRow {
                id: *id,
                hint: row.hint.clone(),
            }
        });
        Ok(taken.collect())
    }

    async fn sent(&self, sent: &[u64]) -> Result<()> {
        let mut rows = self.rows();
        for id in sent {
            rows.outbox.remove(id);
        }
        Ok(())
    }
}
