//! One load: rows into a table of its own, or inside a transaction right into the target.
//!
//! Definitions of tables end a transaction here. So rows that need a table of their own are staged first, and one
//! transaction moves them and writes the checkpoint. A whole table is swapped in by one `RENAME TABLE` between an intent
//! and the checkpoint: whoever claims the stream next finds the intent, and ends or forgets what it meant, by whether
//! the staged table still waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use syncapp_connector::{Load, Receipt, Rejects, Target, TargetShape, Writer};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Scalar, Side, StreamKey, StreamName};
use tokio::sync::Mutex;

use super::checkpoint::{Checkpoints, Intent, Keeps, overtaken, spell};
use super::client::{Client, number};
use super::destination::Idle;
use super::encode::{Manner, Style};
use super::journal::{self, Keeping, Undos};
use super::merge::{Merge, ROW};
use super::target::{self, Found, Way};
use super::types::MyType;
use super::writer::MysqlWriter;
use super::{history, rejects, remove, sql, user_sql};
use crate::journal::Mark;

pub(super) struct MysqlLoad {
    client: Arc<Mutex<Client>>,
    /// Where the connection goes when the load has ended well.
    idle: Idle,
    target: Target,
    epoch: Epoch,
    way: Way,
    found: Found,
    types: Vec<MyType>,
    /// The table that rows go into, quoted.
    into: String,
    manner: Manner,
    /// Rows that its writer sent.
    rows: Arc<AtomicU64>,
    rejects: Option<Rejects>,
    /// Keys of rows that go, and how.
    gone: Option<(Vec<Vec<Scalar>>, DeleteRule)>,
    opened: bool,
}

/// Asks the server. The union makes it store the zeros in columns of a table of its own.
async fn manner(client: &mut Client) -> Result<Manner> {
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
        let user_sql = target.before_sql.is_some() || target.after_sql.is_some();
        if found.way(target)? == Way::Create && user_sql {
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
            opened: false,
        })
    }

    fn merge<'a>(&'a self, table: &'a str) -> Merge<'a> {
        Merge {
            table,
            stage: &self.into,
            columns: self.target.columns.iter().map(|column| column.name.as_str()).collect(),
            compared: target::compared(&self.target, &self.types),
            key: self.target.primary_key.iter().map(String::as_str).collect(),
            cursor: self.target.cursor.as_deref(),
        }
    }

    fn checkpoints(&self) -> Checkpoints {
        target::checkpoints(&self.target, &self.found.name)
    }

    fn undos(&self) -> Undos {
        Undos::beside(&self.checkpoints())
    }

    /// Everything but the rows of a swap, in one transaction.
    async fn land(&mut self, client: &mut Client, checkpoint: &Checkpoint) -> Result<Receipt> {
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
                self.undos().prepare(client).await?;
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
        let undos = self.undos();
        let mut spent = undos.expire(client, &target.key, target.moment).await?;
        if let Some(keeping) = &mut keeping {
            keeping.after(client, (target, self.way), &undos).await?;
            if keeping.entry.journal.is_none() {
                spent.push(keeping.name().clone());
            }
        }
        self.keep_rejects(client).await?;
        user_sql::run(client, "after_sql", self.target.after_sql.as_deref()).await?;
        client.run("commit").await?;
        journal::drop_tables(client, &spent).await;
        Ok(receipt)
    }

    /// Gives the staged table the target's name.
    async fn swap(&mut self, client: &mut Client, checkpoint: &Checkpoint) -> Result<Receipt> {
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
        let undos = self.undos();
        let mut keeping = Keeping::new(&self.target, &self.found.name, self.epoch);
        if let Some(keeping) = &mut keeping {
            undos.prepare(client).await?;
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
            }
            return Err(error);
        }
        client.run("start transaction").await?;
        checkpoints.put(client, &key, self.epoch, checkpoint).await?;
        if let Some(Keeping { entry, keep, .. }) = &keeping {
            undos.add(client, &key, keep, entry).await?;
        }
        let spent = undos.expire(client, &key, self.target.moment).await?;
        client.run("commit").await?;
        journal::drop_tables(client, &spent).await;
        if self.way == Way::Swap && keeping.is_none() {
            client.run(&format!("drop table {old}")).await?;
        }
        Ok(Receipt {
            inserted: self.rows.load(Ordering::Acquire) - doubles,
            ..Receipt::default()
        })
    }

    async fn keep_rejects(&mut self, client: &mut Client) -> Result<()> {
        let Some(rejects) = self.rejects.take() else {
            return Ok(());
        };
        let overwrites = self.target.write == Write::Overwrite;
        rejects::keep(client, &self.checkpoints(), &self.target.key, overwrites, rejects).await
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
    // FNV-1a.
    let hash = key.to_string().bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
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

/// The index by which merges and histories find rows.
async fn add_index(client: &mut Client, table: &str, target: &Target) -> Result<()> {
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

    async fn reject(&mut self, rejects: Rejects) -> Result<()> {
        if rejects.count() > 0 {
            // On a connection of its own: a definition of a table would end the transaction of this one.
            let valid = self.client.lock().await.valid.clone();
            let mut client = Client::connect(&valid, Side::Destination).await?;
            rejects::prepare(&mut client, &self.checkpoints()).await?;
        }
        self.rejects = Some(rejects);
        Ok(())
    }

    async fn remove(&mut self, keys: Vec<Vec<Scalar>>, rule: DeleteRule) -> Result<()> {
        self.gone = Some((keys, rule));
        Ok(())
    }

    async fn commit(mut self: Box<Self>, checkpoint: &Checkpoint) -> Result<Receipt> {
        let shared = self.client.clone();
        let mut client = shared.lock().await;
        let landed = match self.way {
            Way::Create | Way::Swap => self.swap(&mut client, checkpoint).await,
            _ => self.land(&mut client, checkpoint).await,
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
            && let Some(client) = Arc::into_inner(self.client)
        {
            *idle.lock().await = Some(client.into_inner());
        }
        landed
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
