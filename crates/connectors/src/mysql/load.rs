//! One load: rows into a table of its own, or inside a transaction right into the target.
//!
//! Definitions of tables end a transaction here. So rows that need a table of their own are staged first, and one
//! transaction moves them and writes the checkpoint. A whole table is swapped in by one `RENAME TABLE` between an intent
//! and the checkpoint: whoever claims the stream next finds the intent, and ends or forgets what it meant, by whether
//! the staged table still waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use syncapp_connector::{Fate, Load, Receipt, Rejects, Target, TargetShape, Writer, settled};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Scalar, Side};
use tokio::sync::Mutex;

use super::checkpoint::{Checkpoints, spell};
use super::client::{Client, number};
use super::destination::Idle;
use super::encode::{Manner, Style};
use super::entries::{self, Entries};
use super::errors::overtaken;
use super::journal::Keeping;
use super::merge::{Merge, ROW};
use super::swap::waiting;
use super::target::{self, Found, Way};
use super::types::MyType;
use super::writer::MysqlWriter;
use super::{guard, history, rejects, remove, sql, user_sql};
use crate::journal::Mark;

pub(super) struct MysqlLoad {
    client: Arc<Mutex<Client>>,
    /// Where the connection goes when the load has ended well.
    idle: Idle,
    pub(super) target: Target,
    pub(super) epoch: Epoch,
    pub(super) way: Way,
    pub(super) found: Found,
    types: Vec<MyType>,
    /// The table that rows go into, quoted.
    pub(super) into: String,
    manner: Manner,
    /// Rows that its writer sent.
    pub(super) rows: Arc<AtomicU64>,
    rejects: Option<Rejects>,
    /// Keys of rows that go, and how.
    gone: Option<(Vec<Vec<Scalar>>, DeleteRule)>,
    /// Rows that are no longer kept.
    settled: Vec<String>,
    opened: bool,
}

/// Asks the server. The union makes it store the zeros in columns of a table of its own.
pub(super) async fn manner(client: &mut Client) -> Result<Manner> {
    let zeros = "select atan2(min(zero), -1) < 0 from (select -0e0 as zero union all select -0e0) as zeros";
    let asked = client.rows(&format!("select @@local_infile, ({zeros})")).await?;
    let says = |at| asked.first().is_some_and(|row| number(row, at) == 1);
    Ok(Manner {
        style: if says(0) { Style::Load } else { Style::Insert },
        negative_zero: says(1),
    })
}

impl MysqlLoad {
    pub(super) async fn begin(
        mut client: Client,
        idle: Idle,
        target: &Target,
        epoch: Epoch,
        shape: &TargetShape,
    ) -> Result<Self> {
        let mut found = Found::look(&mut client, target).await?;
        if found.way(target)? == Way::Create && target.runs_sql() {
            // What stands around the rows has to be in one transaction with them, which a rename cannot be.
            let table = sql::table(&found.name);
            client.run(&found.create(&table, target, Way::Create)).await?;
            add_index(&mut client, &table, target).await?;
            found = Found::look(&mut client, target).await?;
        }
        let way = found.way(target)?;
        let types = found.types(target, way);
        let native = |name: &str, native: &syncapp_model::NativeType| {
            let column = target.columns.iter().find(|column| column.name == name);
            column.is_some_and(|column| column.source_native.as_ref() == Some(native))
        };
        let same = shape
            .columns
            .iter()
            .zip(&types)
            .all(|(was, now)| native(&was.name, &was.native) == native(&was.name, &now.native()));
        if !same {
            let why = format!("the columns of {} changed while the run began", found.name);
            return Err(Error::new(Code::TypeMismatch(Side::Destination), why).help("run again"));
        }
        let manner = manner(&mut client).await?;
        let into = match way {
            Way::Append => sql::table(&found.name),
            _ => sql::table(&waiting("stage", &found.name, &target.key, epoch)),
        };
        if way == Way::Append {
            client.run("start transaction").await?;
            user_sql::run(&mut client, "before_sql", target.before_sql.as_deref()).await?;
        } else {
            client.run(&format!("drop table if exists {into}")).await?;
            client.run(&found.create(&into, target, way)).await?;
            if matches!(target.write, Write::Merge | Write::History) || way == Way::RefillByKey {
                let add =
                    format!("alter table {into} add column {ROW} bigint unsigned not null auto_increment primary key");
                let added = client.run(&add).await;
                added.map_err(|error| overtaken(error, &target.key))?;
            }
        }
        Ok(Self {
            client: Arc::new(Mutex::new(client)),
            idle,
            target: target.clone(),
            epoch,
            way,
            found,
            types,
            into,
            manner,
            rows: Arc::default(),
            rejects: None,
            gone: None,
            settled: Vec::new(),
            opened: false,
        })
    }

    pub(super) fn merge<'a>(&'a self, table: &'a str) -> Merge<'a> {
        Merge {
            table,
            stage: &self.into,
            columns: self.target.columns.iter().map(|column| column.name.as_str()).collect(),
            compared: target::compared(&self.target, &self.types),
            key: self.target.primary_key.iter().map(String::as_str).collect(),
            distinct: self.target.distinct,
            cursor: self.target.cursor.as_deref(),
        }
    }

    pub(super) fn checkpoints(&self) -> Checkpoints {
        target::checkpoints(&self.target, &self.found.name)
    }

    pub(super) fn entries(&self) -> Entries {
        Entries::beside(&self.checkpoints())
    }

