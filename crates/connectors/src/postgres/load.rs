//! One load: a transaction on one connection, from the first row to the checkpoint.
//!
//! Staging tables are made inside the transaction, so that a kill at any moment leaves nothing behind. Those whose rows
//! are copied on from there are unlogged: they cost no write-ahead log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use syncapp_connector::{Fate, Load, Receipt, Rejects, Role, Target, TargetShape, Writer, settled};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Scalar, Side, StreamName};

use super::checkpoint::{Checkpoints, spell};
use super::clients::Lease;
use super::declare;
use super::entries::Entries;
use super::guard;
use super::history;
use super::journal::Keeping;
use super::merge::Merge;
use super::rejects;
use super::remove;
use super::sql;
use super::swap;
use super::target::{self, Found, Way};
use super::undo::lock;
use super::user_sql;
use super::writer::PostgresWriter;
use crate::hash::fnv;
use crate::journal::{Entry, Mark};

/// How a transaction that writes begins, and how long a statement in it waits for another one's lock.
pub(super) const WRITING: &str = "isolation level read committed; set local lock_timeout = '5s'";

pub(super) struct PostgresLoad {
    client: Arc<Lease>,
    target: Target,
    epoch: Epoch,
    way: Way,
    found: Found,
    /// The table that rows are copied into.
    into: StreamName,
    /// Statements that make the table fit for the rows.
    alterations: Vec<String>,
    opened: bool,
    /// Rows that its writer copied.
    rows: Arc<AtomicU64>,
    /// Rows that were taken away by their keys.
    removed: u64,
}

impl PostgresLoad {
    pub(super) async fn begin(client: Arc<Lease>, target: &Target, epoch: Epoch, shape: &TargetShape) -> Result<Self> {
        client.begin(WRITING).await?;
        if target.runs_sql() {
            client.spoil();
        }
        user_sql::run(&client, "before_sql", target.before_sql.as_deref()).await?;
        let found = Found::look(&client, target).await?;
        let way = found.way(target)?;
        let current = found.shape(target)?;
        if !current
            .columns
            .iter()
            .map(|column| &column.native)
            .eq(shape.columns.iter().map(|column| &column.native))
        {
            let why = format!("the columns of {} changed while the run began", found.name);
            return Err(Error::new(Code::TypeMismatch(Side::Destination), why).help("run again"));
        }
        // An earlier load of this claim may have made the changes of the shape: what is left of them now counts.
        let altering = !matches!(way, Way::Create | Way::Swap);
        let alterations = current.changes.iter().filter(|_| altering);
        let load = Self {
            into: if way == Way::Append {
                found.name.clone()
            } else {
                stage(&found.name, target, epoch)
            },
            alterations: alterations.map(|change| change.sql().to_owned()).collect(),
            client,
            target: target.clone(),
            epoch,
            way,
            found,
            opened: false,
            rows: Arc::default(),
            removed: 0,
        };
        load.prepare().await?;
        Ok(load)
    }

    /// Makes the table that rows are copied into.
    async fn prepare(&self) -> Result<()> {
        let Self {
            client, target, found, ..
        } = self;
        let (table, stage) = (sql::table(&found.name), sql::table(&self.into));
        match self.way {
            Way::Append => Ok(()),
            Way::Swap if found.ties.extras => {
                client
                    .run(&format!("create table {stage} (like {table} including all)"))
                    .await
            }
            Way::Create | Way::Swap => client.run(&declare::create(&stage, target, &found.declared)).await,
            Way::Refill | Way::RefillByKey | Way::Insert | Way::Merge | Way::History => {
                let relation = found.relation.as_ref();
                let columns = target.columns.iter().zip(&found.declared).map(|(column, declared)| {
                    let name = sql::ident(&column.name);
                    match relation.and_then(|relation| relation.spec.column(&column.name)) {
                        Some(have) if !found.widens(column, have, declared) => name,
                        _ => format!("null::{} as {name}", declared.words()),
                    }
                });
                let columns = columns.collect::<Vec<_>>().join(", ");
                let make = format!("create unlogged table {stage} as select {columns} from {table} with no data");
                client.run(&make).await?;
                if !matches!(self.way, Way::Merge | Way::History | Way::RefillByKey) {
                    return Ok(());
                }
                let keys = target.primary_key.iter();
                let keys: Vec<_> = keys
                    .map(|key| format!("alter column {} set not null", sql::ident(key)))
                    .collect();
                client.run(&format!("alter table {stage} {}", keys.join(", "))).await?;
                if !self.guarded() {
                    return Ok(());
                }
                let number = format!(
                    "alter table {stage} add column {} bigint generated always as identity primary key",
                    guard::ROW
                );
                client.run(&number).await
            }
        }
    }

