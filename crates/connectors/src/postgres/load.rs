//! One load: a transaction on one connection, from the first row to the checkpoint.
//!
//! Staging tables are made inside the transaction, so that a kill at any moment leaves nothing behind. Those whose rows
//! are copied on from there are unlogged: they cost no write-ahead log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use syncapp_connector::{Load, Receipt, Target, TargetChange, TargetShape, Writer};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Side, StreamName};

use super::client::Client;
use super::destination::Idle;
use super::merge::Merge;
use super::sql;
use super::swap;
use super::target::{self, Found, Way};
use super::types::Wire;
use super::writer::PostgresWriter;

const LOCK_TIMEOUT: &str = "5s";

pub(super) struct PostgresLoad {
    client: Arc<Client>,
    /// Where the connection goes when the load has ended well.
    idle: Idle,
    target: Target,
    epoch: Epoch,
    way: Way,
    name: StreamName,
    /// The table that rows are copied into.
    into: StreamName,
    unique_key: bool,
    wires: Vec<Wire>,
    opened: bool,
    /// Rows that its writer copied.
    rows: Arc<AtomicU64>,
}

impl PostgresLoad {
    pub(super) async fn begin(
        client: Arc<Client>,
        idle: Idle,
        target: &Target,
        epoch: Epoch,
        shape: &TargetShape,
    ) -> Result<Self> {
        client.begin("isolation level read committed").await?;
        client
            .run(&format!("set local lock_timeout = '{LOCK_TIMEOUT}'"))
            .await?;
        let found = Found::look(&client, target).await?;
        let way = found.way(target)?;
        // An earlier load of this claim may have made the changes, or a stranger other ones.
        let current = found.shape(target)?;
        if current.columns != shape.columns {
            let why = format!("the columns of {} changed while the run began", found.name);
            return Err(Error::new(Code::TypeMismatch(Side::Destination), why).help("run again"));
        }
        for change in &current.changes {
            if let TargetChange::AddColumn { sql, .. } = change {
                client.run(sql).await?;
            }
        }
        let name = found.name.clone();
        let stage = StreamName {
            namespace: name.namespace.clone(),
            // A run that sleeps may hold the one of its own epoch.
            name: format!(
                "_syncapp_stage_{:016x}",
                stage_number(&format!("{} {}", target.key, epoch.0))
            ),
        };
        let table = sql::table(&name);
        let staged = sql::table(&stage);
        let into = match way {
            Way::Create => {
                client.run(&target::create(&table, target, "")).await?;
                name.clone()
            }
            Way::Append => name.clone(),
            Way::Swap => {
                swap::stage(&client, &found, target, &stage).await?;
                stage
            }
            Way::Merge | Way::Refill | Way::RefillByKey => {
                if found.relation.is_none() {
                    client.run(&target::create(&table, target, "")).await?;
                    let key = sql::idents(target.primary_key.iter().map(String::as_str));
                    client.run(&format!("create unique index on {table} ({key})")).await?;
                }
                let columns = sql::idents(target.columns.iter().map(|column| column.name.as_str()));
                client
                    .run(&format!(
                        "create unlogged table {staged} as select {columns} from {table} with no data"
                    ))
                    .await?;
                if way != Way::Refill {
                    let keys = target
                        .primary_key
                        .iter()
                        .map(|key| format!("alter column {} set not null", sql::ident(key)));
                    client
                        .run(&format!("alter table {staged} {}", keys.collect::<Vec<_>>().join(", ")))
                        .await?;
                }
                stage
            }
        };
        Ok(Self {
            unique_key: found.relation.is_none() || found.has_unique_key(),
            wires: shape
                .columns
                .iter()
                .map(|column| wire_of(&found, &column.name, &column.native.name))
                .collect(),
            client,
            idle,
            target: target.clone(),
            epoch,
            way,
            name,
            into,
            opened: false,
            rows: Arc::default(),
        })
    }

    fn column_list(&self) -> String {
        sql::idents(self.target.columns.iter().map(|column| column.name.as_str()))
    }

