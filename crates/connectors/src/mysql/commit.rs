//! What a load's commit does in its transaction: fence, rows, journal, rejected rows, checkpoint.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use syncapp_connector::{Fate, Receipt, settled};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Checkpoint, Code, Result};

use super::checkpoint::spell;
use super::client::Client;
use super::entries;
use super::journal::Keeping;
use super::load::MysqlLoad;
use super::target::Way;
use super::{guard, history, rejects, remove, sql, user_sql};
use crate::journal::Mark;

/// Rows that were kept and are sent again.
pub(super) struct Replayed {
    /// Their names, in the order in which they came.
    pub(super) ids: Vec<String>,
    pub(super) fates: Vec<Fate>,
}

impl MysqlLoad {
    /// Lands the rows by one way or the other, or takes back what it began.
    pub(super) async fn finish(&mut self, checkpoint: &Checkpoint, replayed: Option<&mut Replayed>) -> Result<Receipt> {
        let shared = self.client.clone();
        let mut client = shared.lock().await;
        let landed = match self.way {
            Way::Create | Way::Swap => self.swap(&mut client, checkpoint).await,
            _ => self.land(&mut client, checkpoint, replayed).await,
        };
        let Err(error) = landed else { return landed };
        // A failure to roll back ends the connection, which rolls back as well.
        let _ = client.run("rollback").await;
        // Whoever took the stream over has also dropped what was staged.
        match self
            .checkpoints()
            .stands(&mut client, &self.target.key, self.epoch)
            .await
        {
            Err(fenced) if fenced.code() == Code::Fenced => Err(fenced),
            _ => Err(error),
        }
    }

    /// Drops what was staged, and lets a connection go that is like a new one.
    pub(super) async fn let_go(self, ended_well: bool) {
        if self.way != Way::Append && !self.intended {
            // What is left is dropped by the next claim.
            let drop = format!("drop table if exists {}", self.into);
            let _ = self.client.lock().await.run(&drop).await;
        }
        if ended_well
            && !self.target.runs_sql()
            && let Some(client) = Arc::into_inner(self.client)
        {
            *self.idle.lock().await = Some(client.into_inner());
        }
    }

    /// Everything but the rows of a swap, in one transaction; of the rows of a replay, those that may land.
    async fn land(
        &mut self,
        client: &mut Client,
        checkpoint: &Checkpoint,
        replayed: Option<&mut Replayed>,
    ) -> Result<Receipt> {
        if self.way != Way::Append {
            self.prepare(client).await?;
            client.run("start transaction").await?;
            user_sql::run(client, "before_sql", self.target.before_sql.as_deref()).await?;
        }
        let mut keeping = self.keeping.take();
        let landed = self.land_rows(client, checkpoint, replayed, keeping.as_mut()).await;
        self.keeping = keeping;
        landed
    }

    /// Makes the tables as the transaction needs them: once, for it would end the transaction.
    pub(super) async fn prepare(&mut self, client: &mut Client) -> Result<()> {
        if std::mem::replace(&mut self.ready, true) {
            return Ok(());
        }
        let (target, entries) = (&self.target, self.entries());
        for alteration in self.found.alterations(target) {
            client.run(alteration.sql()).await?;
        }
        if matches!(self.way, Way::Merge | Way::History | Way::RefillByKey) {
            let key = sql::idents(target.primary_key.iter().map(String::as_str));
            client
                .run(&format!("alter table {} add index ({key})", self.into))
                .await?;
        }
        self.keeping = Keeping::new(target, &self.found.name, self.epoch);
        if let Some(keeping) = &mut self.keeping {
            entries.prepare(client).await?;
            keeping.make(client, target, self.way).await?;
        }
        Ok(())
    }

    async fn land_rows(
        &mut self,
        client: &mut Client,
        checkpoint: &Checkpoint,
        mut replayed: Option<&mut Replayed>,
        mut keeping: Option<&mut Keeping>,
    ) -> Result<Receipt> {
        let (table, target) = (sql::table(&self.found.name), &self.target);
        let merge = self.merge(&table);
        if let Some(keeping) = &mut keeping {
            let before = self.checkpoints().kept(client, &target.key).await?;
            keeping.between(before, Mark::of(checkpoint, Some(spell(checkpoint)?)));
        }
        self.checkpoints()
            .put(client, &target.key, self.epoch, checkpoint)
            .await?;
        if let Some(replayed) = &mut replayed
            && matches!(self.way, Way::Merge | Way::History)
        {
            replayed.fates = guard::settle(client, &merge, self.way == Way::History).await?;
        }
        if let Some(keeping) = &mut keeping {
            keeping.before(client, (target, self.way), &merge).await?;
        }
        let removed = self.remove_gone(client, &table).await?;
        let mut receipt = match self.way {
            Way::Append => Receipt {
                inserted: self.rows.load(Ordering::Acquire),
                ..Receipt::default()
            },
            Way::Merge => {
                let receipt = merge.apply(client).await?;
                let deleted = match target.deletes {
                    DeleteRule::Ignore => 0,
                    DeleteRule::Soft => client.execute(&merge.mark_vanished(target.moment)).await?,
                    DeleteRule::Hard => client.execute(&merge.delete_vanished()).await?,
                };
                Receipt { deleted, ..receipt }
            }
            Way::RefillByKey => {
                let receipt = merge.apply(client).await?;
                Receipt {
                    deleted: client.execute(&merge.delete_vanished()).await?,
                    ..receipt
                }
            }
            Way::History => history::apply(client, &merge, target).await?,
            Way::Refill => Receipt {
                deleted: client.execute(&format!("delete from {table}")).await?,
                inserted: client.execute(&merge.fill()).await?,
                updated: 0,
            },
            Way::Insert | Way::Create | Way::Swap => Receipt {
                inserted: client.execute(&merge.fill()).await?,
                ..Receipt::default()
            },
        };
        receipt.deleted += removed;
        let entries = self.entries();
        let mut spent = entries.expire(client, &target.key, target.moment).await?;
        if let Some(keeping) = &mut keeping {
            keeping.after(client, (target, self.way), &entries).await?;
            if keeping.entry.journal.is_none() {
                spent.push(keeping.name().clone());
            }
        }
        if let Some(replayed) = replayed {
            self.settled.extend(settled(&replayed.ids, &replayed.fates)?);
        }
        self.keep_rejects(client).await?;
        user_sql::run(client, "after_sql", self.target.after_sql.as_deref()).await?;
        client.run("commit").await?;
        entries::drop_tables(client, &spent).await;
        Ok(receipt)
    }

    /// Takes rows away by their keys; how many.
    pub(super) async fn remove_gone(&self, client: &mut Client, table: &str) -> Result<u64> {
        let Some((keys, rule)) = &self.gone else { return Ok(0) };
        remove::remove(client, table, &self.target, keys, *rule).await?;
        Ok(keys.len() as u64)
    }

    pub(super) async fn keep_rejects(&mut self, client: &mut Client) -> Result<()> {
        let (key, settled) = (&self.target.key, &self.settled);
        let Some(rejects) = self.rejects.take() else {
            return rejects::forget(client, &self.checkpoints(), key, settled).await;
        };
        let overwrites = self.target.write == Write::Overwrite;
        rejects::keep(client, &self.checkpoints(), key, overwrites, rejects, settled).await
    }
}