    /// Whether rows have to be newer than the table's to land.
    fn guarded(&self) -> bool {
        self.target.replay && matches!(self.way, Way::Merge | Way::History)
    }

    fn column_list(&self) -> String {
        sql::idents(self.target.columns.iter().map(|column| column.name.as_str()))
    }

    /// Puts the staged rows where they belong; of a replay, those that may land.
    async fn land(&self, mut keeping: Option<&mut Keeping>, fates: &mut Vec<Fate>) -> Result<Receipt> {
        let Self {
            client, target, found, ..
        } = self;
        let inserted = self.rows.load(Ordering::Acquire);
        let (table, stage, columns) = (sql::table(&found.name), sql::table(&self.into), self.column_list());
        let merge = Merge {
            table: &table,
            stage: &stage,
            columns: target.columns.iter().map(|column| column.name.as_str()).collect(),
            compared: compared(target),
            key: target.primary_key.iter().map(String::as_str).collect(),
            distinct: target.distinct,
            cursor: target.cursor.as_deref(),
            unique_key: found.ties.unique_key,
        };
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
        // Readers stay welcome, but for the moment that changes of columns take.
        let mode = if self.alterations.is_empty() {
            "share row exclusive"
        } else {
            "access exclusive"
        };
        lock(client, &found.name, mode).await?;
        for alteration in &self.alterations {
            client.run(alteration).await?;
        }
        if self.guarded() {
            *fates = guard::settle(client, &merge, self.way == Way::History).await?;
        }
        let mut insert =
            format!("insert into {table} ({columns}) overriding system value select {columns} from {stage}");
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

/// The columns whose difference makes a row another one.
fn compared(target: &Target) -> Vec<&str> {
    let data = target.columns.iter().filter(|column| column.role == Role::Data);
    data.map(|column| column.name.as_str()).collect()
}

/// The name of a load's own table. No two claims share one, so that a run never waits for one that it took over from.
fn stage(name: &StreamName, target: &Target, epoch: Epoch) -> StreamName {
    let hash = fnv(target.key.to_string().as_bytes(), 0);
    StreamName {
        namespace: name.namespace.clone(),
        name: format!("_syncapp_stage_{hash:016x}_{}", epoch.0),
    }
}

#[async_trait]
impl Load for PostgresLoad {
    async fn writer(&mut self) -> Result<Option<Box<dyn Writer>>> {
        if std::mem::replace(&mut self.opened, true) {
            return Ok(None);
        }
        let copy = format!(
            "copy {} ({}) from stdin (format binary)",
            sql::table(&self.into),
            self.column_list()
        );
        let writer = PostgresWriter::open(
            self.client.clone(),
            copy,
            self.found.wires(&self.target, self.way),
            self.target.primary_key.clone(),
            self.rows.clone(),
        );
        Ok(Some(Box::new(writer.await?)))
    }

    async fn reject(&mut self, rejects: Rejects, settled: Vec<String>) -> Result<()> {
        if rejects.count() > 0 {
            self.target.deletes = DeleteRule::Ignore;
        }
        let state = target::checkpoints(&self.target, &self.found.name);
        let overwrites = self.target.write == Write::Overwrite;
        rejects::keep(&self.client, &state, &self.target.key, overwrites, rejects, &settled).await
    }

    async fn replay(self: Box<Self>, checkpoint: &Checkpoint, ids: Vec<String>) -> Result<Vec<Fate>> {
        let checkpoints = target::checkpoints(&self.target, &self.found.name);
        let key = &self.target.key;
        checkpoints.put(&self.client, key, self.epoch, checkpoint).await?;
        let mut fates = vec![Fate::Landed; ids.len()];
        self.land(None, &mut fates).await?;
        rejects::forget(&self.client, &checkpoints, key, &settled(&ids, &fates)?).await?;
        self.client.commit().await?;
        Ok(fates)
    }

    async fn remove(&mut self, keys: Vec<Vec<Scalar>>, rule: DeleteRule) -> Result<()> {
        remove::remove(&self.client, &self.found.name, &self.target, &keys, rule).await?;
        self.removed += keys.len() as u64;
        Ok(())
    }

    async fn commit(self: Box<Self>, checkpoint: &Checkpoint) -> Result<Receipt> {
        let checkpoints = target::checkpoints(&self.target, &self.found.name);
        let entries = Entries::beside(&checkpoints);
        let mut keeping = self.keeping(&checkpoints, checkpoint).await?;
        checkpoints
            .put(&self.client, &self.target.key, self.epoch, checkpoint)
            .await?;
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
        self.client.commit().await?;
        Ok(receipt)
    }

    async fn abort(self: Box<Self>) {
        // A failure to roll back ends the connection, which rolls back as well.
        if let Err(error) = self.client.roll_back().await {
            tracing::debug!(%error, "rollback failed");
        }
    }
}