    /// Everything but the rows of a swap, in one transaction; of the rows of a replay, those that may land.
    async fn land(
        &mut self,
        client: &mut Client,
        checkpoint: &Checkpoint,
        mut replayed: Option<&mut Replayed>,
    ) -> Result<Receipt> {
        let table = sql::table(&self.found.name);
        let target = &self.target;
        let mut keeping = Keeping::new(target, &self.found.name, self.epoch);
        if self.way != Way::Append {
            for alteration in self.found.alterations(target) {
                client.run(alteration.sql()).await?;
            }
            if matches!(self.way, Way::Merge | Way::History | Way::RefillByKey) {
                let key = sql::idents(target.primary_key.iter().map(String::as_str));
                client
                    .run(&format!("alter table {} add index ({key})", self.into))
                    .await?;
            }
            if let Some(keeping) = &mut keeping {
                self.entries().prepare(client).await?;
                keeping.make(client, target, self.way).await?;
            }
            client.run("start transaction").await?;
            user_sql::run(client, "before_sql", target.before_sql.as_deref()).await?;
        }
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
        let mut removed = 0;
        if let Some((keys, rule)) = &self.gone {
            remove::remove(client, &table, target, keys, *rule).await?;
            removed = keys.len() as u64;
        }
        let columns = merge.list();
        let fill = format!("insert into {table} ({columns}) select {columns} from {}", self.into);
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
                inserted: client.execute(&fill).await?,
                updated: 0,
            },
            Way::Insert | Way::Create | Way::Swap => Receipt {
                inserted: client.execute(&fill).await?,
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

    pub(super) async fn keep_rejects(&mut self, client: &mut Client) -> Result<()> {
        let (key, settled) = (&self.target.key, &self.settled);
        let Some(rejects) = self.rejects.take() else {
            return rejects::forget(client, &self.checkpoints(), key, settled).await;
        };
        let overwrites = self.target.write == Write::Overwrite;
        rejects::keep(client, &self.checkpoints(), key, overwrites, rejects, settled).await
    }

    /// Lands the rows by one way or the other, and lets the connection go.
    async fn end(mut self, checkpoint: &Checkpoint, replayed: Option<&mut Replayed>) -> Result<Receipt> {
        let shared = self.client.clone();
        let mut client = shared.lock().await;
        let landed = match self.way {
            Way::Create | Way::Swap => self.swap(&mut client, checkpoint).await,
            _ => self.land(&mut client, checkpoint, replayed).await,
        };
        let landed = match landed {
            Err(error) => {
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
            landed => landed,
        };
        if self.way != Way::Append {
            // What is left is dropped by the next claim.
            let _ = client.run(&format!("drop table if exists {}", self.into)).await;
        }
        drop(client);
        drop(shared);
        let idle = self.idle.clone();
        if landed.is_ok()
            && !self.target.runs_sql()
            && let Some(client) = Arc::into_inner(self.client)
        {
            *idle.lock().await = Some(client.into_inner());
        }
        landed
    }
}

/// Rows that were kept and are sent again.
struct Replayed {
    /// Their names, in the order in which they came.
    ids: Vec<String>,
    fates: Vec<Fate>,
}

/// The index by which merges and histories find rows.
pub(super) async fn add_index(client: &mut Client, table: &str, target: &Target) -> Result<()> {
    let key = sql::idents(target.primary_key.iter().map(String::as_str));
    let kind = match target.write {
        Write::Merge => "unique index",
        Write::History => "index",
        _ => return Ok(()),
    };
    client.run(&format!("alter table {table} add {kind} ({key})")).await
}

#[async_trait]
impl Load for MysqlLoad {
    async fn writer(&mut self) -> Result<Option<Box<dyn Writer>>> {
        if std::mem::replace(&mut self.opened, true) {
            return Ok(None);
        }
        let (client, types, rows) = (self.client.clone(), self.types.clone(), self.rows.clone());
        Ok(Some(Box::new(MysqlWriter::open(
            client,
            &self.into,
            &self.target,
            types,
            self.manner,
            rows,
            self.way != Way::Append,
        ))))
    }

    async fn reject(&mut self, rejects: Rejects, settled: Vec<String>) -> Result<()> {
        if rejects.count() > 0 {
            self.target.deletes = DeleteRule::Ignore;
            // On a connection of its own: a definition of a table would end the transaction of this one.
            let valid = self.client.lock().await.valid.clone();
            let mut client = Client::connect(&valid, Side::Destination).await?;
            rejects::prepare(&mut client, &self.checkpoints()).await?;
        }
        self.rejects = Some(rejects);
        self.settled = settled;
        Ok(())
    }

    async fn remove(&mut self, keys: Vec<Vec<Scalar>>, rule: DeleteRule) -> Result<()> {
        self.gone = Some((keys, rule));
        Ok(())
    }

    async fn replay(self: Box<Self>, checkpoint: &Checkpoint, ids: Vec<String>) -> Result<Vec<Fate>> {
        let fates = vec![Fate::Landed; ids.len()];
        let mut replayed = Replayed { ids, fates };
        self.end(checkpoint, Some(&mut replayed)).await?;
        Ok(replayed.fates)
    }

    async fn commit(self: Box<Self>, checkpoint: &Checkpoint) -> Result<Receipt> {
        self.end(checkpoint, None).await
    }

    async fn abort(self: Box<Self>) {
        let mut client = self.client.lock().await;
        let mut ended = client.run("rollback").await;
        if self.way != Way::Append && ended.is_ok() {
            ended = client.run(&format!("drop table if exists {}", self.into)).await;
        }
        if let Err(error) = ended {
            tracing::debug!(%error, "a load was not taken back");
        }
    }
}
