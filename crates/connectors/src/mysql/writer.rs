//! Batches into `LOAD DATA LOCAL`, or into `INSERT` where the server takes no such data.
//!
//! `LOAD DATA LOCAL` turns what a column cannot hold into a warning: a load with any warning fails, as does one whose
//! rows the server did not count.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use arrow_array::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use syncapp_connector::{Batch, Check, Target, Writer};
use syncapp_model::{Code, Error, Result, Side};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::client::{Client, number, text};
use super::encode::{self, Manner, Style};
use super::errors::{self, overtaken};
use super::sql;
use super::types::{Form, MyType};

/// How many bytes go to the server at once.
const CHUNK: usize = 256 * 1024;
/// How many bytes of a long row go there at once.
const PIECE: usize = 2 * CHUNK;
/// How many rows are encoded between two looks at the size.
const SLICE: usize = 256;
/// How many chunks wait for the server.
const DEPTH: usize = 2;

pub(super) struct MysqlWriter {
    target: Target,
    types: Vec<MyType>,
    manner: Manner,
    /// `None` once the server has failed or all is sent.
    sender: Option<mpsc::Sender<Chunk>>,
    /// The server's work; the rows it counted.
    work: Option<JoinHandle<Result<u64>>>,
    buffer: Vec<u8>,
    /// Encoded rows.
    rows: u64,
    /// Where the load finds how many the server counted.
    counted: Arc<AtomicU64>,
    /// Whether the rows go into a table of the load's own.
    staged: bool,
}

/// What is sent to the server's work.
enum Chunk {
    Rows(Bytes),
    /// All rows were sent: without it nothing is complete.
    End,
}

impl MysqlWriter {
    pub(super) fn open(
        client: Arc<Mutex<Client>>,
        into: &str,
        target: &Target,
        types: Vec<MyType>,
        manner: Manner,
        counted: Arc<AtomicU64>,
        staged: bool,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(DEPTH);
        let work = match manner.style {
            Style::Load => tokio::spawn(load(client, load_statement(into, target, &types), receiver)),
            Style::Insert => {
                let columns = sql::idents(target.columns.iter().map(|column| column.name.as_str()));
                tokio::spawn(insert(
                    client,
                    format!("insert into {into} ({columns}) values "),
                    receiver,
                ))
            }
        };
        Self {
            target: target.clone(),
            types,
            manner,
            sender: Some(sender),
            work: Some(work),
            buffer: Vec::with_capacity(CHUNK * 2),
            rows: 0,
            counted,
            staged,
        }
    }

    /// Sends what waits. The driver copies what it sends: long rows go in pieces, except in a statement.
    async fn flush(&mut self) -> Result<()> {
        let most = match self.manner.style {
            Style::Load => PIECE,
            Style::Insert => usize::MAX,
        };
        let mut waiting = Bytes::from(std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK * 2)));
        while !waiting.is_empty() {
            let piece = waiting.split_to(waiting.len().min(most));
            self.send(Chunk::Rows(piece)).await?;
        }
        Ok(())
    }

    async fn send(&mut self, chunk: Chunk) -> Result<()> {
        let sent = match &self.sender {
            Some(sender) => sender.send(chunk).await.is_ok(),
            None => false,
        };
        if sent {
            return Ok(());
        }
        self.sender = None;
        match self.ended().await {
            Err(error) => Err(error),
            Ok(_) => Err(Error::internal("the server ended a load that goes on")),
        }
    }

    async fn ended(&mut self) -> Result<u64> {
        let Some(work) = self.work.take() else {
            return Err(Error::internal("a load goes on after it has failed"));
        };
        let worked = work.await.map_err(|problem| Error::internal(problem.to_string()))?;
        if self.staged {
            worked.map_err(|error| overtaken(error, &self.target.key))
        } else {
            worked
        }
    }
}

/// The statement, with the columns whose fields are hexadecimal or numbers of bits.
fn load_statement(into: &str, target: &Target, types: &[MyType]) -> String {
    let mut fields = Vec::new();
    let mut sets = Vec::new();
    for (at, (column, ty)) in target.columns.iter().zip(types).enumerate() {
        let name = sql::ident(&column.name);
        match ty.form {
            Form::Plain | Form::Year => {
                fields.push(name);
                continue;
            }
            Form::Bytes => sets.push(format!("{name} = unhex(@v{at})")),
            Form::Bits(_) => sets.push(format!("{name} = cast(@v{at} as unsigned)")),
        }
        fields.push(format!("@v{at}"));
    }
    let set = if sets.is_empty() {
        String::new()
    } else {
        format!(" set {}", sets.join(", "))
    };
    format!(
        "load data local infile 'syncapp' into table {into} character set utf8mb4 \
         fields terminated by '\\t' escaped by '\\\\' lines terminated by '\\n' ({}){set}",
        fields.join(", ")
    )
}

