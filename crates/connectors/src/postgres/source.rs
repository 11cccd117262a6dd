//! Reading: one REPEATABLE READ snapshot, binary COPY out of it.
//!
//! A snapshot that is cut into splits is exported, and each split imports it into a connection of its own. Dropping a
//! snapshot and its streams ends their transactions and cancels what these had running.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use syncapp_connector::{
    Batch, BatchStream, Digest, DigestRequest, Page, ReadColumn, ReadRequest, Snapshot, Source, Split, StreamRef,
};
use syncapp_model::{Code, Error, Pattern, Result, Scalar, Side, StreamKind, StreamSpec};
use tokio_postgres::CopyOutStream;

use super::catalog::{self, Relation};
use super::client::Client;
use super::clients::{Clients, Lease};
use super::decode::{Decoder, builders, schema};
use super::digest::PostgresDigest;
use super::framing::Framing;
use super::horizon::Sessions;
use super::passing::{Beside, Passing};
use super::{sql, statement};
use crate::horizon::Horizon;
use crate::server::Valid;
use crate::unreadable::field;

/// Room for the row that fills a batch.
const SLACK: usize = 8 * 1024;

pub(super) struct PostgresSource {
    clients: Arc<Clients>,
}

impl PostgresSource {
    pub(super) fn new(valid: Arc<Valid>) -> Self {
        Self {
            clients: Clients::new(valid, Side::Source),
        }
    }
}

#[async_trait]
impl Source for PostgresSource {
    async fn discover(&self, pattern: &Pattern, page: Page) -> Result<Vec<StreamSpec>> {
        let client = self.clients.client().await?;
        client.begin("read only").await?;
        let found = catalog::discover(&client, pattern, page).await?;
        client.rest();
        Ok(found)
    }

    async fn names(&self, pattern: &Pattern, page: Page) -> Result<Vec<String>> {
        let client = self.clients.client().await?;
        client.begin("read only").await?;
        let found = catalog::names(&client, pattern, page).await?;
        client.rest();
        Ok(found)
    }

    async fn describe(&self, stream: &StreamRef) -> Result<StreamSpec> {
        let client = self.clients.client().await?;
        client.begin("read only").await?;
        let relation = describe(&client, stream).await?;
        client.rest();
        Ok(relation.spec)
    }

    async fn open(&self, request: &ReadRequest) -> Result<Box<dyn Snapshot>> {
        let client = self.clients.client().await?;
        let sessions = match &request.range {
            Some(range) => Some((range, Sessions::look(&client).await?)),
            None => None,
        };
        client.begin("isolation level repeatable read, read only").await?;
        let relation = describe(&client, &request.stream).await?;
        let (horizon, warnings) = match sessions {
            Some((range, sessions)) => {
                let ty = &statement::cursor(&relation.spec, range)?.ty;
                sessions.horizon(&range.cursor, ty)
            }
            None => (Horizon::default(), Vec::new()),
        };
        let splits = statement::splits(&relation, request);
        let exported = if splits.len() > 1 {
            Some(export(&client).await?)
        } else {
            None
        };
        client.rest();
        Ok(Box::new(PostgresSnapshot {
            clients: self.clients.clone(),
            request: request.clone(),
            relation,
            splits,
            exported,
            horizon,
            warnings,
            crowded: AtomicBool::new(false),
            first: Arc::new(client),
        }))
    }

    async fn digest(&self, request: &DigestRequest) -> Result<Option<Box<dyn Digest>>> {
        let digest = PostgresDigest::open(&self.clients, request).await?;
        Ok(digest.map(|digest| Box::new(digest) as Box<dyn Digest>))
    }
}

pub(super) async fn describe(client: &Client, stream: &StreamRef) -> Result<Relation> {
    let Some(query) = &stream.query else {
        return match catalog::relation_of(client, &stream.name).await? {
            Some(relation) => Ok(relation),
            None => Err(catalog::not_found(client, &stream.name).await),
        };
    };
    let (columns, types) = catalog::query_columns(client, query).await?;
    let spec = StreamSpec {
        name: stream.name.clone(),
        kind: StreamKind::Query,
        columns,
        primary_key: Vec::new(),
        estimated_rows: None,
    };
    Ok(Relation {
        spec,
        types,
        oid: 0,
        heap: false,
        pages: 0,
        generated: Vec::new(),
    })
}

async fn export(client: &Client) -> Result<String> {
    let row = client.inner.query_typed_one("select pg_export_snapshot()", &[]).await;
    row.map(|row| row.get(0)).map_err(|error| client.error(&error))
}

struct PostgresSnapshot {
    clients: Arc<Clients>,
    request: ReadRequest,
    relation: Relation,
    splits: Vec<Split>,
    exported: Option<String>,
    horizon: Horizon,
    warnings: Vec<Error>,
    /// Whether there was no connection for a split.
    crowded: AtomicBool,
    /// The connection that holds the snapshot. It reads the first split itself; a stream that was dropped early is read to
    /// its end by the driver before the next one begins.
    first: Arc<Lease>,
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    fn splits(&self) -> &[Split] {
        &self.splits
    }

    fn ordered(&self) -> bool {
        self.request.bounded().is_some()
    }

    fn horizon(&self) -> Option<&Scalar> {
        self.horizon.at.as_ref()
    }

