//! A new table in the place of the old one, by one `RENAME TABLE` between an intent and its end.

use std::sync::atomic::Ordering;

use syncapp_connector::Receipt;
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, Code, Epoch, Result, Side, StreamKey, StreamName};

use super::checkpoint::spell;
use super::client::Client;
use super::entries;
use super::intent::{Intent, Keeps};
use super::journal::Keeping;
use super::load::{MysqlLoad, add_index};
use super::merge::ROW;
use super::sql;
use super::target::Way;
use crate::hash::fnv;
use crate::journal::Mark;

impl MysqlLoad {
    /// Gives the staged table the target's name.
    pub(super) async fn swap(&mut self, client: &mut Client, checkpoint: &Checkpoint) -> Result<Receipt> {
        let table = sql::table(&self.found.name);
        let mut doubles = 0;
        if matches!(self.target.write, Write::Merge | Write::History) {
            doubles = self.merge(&table).settle_duplicates(client).await?;
            client
                .run(&format!("alter table {} drop column {ROW}", self.into))
                .await?;
            add_index(client, &self.into, &self.target).await?;
        }
        let checkpoints = self.checkpoints();
        let key = self.target.key.clone();
        let entries = self.entries();
        let mut keeping = Keeping::new(&self.target, &self.found.name, self.epoch);
        if let Some(keeping) = &mut keeping {
            entries.prepare(client).await?;
            let stage = waiting("stage", &self.found.name, &key, self.epoch);
            keeping.renames(client, &stage, self.way == Way::Swap).await?;
        }
        client.run("start transaction").await?;
        if let Some(keeping) = &mut keeping {
            let before = checkpoints.kept(client, &key).await?;
            keeping.between(before, Mark::of(checkpoint, Some(spell(checkpoint)?)));
        }
        let keeps = keeping.as_ref().map(|keeping| Keeps {
            run_id: keeping.keep.run_id.clone(),
            until: keeping.keep.until,
            entry: keeping.entry.clone(),
        });
        let intent = Intent::new(&self.into, checkpoint).keeping(keeps);
        checkpoints.intend(client, &key, self.epoch, Some(&intent)).await?;
        self.keep_rejects(client).await?;
        self.intended = true;
        client.run("commit").await?;
        let old = match &keeping {
            Some(keeping) => sql::table(keeping.name()),
            None => sql::table(&waiting("old", &self.found.name, &key, self.epoch)),
        };
        let rename = match self.way {
            Way::Swap => format!("rename table {table} to {old}, {} to {table}", self.into),
            _ => format!("rename table {} to {table}", self.into),
        };
        if let Err(error) = patiently(client, &rename).await {
            if !error.is_transient() || error.code() == Code::LockTimeout(Side::Destination) {
                checkpoints.intend(client, &key, self.epoch, None).await?;
                self.intended = false;
            }
            return Err(error);
        }
        client.run("start transaction").await?;
        checkpoints.put(client, &key, self.epoch, checkpoint).await?;
        if let Some(Keeping { entry, keep, .. }) = &keeping {
            entries.add(client, &key, keep, entry).await?;
        }
        let spent = entries.expire(client, &key, self.target.moment).await?;
        client.run("commit").await?;
        entries::drop_tables(client, &spent).await;
        if self.way == Way::Swap && keeping.is_none() {
            client.run(&format!("drop table {old}")).await?;
        }
        Ok(Receipt {
            inserted: self.rows.load(Ordering::Acquire) - doubles,
            ..Receipt::default()
        })
    }
}

/// The name of a table that waits for its turn. No two claims share one.
pub(super) fn waiting(what: &str, name: &StreamName, key: &StreamKey, epoch: Epoch) -> StreamName {
    StreamName {
        namespace: name.namespace.clone(),
        name: format!("{}{}", waiting_prefix(what, key), epoch.0),
    }
}

/// What the names of a stream's waiting tables begin with.
pub(super) fn waiting_prefix(what: &str, key: &StreamKey) -> String {
    let hash = fnv(key.to_string().as_bytes(), 0);
    format!("_syncapp_{what}_{hash:016x}_")
}

/// Runs a statement that waits for locks on tables, a few times so long as `lock_wait_timeout` says.
pub(super) async fn patiently(client: &mut Client, statement: &str) -> Result<()> {
    for _ in 0..2 {
        match client.run(statement).await {
            Err(error) if error.code() == Code::LockTimeout(Side::Destination) => {}
            done => return done,
        }
    }
    client.run(statement).await
}