async fn load(client: Arc<Mutex<Client>>, statement: String, mut receiver: mpsc::Receiver<Chunk>) -> Result<u64> {
    let mut client = client.lock().await;
    let Some(first) = receiver.recv().await else {
        return Err(dropped());
    };
    let Chunk::Rows(first) = first else { return Ok(0) };
    // A stream that ends without its end is cut off: the server must not take it for all of it.
    let rest = stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Chunk::Rows(rows)) => Some((Ok(rows), Some(receiver))),
            Some(Chunk::End) => None,
            None => Some((Err(io::Error::other("the load was given up")), None)),
        }
    });
    let data = stream::once(async { io::Result::Ok(first) }).chain(rest).boxed();
    // The driver asks for what may be looked at from two threads.
    let data = std::sync::Mutex::new(data);
    client
        .conn
        .set_infile_handler(async move { Ok(data.into_inner().unwrap_or_else(PoisonError::into_inner)) });
    let rows = client.execute(&statement).await;
    if rows.is_err() {
        // The server may never have asked for the data: who sends more of it would wait for ever.
        let none = async { Err(io::Error::other("the load has ended").into()) };
        client.conn.set_infile_handler(none);
    }
    let rows = rows?;
    warned(&mut client).await?;
    Ok(rows)
}

async fn insert(client: Arc<Mutex<Client>>, into: String, mut receiver: mpsc::Receiver<Chunk>) -> Result<u64> {
    let mut client = client.lock().await;
    let mut rows = 0;
    loop {
        match receiver.recv().await {
            Some(Chunk::Rows(values)) => {
                let mut statement = into.clone().into_bytes();
                statement.extend_from_slice(values.get(1..).unwrap_or_default());
                rows += execute(&mut client, statement).await?;
                warned(&mut client).await?;
            }
            Some(Chunk::End) => return Ok(rows),
            None => return Err(dropped()),
        }
    }
}

async fn execute(client: &mut Client, statement: Vec<u8>) -> Result<u64> {
    use mysql_async::prelude::Queryable;
    let done = client.conn.query_drop(statement).await;
    done.map_err(|error| client.error(&error))?;
    Ok(client.conn.affected_rows())
}

fn dropped() -> Error {
    Error::internal("a load was given up")
}

/// The first thing that the server would rather not have said.
async fn warned(client: &mut Client) -> Result<()> {
    if client.conn.get_warnings() == 0 {
        return Ok(());
    }
    let rows = client.rows("show warnings limit 1").await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (code, message) = (number(row, 1), text(row, 2));
    let (kind, help) = errors::meaning(u16::try_from(code).unwrap_or_default(), Side::Destination);
    let kind = if matches!(kind, Code::Failed(_)) {
        Code::InvalidData(Side::Destination)
    } else {
        kind
    };
    let error = Error::new(kind, &message)
        .help(help)
        .driver(format!("{message} (warning {code})"));
    let column = message.split('\'').nth(1).filter(|_| message.contains("column '"));
    let error = match message.rsplit_once(" at row ") {
        Some((_, row)) => error.row(format!("number {row}")),
        None => error,
    };
    Err(match column {
        Some(column) => error.column(column.trim_matches('`')),
        None => error,
    })
}

impl Check for MysqlWriter {
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        encode::rows(batch, &self.target, &self.types, self.manner, 0, &mut Vec::new())
    }
}

/// The types of a target's columns, where nothing is written.
pub(super) struct Types(pub(super) Target, pub(super) Vec<MyType>, pub(super) Manner);

impl Check for Types {
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        encode::rows(batch, &self.0, &self.1, self.2, 0, &mut Vec::new())
    }
}

#[async_trait]
impl Writer for MysqlWriter {
    async fn write(&mut self, batch: Batch) -> Result<()> {
        let Batch::Columns(columns) = batch else {
            return Err(Error::internal("rows came in a form that MySQL does not take"));
        };
        let mut at = 0;
        while at < columns.num_rows() {
            let slice = columns.slice(at, SLICE.min(columns.num_rows() - at));
            encode::rows(
                &slice,
                &self.target,
                &self.types,
                self.manner,
                self.rows,
                &mut self.buffer,
            )?;
            self.rows += slice.num_rows() as u64;
            at += slice.num_rows();
            if self.buffer.len() >= CHUNK {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<u64> {
        self.flush().await?;
        self.send(Chunk::End).await?;
        let counted = self.ended().await?;
        if counted == self.rows {
            self.counted.store(counted, Ordering::Release);
            return Ok(counted);
        }
        let why = format!("the server counted {counted} rows of {} that were sent", self.rows);
        Err(Error::new(Code::Failed(Side::Destination), why).help("a trigger of the target takes rows away"))
    }
}
