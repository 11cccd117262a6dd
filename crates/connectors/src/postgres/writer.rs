//! Batches into COPY.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::SinkExt;
use syncapp_connector::{Batch, Check, Writer};
use syncapp_model::{Code, Error, Result, Side};
use tokio_postgres::CopyInSink;
use tokio_postgres::error::SqlState;

use super::client::Client;
use super::clients::Lease;
use super::encode;
use super::types::Wire;

/// How many bytes go to the server at once.
const CHUNK: usize = 64 * 1024;
/// How many bytes of a long row go there at once.
const PIECE: usize = 2 * CHUNK;
/// How many rows are encoded between two looks at the size.
const SLICE: usize = 512;
/// After so many bytes one COPY ends and the next begins: what the server says of a row is only heard at the end.
const COPY_BYTES: usize = 64 << 20;

pub(super) struct PostgresWriter {
    client: Arc<Lease>,
    /// The statement.
    copy: String,
    sink: Pin<Box<CopyInSink<Bytes>>>,
    buffer: Vec<u8>,
    wires: Vec<Wire>,
    /// Columns that may not be NULL because rows are found by them.
    key: Vec<String>,
    /// Bytes sent to this COPY.
    sent: usize,
    /// Rows given to all of them.
    rows: u64,
    /// Rows that the server counted.
    taken: u64,
    /// Where the load finds that number.
    counted: Arc<AtomicU64>,
}

impl PostgresWriter {
    pub(super) async fn open(
        client: Arc<Lease>,
        copy: String,
        wires: Vec<Wire>,
        key: Vec<String>,
        counted: Arc<AtomicU64>,
    ) -> Result<Self> {
        let sink = start(&client, &copy).await?;
        let buffer = new_buffer(encode::HEADER);
        Ok(Self {
            client,
            copy,
            sink,
            buffer,
            wires,
            key,
            sent: 0,
            rows: 0,
            taken: 0,
            counted,
        })
    }

    /// Sends what waits.
    async fn flush(&mut self) -> Result<()> {
        let waiting = std::mem::replace(&mut self.buffer, new_buffer(&[]));
        self.send(waiting.into()).await
    }

    /// Sends bytes as they are. The driver copies what it sends: long ones go in pieces.
    async fn send(&mut self, mut bytes: Bytes) -> Result<()> {
        self.sent += bytes.len();
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(PIECE));
            self.sink.send(piece).await.map_err(|error| self.error(&error))?;
        }
        Ok(())
    }

    /// Sends what waits, if it is worth it.
    async fn advance(&mut self) -> Result<()> {
        if self.buffer.len() >= CHUNK {
            self.flush().await?;
        }
        self.renew().await
    }

    /// Begins another COPY where this one is long enough.
    async fn renew(&mut self) -> Result<()> {
        if self.sent < COPY_BYTES {
            return Ok(());
        }
        self.end().await?;
        self.sink = start(&self.client, &self.copy).await?;
        self.buffer.extend_from_slice(encode::HEADER);
        self.sent = 0;
        Ok(())
    }

    /// Ends the COPY.
    async fn end(&mut self) -> Result<()> {
        self.buffer.extend_from_slice(&encode::TRAILER);
        self.flush().await?;
        self.taken += self.sink.as_mut().finish().await.map_err(|error| self.error(&error))?;
        if self.taken == self.rows {
            return Ok(());
        }
        let why = format!("the server counted {} rows of {} that were sent", self.taken, self.rows);
        Err(Error::new(Code::Failed(Side::Destination), why).help("a rule or trigger of the target takes rows away"))
    }

    fn error(&self, error: &tokio_postgres::Error) -> Error {
        let mut described = self.client.error(error);
        if let Some((row, column)) = error.as_db_error().and_then(|db| place(db.where_()?)) {
            described = described.row(format!("number {}", self.taken + row));
            if let Some(column) = column {
                described = described.column(column);
            }
        }
        let null = error.code() == Some(&SqlState::NOT_NULL_VIOLATION);
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

/// The row and column in what the server says of a COPY: `COPY orders, line 7, column price`.
fn place(context: &str) -> Option<(u64, Option<&str>)> {
    let (_, place) = context.lines().next()?.rsplit_once(", line ")?;
    let (row, column) = match place.split_once(", column ") {
        Some((row, column)) => (row, Some(column)),
        None => (place, None),
    };
    Some((row.parse().ok()?, column))
}

async fn start(client: &Client, copy: &str) -> Result<Pin<Box<CopyInSink<Bytes>>>> {
    client
        .inner
        .copy_in(copy)
        .await
        .map(Box::pin)
        .map_err(|error| client.error(&error))
}

fn new_buffer(start: &[u8]) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(CHUNK * 2);
    buffer.extend_from_slice(start);
    buffer
}

impl Check for PostgresWriter {
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        encode::rows(batch, &self.wires, 0, &mut Vec::new())
    }
}

/// How the columns of a target look on the wire, where nothing is written.
pub(super) struct Wires(pub(super) Vec<Wire>);

impl Check for Wires {
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        encode::rows(batch, &self.0, 0, &mut Vec::new())
    }
}

#[async_trait]
impl Writer for PostgresWriter {
    async fn write(&mut self, batch: Batch) -> Result<()> {
        match batch {
            Batch::Native(native) => {
                self.rows += native.rows as u64;
                if native.bytes.len() < CHUNK {
                    self.buffer.extend_from_slice(&native.bytes);
                    return self.advance().await;
                }
                if !self.buffer.is_empty() {
                    self.flush().await?;
                }
                self.send(native.bytes).await?;
                self.renew().await
            }
            Batch::Columns(columns) => {
                let mut at = 0;
                while at < columns.num_rows() {
                    let slice = columns.slice(at, SLICE.min(columns.num_rows() - at));
                    encode::rows(&slice, &self.wires, self.rows, &mut self.buffer)?;
                    self.rows += slice.num_rows() as u64;
                    at += slice.num_rows();
                    self.advance().await?;
                }
                Ok(())
            }
            Batch::Passing(_) | Batch::Marked(_) | Batch::Unread(_) => {
                Err(Error::internal("rows came that nobody could read"))
            }
        }
    }

    async fn finish(mut self: Box<Self>) -> Result<u64> {
        self.end().await?;
        self.counted.store(self.taken, Ordering::Release);
        Ok(self.taken)
    }
}