    /// Puts the staged rows where they belong.
    async fn land(&self) -> Result<Receipt> {
        let rows = self.rows.load(Ordering::Acquire);
        let (table, stage, columns) = (sql::table(&self.name), sql::table(&self.into), self.column_list());
        let merge = Merge {
            table: &table,
            stage: &stage,
            columns: self.target.columns.iter().map(|column| column.name.as_str()).collect(),
            key: self.target.primary_key.iter().map(String::as_str).collect(),
            cursor: self.target.cursor.as_deref(),
            unique_key: self.unique_key,
        };
        match self.way {
            Way::Create | Way::Append => Ok(Receipt {
                inserted: rows,
                ..Receipt::default()
            }),
            Way::Swap => {
                self.lock(&table, "access exclusive").await?;
                swap::swap(&self.client, &self.into, &self.name).await?;
                Ok(Receipt {
                    inserted: rows,
                    ..Receipt::default()
                })
            }
            Way::Refill => {
                self.lock(&table, "share row exclusive").await?;
                let deleted = self.execute(&format!("delete from {table}")).await?;
                let insert =
                    format!("insert into {table} ({columns}) overriding system value select {columns} from {stage}");
                let inserted = self.execute(&insert).await?;
                self.client.run(&format!("drop table {stage}")).await?;
                Ok(Receipt {
                    inserted,
                    deleted,
                    updated: 0,
                })
            }
            Way::Merge | Way::RefillByKey => {
                self.lock(&table, "share row exclusive").await?;
                let mut receipt = merge.apply(&self.client).await?;
                if self.way == Way::RefillByKey {
                    receipt.deleted = self.execute(&merge.delete_vanished()).await?;
                }
                self.client.run(&format!("drop table {stage}")).await?;
                Ok(receipt)
            }
        }
    }

    async fn execute(&self, statement: &str) -> Result<u64> {
        self.client
            .inner
            .execute_typed(statement, &[])
            .await
            .map_err(|error| self.client.error(&error))
    }

    /// Waits for the table's lock, a few times so long as `lock_timeout` says.
    async fn lock(&self, table: &str, mode: &str) -> Result<()> {
        for _ in 0..2 {
            let attempt = format!("savepoint locking; lock table {table} in {mode} mode");
            match self.client.run(&attempt).await {
                Err(error) if error.code() == Code::LockTimeout(Side::Destination) => {
                    self.client.run("rollback to savepoint locking").await?;
                }
                locked => return locked,
            }
        }
        self.client.run(&format!("lock table {table} in {mode} mode")).await
    }
}

/// What a column's values must look like: as the table has it, or as its new type says.
fn wire_of(found: &Found, name: &str, native: &str) -> Wire {
    let existing = found.relation.as_ref().and_then(|relation| {
        let at = relation.spec.columns.iter().position(|column| column.name == name)?;
        (relation.spec.columns[at].native.name == native).then(|| relation.types[at].wire.clone())
    });
    existing.unwrap_or_else(|| target::wire(native))
}

/// A number for the staging table of a stream and an epoch (FNV-1a).
fn stage_number(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
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
            self.wires.clone(),
            self.target.primary_key.clone(),
            self.rows.clone(),
        );
        Ok(Some(Box::new(writer.await?)))
    }

    async fn commit(self: Box<Self>, checkpoint: &Checkpoint) -> Result<Receipt> {
        let checkpoints = target::checkpoints(&self.target, &self.name);
        checkpoints
            .put(&self.client, &self.target.key, self.epoch, checkpoint)
            .await?;
        let receipt = self.land().await?;
        if matches!(self.way, Way::Create | Way::Swap) {
            checkpoints.remember(&self.client, &self.target.key, &self.name).await?;
        }
        self.client.commit().await?;
        *self.idle.lock().await = Some(self.client);
        Ok(receipt)
    }

    async fn abort(self: Box<Self>) {
        // A failure to roll back ends the connection, which rolls back as well.
        match self.client.roll_back().await {
            Ok(()) => *self.idle.lock().await = Some(self.client),
            Err(error) => tracing::debug!(%error, "rollback failed"),
        }
    }
}
