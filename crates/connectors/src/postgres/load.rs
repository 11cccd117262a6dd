//! One load: a transaction on one connection, from the first row to the checkpoint.
//!
//! Staging tables are made inside the transaction, so that a kill at any moment leaves nothing behind. Those whose rows
//! are copied on from there are unlogged: they cost no write-ahead log.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use syncapp_connector::{Committed, Fate, Load, Receipt, Rejects, Role, Target, TargetShape, Writer};
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Scalar, Side, StreamName};

use super::clients::Lease;
use super::declare;
use super::guard;
use super::merge::Merge;
use super::refusals;
use super::remove;
use super::sql;
use super::target::{Found, Way};
use super::undo::lock;
use super::user_sql;
use super::writer::PostgresWriter;
use crate::hash::fnv;

/// How a transaction that writes begins, and how long a statement in it waits for another one's lock.
pub(super) const WRITING: &str = "isolation level read committed; set local lock_timeout = '5s'";

pub(super) struct PostgresLoad {
    pub(super) client: Arc<Lease>,
    pub(super) target: Target,
    pub(super) epoch: Epoch,
    pub(super) way: Way,
    pub(super) found: Found,
    /// The table that rows are copied into.
    pub(super) into: StreamName,
    /// Statements that make the table fit for the rows.
    pub(super) alterations: Vec<String>,
    opened: bool,
    /// Rows that its writer copied.
    pub(super) rows: Arc<AtomicU64>,
    /// Rows that were taken away by their keys.
    pub(super) removed: u64,
    /// Rows to be kept, and those that are no longer.
    pub(super) relisting: Option<(Rejects, Vec<String>)>,
    /// Whether the table has refused rows already.
    pub(super) refused: bool,
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
            relisting: None,
            refused: false,
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
                        // Without the checks of a domain.
                        Some(have) if !found.widens(column, have, declared) && found.sets_aside(target) => {
                            format!("{name}::{} as {name}", have.native.name)
                        }
                        Some(have) if !found.widens(column, have, declared) => name,
                        _ => format!("null::{} as {name}", declared.words()),
                    }
                });
                let columns = columns.collect::<Vec<_>>().join(", ");
                let make = format!("create unlogged table {stage} as select {columns} from {table} with no data");
                client.run(&make).await?;
                if !self.guarded() && found.sets_aside(target) {
                    client.run(&refusals::number(&stage)).await?;
                }
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
    pub(super) fn guarded(&self) -> bool {
        self.target.replay && matches!(self.way, Way::Merge | Way::History)
    }

    fn column_list(&self) -> String {
        sql::idents(self.target.columns.iter().map(|column| column.name.as_str()))
    }

    /// What lands staged rows, which may come from a query.
    pub(super) fn merge<'a>(&'a self, table: &'a str, stage: &'a str) -> Merge<'a> {
        let Self { target, found, .. } = self;
        Merge {
            table,
            stage,
            columns: target.columns.iter().map(|column| column.name.as_str()).collect(),
            compared: compared(target),
            key: target.primary_key.iter().map(String::as_str).collect(),
            distinct: target.distinct,
            cursor: target.cursor.as_deref(),
            unique_key: found.ties.unique_key,
        }
    }

    /// The statement that adds all staged rows.
    pub(super) fn insert(&self, merge: &Merge<'_>) -> String {
        let (table, stage, columns) = (merge.table, merge.stage, self.column_list());
        format!("insert into {table} ({columns}) overriding system value select {columns} from {stage} s")
    }

    /// Makes the table ready for the rows; of a replay, takes those out that may not land.
    pub(super) async fn open(&self, merge: &Merge<'_>, fates: &mut Vec<Fate>) -> Result<()> {
        let client = &self.client;
        // Readers stay welcome, but for the moment that changes of columns take.
        let mode = if self.alterations.is_empty() {
            "share row exclusive"
        } else {
            "access exclusive"
        };
        lock(client, &self.found.name, mode).await?;
        for alteration in &self.alterations {
            client.run(alteration).await?;
        }
        if self.guarded() {
            *fates = guard::settle(client, merge, self.way == Way::History).await?;
        }
        Ok(())
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
        self.relisting = Some((rejects, settled));
        Ok(())
    }

    async fn replay(mut self: Box<Self>, checkpoint: &Checkpoint, ids: Vec<String>) -> Result<Committed<Vec<Fate>>> {
        self.mark().await?;
        match self.finish_replay(checkpoint, &ids).await {
            Ok(fates) => self.client.commit().await.map(|()| Committed::Done(fates)),
            Err(error) => self.without_refused(error).await,
        }
    }

    async fn remove(&mut self, keys: Vec<Vec<Scalar>>, rule: DeleteRule) -> Result<()> {
        remove::remove(&self.client, &self.found.name, &self.target, &keys, rule).await?;
        self.removed += keys.len() as u64;
        Ok(())
    }

    async fn commit(mut self: Box<Self>, checkpoint: &Checkpoint) -> Result<Committed<Receipt>> {
        self.mark().await?;
        match self.finish(checkpoint).await {
            Ok(receipt) => self.client.commit().await.map(|()| Committed::Done(receipt)),
            Err(error) => self.without_refused(error).await,
        }
    }

    async fn abort(self: Box<Self>) {
        // A failure to roll back ends the connection, which rolls back as well.
        if let Err(error) = self.client.roll_back().await {
            tracing::debug!(%error, "rollback failed");
        }
    }
}
