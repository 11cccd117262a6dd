//! What a load's commit does in its transaction: fence, rows, journal, rejected rows, checkpoint.

use std::sync::atomic::Ordering;

use syncapp_connector::{Fate, Receipt, settled};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Checkpoint, Result};

use super::checkpoint::{Checkpoints, spell};
use super::entries::Entries;
use super::history;
use super::journal::Keeping;
use super::load::PostgresLoad;
use super::merge::Merge;
use super::rejects;
use super::sql;
use super::swap;
use super::target::{self, Way};
use super::undo::lock;
use super::user_sql;
use crate::journal::{Entry, Mark};

impl PostgresLoad {
    /// Everything of a commit but its end.
    pub(super) async fn finish(&mut self, checkpoint: &Checkpoint) -> Result<Receipt> {
        let checkpoints = target::checkpoints(&self.target, &self.found.name);
        let entries = Entries::beside(&checkpoints);
        let mut keeping = self.keeping(&checkpoints, checkpoint).await?;
        checkpoints
            .put(&self.client, &self.target.key, self.epoch, checkpoint)
            .await?;
        self.relist(&checkpoints).await?;
        let mut receipt = self.land(keeping.as_mut(), &mut Vec::new()).await?;
        if let Some(keeping) = keeping {
            keeping.finish(&self.client, &entries, &self.target.key).await?;
        }
        entries
            .expire(&self.client, &self.target.key, self.target.moment)
            .await?;
        receipt.deleted += self.removed;
        user_sql::run(&self.client, "after_sql", self.target.after_sql.as_deref()).await?;
        if matches!(self.way, Way::Create | Way::Swap) {
            checkpoints
                .remember(&self.client, &self.target.key, &self.found.name)
                .await?;
        }
        self.check_deferred().await?;
        Ok(receipt)
    }

    /// Everything of a replay's commit but its end; what became of each row.
    pub(super) async fn finish_replay(&mut self, checkpoint: &Checkpoint, ids: &[String]) -> Result<Vec<Fate>> {
        let checkpoints = target::checkpoints(&self.target, &self.found.name);
        let key = self.target.key.clone();
        checkpoints.put(&self.client, &key, self.epoch, checkpoint).await?;
        self.relist(&checkpoints).await?;
        let mut fates = vec![Fate::Landed; ids.len()];
        self.land(None, &mut fates).await?;
        rejects::forget(&self.client, &checkpoints, &key, &settled(ids, &fates)?).await?;
        self.check_deferred().await?;
        Ok(fates)
    }

    /// Writes what changes in the list of rejected rows.
    async fn relist(&mut self, state: &Checkpoints) -> Result<()> {
        let Some((rejects, settled)) = self.relisting.take() else {
            return Ok(());
        };
        let overwrites = self.target.write == Write::Overwrite;
        rejects::keep(&self.client, state, &self.target.key, overwrites, rejects, &settled).await
    }

    /// Puts the staged rows where they belong; of a replay, those that may land.
    async fn land(&self, mut keeping: Option<&mut Keeping>, fates: &mut Vec<Fate>) -> Result<Receipt> {
        let Self {
            client, target, found, ..
        } = self;
        let inserted = self.rows.load(Ordering::Acquire);
        let (table, stage) = (sql::table(&found.name), sql::table(&self.into));
        let merge = self.merge(&table, &stage);
        let copied = Receipt {
            inserted,
            ..Receipt::default()
        };
        match self.way {
            Way::Append => return Ok(copied),
            Way::Create => {
                let receipt = self.create(&merge, copied).await?;
                if let Some(keeping) = keeping {
                    keeping.made(client, false).await?;
                }
                return Ok(receipt);
            }
            Way::Swap => {
                lock(client, &found.name, "access exclusive").await?;
                let keep = keeping.as_ref().map(|keeping| keeping.name().clone());
                swap::swap(client, &self.into, &found.name, keep.as_ref()).await?;
                if let Some(keeping) = keeping {
                    keeping.made(client, true).await?;
                }
                return Ok(copied);
            }
            Way::Refill | Way::RefillByKey | Way::Insert | Way::Merge | Way::History => {}
        }
        self.open(&merge, fates).await?;
        let mut insert = self.insert(&merge);
        if let Some(keeping) = &mut keeping {
            keeping.before(client, (target, found, self.way), &merge).await?;
            insert = keeping.inserting(&insert);
        }
        let receipt = match self.way {
            Way::Merge => {
                let receipt = merge.apply(client).await?;
                Receipt {
                    deleted: self.drop_vanished(&merge).await?,
                    ..receipt
                }
            }
            Way::History => history::apply(client, &merge, target).await?,
            Way::RefillByKey => {
                let receipt = merge.apply(client).await?;
                Receipt {
                    deleted: client.execute(&merge.delete_vanished()).await?,
                    ..receipt
                }
            }
            Way::Refill => {
                let deleted = client.execute(&format!("delete from {table}")).await?;
                Receipt {
                    inserted: client.execute(&insert).await?,
                    deleted,
                    updated: 0,
                }
            }
            _ => Receipt {
                inserted: client.execute(&insert).await?,
                ..Receipt::default()
            },
        };
        if let Some(keeping) = keeping {
            keeping.after(client, self.way).await?;
        }
        client.run(&format!("drop table {stage}")).await?;
        Ok(receipt)
    }

    /// Gives the new table its name, and after a merge or a history an index for the next one.
    async fn create(&self, merge: &Merge<'_>, copied: Receipt) -> Result<Receipt> {
        let Self {
            client, target, found, ..
        } = self;
        let (table, stage, bare) = (
            sql::table(&found.name),
            sql::table(&self.into),
            sql::ident(&found.name.name),
        );
        let keyed = matches!(target.write, Write::Merge | Write::History);
        let doubles = if keyed {
            merge.settle_duplicates(client).await?
        } else {
            0
        };
        client.run(&format!("alter table {stage} rename to {bare}")).await?;
        if keyed {
            let key = sql::idents(target.primary_key.iter().map(String::as_str));
            let index = match target.write {
                Write::History => history::index(&table, &key),
                _ => format!("create unique index on {table} ({key})"),
            };
            client.run(&index).await?;
        }
        Ok(Receipt {
            inserted: copied.inserted - doubles,
            ..copied
        })
    }

    /// What the load keeps for its undo, where that is asked for.
    async fn keeping(&self, checkpoints: &Checkpoints, checkpoint: &Checkpoint) -> Result<Option<Keeping>> {
        let Some(keep) = &self.target.undo else { return Ok(None) };
        Entries::beside(checkpoints).prepare(&self.client).await?;
        let before = checkpoints.kept(&self.client, &self.target.key).await?;
        let after = Mark::of(checkpoint, Some(spell(checkpoint)?));
        let entry = Entry::new(&self.found.name, before, after);
        Ok(Some(Keeping::new(entry, keep, &self.target, self.epoch)))
    }

    /// What becomes of rows whose key is not staged.
    async fn drop_vanished(&self, merge: &Merge<'_>) -> Result<u64> {
        let statement = match self.target.deletes {
            DeleteRule::Ignore => return Ok(0),
            DeleteRule::Soft => merge.mark_vanished(self.target.moment),
            DeleteRule::Hard => merge.delete_vanished(),
        };
        self.client.execute(&statement).await
    }
}
