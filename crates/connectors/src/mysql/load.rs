//! One load: rows into a table of its own, or inside a transaction right into the target.
//!
//! Definitions of tables end a transaction here. So rows that need a table of their own are staged first, and one
//! transaction moves them and writes the checkpoint. A whole table is swapped in by one `RENAME TABLE` between an intent
//! and the checkpoint: whoever claims the stream next finds the intent, and ends or forgets what it meant, by whether
//! the staged table still waits.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use syncapp_connector::{Committed, Fate, Load, Receipt, Rejects, Target, TargetShape, Writer};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Scalar, Side};
use tokio::sync::Mutex;

use super::checkpoint::Checkpoints;
use super::client::{Client, number};
use super::commit::Replayed;
use super::destination::Idle;
use super::encode::{Manner, Style};
use super::entries::Entries;
use super::errors::overtaken;
use super::journal::Keeping;
use super::merge::{Merge, ROW};
use super::swap::waiting;
use super::target::{self, Found, Way};
use super::types::MyType;
use super::writer::MysqlWriter;
use super::{rejects, sql, user_sql};

pub(super) struct MysqlLoad {
    pub(super) client: Arc<Mutex<Client>>,
    /// Where the connection goes when the load has ended well.
    pub(super) idle: Idle,
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
    pub(super) rejects: Option<Rejects>,
    /// Keys of rows that go, and how.
    pub(super) gone: Option<(Vec<Vec<Scalar>>, DeleteRule)>,
    /// Rows that are no longer kept.
    pub(super) settled: Vec<String>,
    opened: bool,
    /// What an undo needs, once the transaction can begin.
    pub(super) keeping: Option<Keeping>,
    /// Whether the tables are as the transaction needs them.
    pub(super) ready: bool,
    /// The numbers of the rows that were taken out, rising from 1.
    pub(super) removed: Vec<u64>,
    /// Whether an intent stands: by the staged table the next claim tells what became of it.
    pub(super) intended: bool,
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
            let keyed = matches!(target.write, Write::Merge | Write::History) || way == Way::RefillByKey;
            if keyed || found.sets_aside(target) {
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
            keeping: None,
            ready: false,
            removed: Vec::new(),
            intended: false,
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

    async fn replay(mut self: Box<Self>, checkpoint: &Checkpoint, ids: Vec<String>) -> Result<Committed<Vec<Fate>>> {
        let fates = vec![Fate::Landed; ids.len()];
        let mut replayed = Replayed { ids, fates };
        match self.finish(checkpoint, Some(&mut replayed)).await {
            Ok(_) => {
                self.let_go(true).await;
                Ok(Committed::Done(replayed.fates))
            }
            Err(error) => self.without_refused(error).await,
        }
    }

    async fn commit(mut self: Box<Self>, checkpoint: &Checkpoint) -> Result<Committed<Receipt>> {
        match self.finish(checkpoint, None).await {
            Ok(receipt) => {
                self.let_go(true).await;
                Ok(Committed::Done(receipt))
            }
            Err(error) => self.without_refused(error).await,
        }
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