    fn near_horizon(&self) -> Option<&Scalar> {
        self.horizon.near.as_ref()
    }

    fn warnings(&self) -> &[Error] {
        &self.warnings
    }

    fn estimated_rows(&self) -> Option<u64> {
        let whole = self.request.bounded().is_none() && self.request.limit.is_none();
        self.relation.spec.estimated_rows.filter(|_| whole)
    }

    async fn read(&self, split: &Split) -> Result<BatchStream> {
        let client = self.reader(split).await?;
        let query = statement::copy(&self.relation, &self.request, split)?;
        client.work();
        let rows = client
            .inner
            .copy_out(&query)
            .await
            .map_err(|error| client.error(&error))?;
        let reading = Reading {
            rows: Box::pin(rows),
            client,
            framing: Framing::default(),
            turn: self.turn()?,
            most: (self.request.batch_rows, self.request.batch_bytes),
            done: false,
        };
        Ok(stream::try_unfold(reading, Reading::next).boxed())
    }
}

impl PostgresSnapshot {
    /// The connection that reads a split. The one that holds the snapshot reads the first split, and all for which there
    /// is no other: a pooler, or the server itself, may have none left.
    async fn reader(&self, split: &Split) -> Result<Arc<Lease>> {
        let exported = match &self.exported {
            Some(exported) if split.number > 0 && !self.crowded.load(Ordering::Relaxed) => exported,
            _ => return Ok(self.first.clone()),
        };
        match self.import(exported).await {
            Err(error) if matches!(error.code(), Code::Unreachable(_)) => {
                tracing::debug!(%error, "a split is read by the first connection");
                self.crowded.store(true, Ordering::Relaxed);
                Ok(self.first.clone())
            }
            imported => imported.map(Arc::new),
        }
    }

    async fn import(&self, exported: &str) -> Result<Lease> {
        let client = self.clients.client().await?;
        let snapshot = sql::text(exported);
        let how = format!("isolation level repeatable read, read only; set transaction snapshot {snapshot}");
        client.begin(&how).await?;
        Ok(client)
    }

    /// What becomes of the rows.
    fn turn(&self) -> Result<Turn> {
        let columns = &self.request.columns;
        if !self.request.wire {
            return Ok(Turn::Columns(Box::new(self.decoder(columns)?)));
        }
        let native = columns.iter().take_while(|read| read.native).count();
        let beside = match &columns[native..] {
            [] => None,
            typed => Some(Beside::new(native, self.decoder(typed)?)),
        };
        let room = self.request.batch_bytes + SLACK;
        Ok(Turn::Passing(Box::new(Passing::new(room, beside))))
    }

    fn decoder(&self, columns: &[ReadColumn]) -> Result<Decoder> {
        let mut fields = Vec::new();
        let mut wires = Vec::new();
        for read in columns {
            let at = statement::position(&self.relation, read)?;
            let known = self.relation.spec.columns[at].field(read.native);
            fields.push(field(known, self.request.lenient));
            wires.push((!read.native).then(|| self.relation.types[at].wire.clone()));
        }
        Ok(Decoder::new(schema(fields), builders(&wires), self.request.lenient))
    }
}

/// A COPY while it is read. Holds its connection: the last to let it go cancels the COPY.
pub(super) struct Reading {
    pub(super) rows: std::pin::Pin<Box<CopyOutStream>>,
    pub(super) client: Arc<Lease>,
    pub(super) framing: Framing,
    pub(super) turn: Turn,
    /// Rows and bytes of a batch.
    pub(super) most: (usize, usize),
    pub(super) done: bool,
}

/// Whole rows are gathered as they are, or taken apart into columns.
pub(super) enum Turn {
    Passing(Box<Passing>),
    Columns(Box<Decoder>),
}

impl Turn {
    fn row(&mut self, row: &[u8]) -> Result<()> {
        match self {
            Self::Passing(passing) => passing.row(row),
            Self::Columns(decoder) => decoder.row(row),
        }
    }

    /// Rows and bytes so far.
    fn size(&self) -> (usize, usize) {
        match self {
            Self::Passing(passing) => passing.size(),
            Self::Columns(decoder) => (decoder.rows(), decoder.bytes()),
        }
    }

    /// The rows so far, if there are any.
    fn take(&mut self) -> Result<Option<Batch>> {
        if self.size().0 == 0 {
            return Ok(None);
        }
        match self {
            Self::Passing(passing) => passing.take(),
            Self::Columns(decoder) => decoder.finish(),
        }
        .map(Some)
    }
}

impl Reading {
    pub(super) async fn next(mut self) -> Result<Option<(Batch, Self)>> {
        if self.done {
            return Ok(None);
        }
        loop {
            let batch = match self.rows.next().await {
                Some(Ok(message)) => {
                    self.framing.rows(&message, |row| self.turn.row(row))?;
                    let (rows, bytes) = self.turn.size();
                    if rows >= self.most.0 || bytes >= self.most.1 {
                        self.turn.take()?
                    } else {
                        None
                    }
                }
                Some(Err(error)) => return Err(self.client.error(&error)),
                None => {
                    self.framing.finish()?;
                    self.client.rest();
                    self.done = true;
                    match self.turn.take()? {
                        None => return Ok(None),
                        last => last,
                    }
                }
            };
            if let Some(batch) = batch {
                return Ok(Some((batch, self)));
            }
        }
    }
}
