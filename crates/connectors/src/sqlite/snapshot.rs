//! One consistent view: a read transaction on a connection of its own, and rows read from it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};
use async_trait::async_trait;
use futures_util::Stream;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, InterruptHandle};
use syncapp_connector::{Batch, BatchStream, ReadRequest, Snapshot, Split};
use syncapp_model::{Code, Column as CatalogColumn, Error, Result, Side, StreamName};
use tokio::sync::mpsc;

use super::error::At;
use super::order::Order;
use super::source::Found;
use super::sql::{joined, quote};
use crate::cells::{Cell, Column, Wrong, text};
use crate::unreadable::{Unreadable, field};

/// How many batches wait between SQLite's thread and the engine.
const DEPTH: usize = 2;

/// A view of one stream. SQLite cannot share a view between connections: there is one split.
pub(super) struct SqliteSnapshot {
    connection: Arc<Mutex<Connection>>,
    interrupt: Arc<InterruptHandle>,
    splits: Vec<Split>,
    ordered: bool,
    estimated_rows: Option<u64>,
    reading: Arc<Reading>,
}

/// How the rows are read.
struct Reading {
    stream: StreamName,
    sql: String,
    bounds: Vec<Value>,
    columns: Vec<CatalogColumn>,
    schema: SchemaRef,
    /// Whether the row's number stands behind the columns.
    rowid: bool,
    batch_rows: usize,
    batch_bytes: usize,
    /// Whether values that cannot be read are marked.
    lenient: bool,
}

impl SqliteSnapshot {
    /// Over a connection whose transaction has begun.
    pub(super) fn new(connection: Connection, found: &Found, request: &ReadRequest) -> Result<Self> {
        let spec = &found.spec;
        if request.wire || request.columns.iter().any(|column| column.native) {
            return Err(Error::internal(
                "SQLite has no wire format, but native columns were asked for",
            ));
        }
        let wanted = |name: &str| {
            spec.column(name).cloned().ok_or_else(|| {
                Error::new(Code::UnknownColumn, format!("`{}` has no column `{name}`", spec.name)).stream(&spec.name)
            })
        };
        let columns = request
            .columns
            .iter()
            .map(|column| wanted(&column.name))
            .collect::<Result<Vec<_>>>()?;
        let mut sql = joined(&columns, ", ", |column| quote(&column.name));
        if let Some(rowid) = found.rowid {
            sql = if sql.is_empty() {
                rowid.to_owned()
            } else {
                format!("{sql}, {rowid}")
            };
        }
        let mut sql = format!("SELECT {} FROM {}", if sql.is_empty() { "1" } else { &sql }, found.from);
        let mut bounds = Vec::new();
        if let Some(range) = &request.range {
            let cursor = wanted(&range.cursor)?;
            let unordered = |why: String| {
                Error::new(Code::InvalidValue, why)
                    .stream(&spec.name)
                    .column(&cursor.name)
            };
            let order = Order::of(&cursor.ty).ok_or_else(|| {
                unordered(format!("a column of type {} cannot be a cursor", cursor.ty))
                    .help("choose a column of integers, decimals, texts, dates or timestamps")
            })?;
            let column = quote(&cursor.name);
            let key = order.expression(&column);
            let mut within = Vec::new();
            for (bound, comparison) in [(&range.from, ">="), (&range.below, "<")] {
                let Some(bound) = bound else { continue };
                let value = order.bound(bound).ok_or_else(|| {
                    unordered(format!(
                        "`{bound}` cannot be compared with a column of type {}",
                        cursor.ty
                    ))
                })?;
                bounds.push(value);
                within.push(format!("{key} {comparison} ?{}", bounds.len()));
            }
            if !within.is_empty() {
                sql = format!("{sql} WHERE ({}) OR {}", within.join(" AND "), order.strays(&column));
            }
            sql = format!("{sql} ORDER BY {key}");
        }
        if let Some(limit) = request.limit {
            sql = format!("{sql} LIMIT {}", limit.min(i64::MAX.unsigned_abs()));
        }
        let fields = columns.iter().map(|column| field(column.field(false), request.lenient));
        let fields: Vec<_> = fields.collect();
        Ok(Self {
            interrupt: Arc::new(connection.get_interrupt_handle()),
            connection: Arc::new(Mutex::new(connection)),
            splits: Split::whole(),
            ordered: request.range.is_some(),
            estimated_rows: spec.estimated_rows,
            reading: Arc::new(Reading {
                stream: spec.name.clone(),
                sql,
                bounds,
                columns,
                schema: Arc::new(Schema::new(fields)),
                rowid: found.rowid.is_some(),
                batch_rows: request.batch_rows.max(1),
                batch_bytes: request.batch_bytes,
                lenient: request.lenient,
            }),
        })
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    fn splits(&self) -> &[Split] {
        &self.splits
    }

    fn ordered(&self) -> bool {
        self.ordered
    }

    fn estimated_rows(&self) -> Option<u64> {
        self.estimated_rows
    }

    async fn read(&self, _: &Split) -> Result<BatchStream> {
        let (sender, batches) = mpsc::channel(DEPTH);
        let (connection, reading) = (self.connection.clone(), self.reading.clone());
        let interrupt = self.interrupt.clone();
        tokio::task::spawn_blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = reading.run(&connection, &sender) {
                // Where nobody listens any more, nobody misses the error.
                let _ = sender.blocking_send(Err(error));
            }
        });
        Ok(Box::pin(Rows {
            batches,
            interrupt,
            done: false,
        }))
    }
}

