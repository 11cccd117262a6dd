//! One load: a transaction on one connection, from the first row to the checkpoint.
//!
//! Staging tables are made inside the transaction and unlogged, so that a kill at any moment leaves nothing behind,
//! and their rows cost no write-ahead log.

use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::SinkExt;
use syncapp_connector::{Batch, Load, Receipt, Target, TargetChange, TargetShape, Writer};
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, Side, StreamName};
use tokio_postgres::CopyInSink;

use super::client::{self, Client};
use super::merge::Merge;
use super::swap;
use super::target::{self, Found, Way};
use super::types::Wire;
use super::{encode, sql};

/// How many bytes go to the server at once.
const CHUNK: usize = 64 * 1024;
/// How many rows are encoded between two looks at the size.
const SLICE: usize = 512;
const LOCK_TIMEOUT: &str = "5s";

pub(super) struct PostgresLoad {
    client: Client,
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
    rows: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl PostgresLoad {
    pub(super) async fn begin(mut client: Client, target: &Target, epoch: Epoch, shape: &TargetShape) -> Result<Self> {
        client.begin("isolation level read committed").await?;
        client.run(&format!("set local lock_timeout = '{LOCK_TIMEOUT}'")).await?;
        let found = Found::look(&client, target).await?;
        let way = found.way(target)?;
        for change in &shape.changes {
            if let TargetChange::AddColumn { sql, .. } = change {
                client.run(sql).await?;
            }
        }
        let name = found.name.clone();
        let stage = StreamName {
            namespace: name.namespace.clone(),
            name: format!("_syncapp_stage_{:016x}", stage_number(&target.key.to_string())),
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
                client.run(&format!("create unlogged table {staged} as select {columns} from {table} with no data")).await?;
                if way != Way::Refill {
                    let keys = target.primary_key.iter().map(|key| format!("alter column {} set not null", sql::ident(key)));
                    client.run(&format!("alter table {staged} {}", keys.collect::<Vec<_>>().join(", "))).await?;
                }
                stage
            }
        };
        Ok(Self {
            unique_key: found.relation.is_none() || found.has_unique_key(),
            wires: shape.columns.iter().map(|column| wire_of(&found, &column.name, &column.native.name)).collect(),
            client,
            target: target.clone(),
            epoch,
            way,
            name,
            into,
            opened: false,
            rows: std::sync::Arc::default(),
        })
    }

    fn column_list(&self) -> String {
        sql::idents(self.target.columns.iter().map(|column| column.name.as_str()))
    }

    /// Puts the staged rows where they belong.
    async fn land(&self) -> Result<Receipt> {
        let rows = self.rows.load(std::sync::atomic::Ordering::Acquire);
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
            Way::Create | Way::Append => Ok(Receipt { inserted: rows, ..Receipt::default() }),
            Way::Swap => {
                self.lock(&table, "access exclusive").await?;
                swap::swap(&self.client, &self.into, &self.name).await?;
                Ok(Receipt { inserted: rows, ..Receipt::default() })
            }
            Way::Refill => {
                self.lock(&table, "share row exclusive").await?;
                let deleted = self.execute(&format!("delete from {table}")).await?;
                let insert = format!("insert into {table} ({columns}) overriding system value select {columns} from {stage}");
                let inserted = self.execute(&insert).await?;
                self.client.run(&format!("drop table {stage}")).await?;
                Ok(Receipt { inserted, deleted, updated: 0 })
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
        self.client.inner.execute_typed(statement, &[]).await.map_err(|error| self.client.error(&error))
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

/// A number for a stream's staging table (FNV-1a).
fn stage_number(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[async_trait]
impl Load for PostgresLoad {
    async fn writer(&mut self) -> Result<Option<Box<dyn Writer>>> {
        if std::mem::replace(&mut self.opened, true) {
            return Ok(None);
        }
        let copy = format!("copy {} ({}) from stdin (format binary)", sql::table(&self.into), self.column_list());
        let sink = self.client.inner.copy_in(&copy).await.map_err(|error| self.client.error(&error))?;
        let mut buffer = Vec::with_capacity(CHUNK * 2);
        buffer.extend_from_slice(encode::HEADER);
        Ok(Some(Box::new(PostgresWriter {
            sink: Box::pin(sink),
            buffer,
            wires: self.wires.clone(),
            rows: 0,
            key: self.target.primary_key.clone(),
            counted: self.rows.clone(),
        })))
    }

    async fn commit(mut self: Box<Self>, checkpoint: &Checkpoint) -> Result<Receipt> {
        let checkpoints = target::checkpoints(&self.target, &self.name);
        checkpoints.put(&self.client, &self.target.key, self.epoch, checkpoint).await?;
        let receipt = self.land().await?;
        if matches!(self.way, Way::Create | Way::Swap) {
            checkpoints.remember(&self.client, &self.target.key, &self.name).await?;
        }
        self.client.commit().await?;
        Ok(receipt)
    }

    async fn abort(self: Box<Self>) {
        // A failure to roll back ends the connection, which rolls back as well.
        if let Err(error) = self.client.run("rollback").await {
            tracing::debug!(%error, "rollback failed");
        }
    }
}

struct PostgresWriter {
    sink: Pin<Box<CopyInSink<Bytes>>>,
    buffer: Vec<u8>,
    wires: Vec<Wire>,
    rows: u64,
    key: Vec<String>,
    counted: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl PostgresWriter {
    async fn send(&mut self) -> Result<()> {
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK * 2));
        self.sink.send(chunk.into()).await.map_err(|error| self.error(&error))
    }

    fn error(&self, error: &tokio_postgres::Error) -> Error {
        let described = client::describe(error, Side::Destination);
        let null = error.code().is_some_and(|state| state.code() == "23502");
        match described.report().at.column.clone() {
            Some(column) if null && self.key.contains(&column) => {
                Error::new(Code::NullKey, format!("the key column `{column}` is NULL"))
                    .column(&column)
                    .help("choose a `primary_key` that is never NULL, or leave such rows out by `where`")
                    .driver(described.report().driver.clone().unwrap_or_default())
            }
            _ => described,
        }
    }
}

#[async_trait]
impl Writer for PostgresWriter {
    async fn write(&mut self, batch: Batch) -> Result<()> {
        match batch {
            Batch::Native(native) => {
                self.buffer.extend_from_slice(&native.bytes);
                self.rows += native.rows as u64;
                if self.buffer.len() >= CHUNK {
                    self.send().await?;
                }
            }
            Batch::Columns(columns) => {
                let mut at = 0;
                while at < columns.num_rows() {
                    let slice = columns.slice(at, SLICE.min(columns.num_rows() - at));
                    encode::rows(&slice, &self.wires, self.rows, &mut self.buffer)?;
                    self.rows += slice.num_rows() as u64;
                    at += slice.num_rows();
                    if self.buffer.len() >= CHUNK {
                        self.send().await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<u64> {
        self.buffer.extend_from_slice(&encode::TRAILER);
        self.send().await?;
        let taken = self.sink.as_mut().finish().await.map_err(|error| self.error(&error))?;
        if taken != self.rows {
            let why = format!("the server counted {taken} rows of {} that were sent", self.rows);
            return Err(Error::new(Code::Failed(Side::Destination), why).help("a rule or trigger of the target takes rows away"));
        }
        self.counted.store(taken, std::sync::atomic::Ordering::Release);
        Ok(taken)
    }
}