impl Reading {
    /// Sends all rows in batches, until they end or nobody takes them.
    fn run(&self, connection: &Connection, sender: &mpsc::Sender<Result<Batch>>) -> Result<()> {
        let mut statement = connection.prepare(&self.sql).reading()?;
        let mut rows = statement.query(rusqlite::params_from_iter(&self.bounds)).reading()?;
        let mut columns: Vec<Column> = self.columns.iter().map(|column| Column::new(&column.ty)).collect();
        let mut unreadable = Unreadable::new(self.lenient);
        let mut scratch = String::new();
        let (mut count, mut bytes, mut total) = (0, 0, 0_u64);
        while let Some(row) = rows.next().reading().map_err(|error| error.stream(&self.stream))? {
            total += 1;
            let mut size = 0;
            for (at, column) in columns.iter_mut().enumerate() {
                let value = row.get_ref(at).reading()?;
                match column.push(cell(value), &mut scratch) {
                    Ok(bytes) => size += bytes,
                    Err(wrong) => {
                        let error = self.misfit(at, wrong, (row, total));
                        unreadable.note(count, error, || spelled(value))?;
                        column.push_unread();
                    }
                }
            }
            count += 1;
            bytes += size;
            if count >= self.batch_rows || bytes >= self.batch_bytes {
                if !self.send(&mut columns, count, &mut unreadable, sender)? {
                    return Ok(());
                }
                (count, bytes) = (0, 0);
            }
        }
        if count > 0 {
            self.send(&mut columns, count, &mut unreadable, sender)?;
        }
        Ok(())
    }

    /// That a value is not of its column's type. Rows without a number are counted.
    #[cold]
    fn misfit(&self, at: usize, wrong: Wrong, (row, total): (&rusqlite::Row<'_>, u64)) -> Error {
        let column = &self.columns[at];
        let place = if self.rowid {
            format!("rowid {}", row.get::<_, i64>(self.columns.len()).unwrap_or_default())
        } else {
            format!("row {total}")
        };
        Error::new(
            Code::InvalidData(Side::Source),
            format!("the column is of type {} but holds {}", column.ty, wrong.0),
        )
        .help("mend the row, or read the stream with a `query` that casts the column")
        .stream(&self.stream)
        .column(&column.name)
        .row(place)
    }

    /// Sends what has come; whether anybody took it.
    fn send(
        &self,
        columns: &mut [Column],
        rows: usize,
        unreadable: &mut Unreadable,
        sender: &mpsc::Sender<Result<Batch>>,
    ) -> Result<bool> {
        let arrays = columns.iter_mut().map(Column::take).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(|error| Error::internal(format!("rows of `{}` make no batch: {error}", self.stream)))?;
        Ok(sender.blocking_send(Ok(unreadable.mark(batch))).is_ok())
    }
}

/// The batches of one reading; dropped early, it interrupts the statement.
struct Rows {
    batches: mpsc::Receiver<Result<Batch>>,
    interrupt: Arc<InterruptHandle>,
    done: bool,
}

impl Stream for Rows {
    type Item = Result<Batch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.batches.poll_recv(context);
        self.done = matches!(next, Poll::Ready(None));
        next
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if !self.done {
            self.interrupt.interrupt();
        }
    }
}

/// A value as the file stores it.
fn cell(value: ValueRef<'_>) -> Cell<'_> {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Integer(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(bytes) => Cell::Text(bytes),
        ValueRef::Blob(bytes) => Cell::Blob(bytes),
    }
}

/// A value in words; bytes in hexadecimal digits.
fn spelled(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => format!("{value:?}"),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => {
            let mut out = String::new();
            for byte in bytes {
                text::write_hex(&mut out, *byte);
            }
            out
        }
    }
}
