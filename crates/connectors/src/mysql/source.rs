//! Reading: one consistent snapshot on one connection, streamed by the binary protocol.
//!
//! MySQL cannot share a snapshot between connections, so there is one split. Dropping a snapshot and its streams ends
//! the connection, and tells the server to stop what it still had running.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};
use syncapp_connector::{
    Batch, BatchStream, Digest, DigestRequest, Page, ReadRequest, Snapshot, Source, Split, StreamRef,
};
use syncapp_model::{Code, Error, Pattern, Result, Scalar, Side, StreamKind, StreamSpec};
use tokio::sync::{Mutex, mpsc};

use super::catalog::{self, Relation};
use super::client::Client;
use super::decode::Decoder;
use super::digest::MysqlDigest;
use super::horizon;
use super::statement;
use crate::horizon::Horizon;
use crate::server::Valid;

/// How many batches wait between the connection and the engine.
const DEPTH: usize = 1;

pub(super) struct MysqlSource {
    pub(super) valid: Arc<Valid>,
}

#[async_trait]
impl Source for MysqlSource {
    async fn discover(&self, pattern: &Pattern, page: Page) -> Result<Vec<StreamSpec>> {
        let mut client = Client::connect(&self.valid, Side::Source).await?;
        catalog::discover(&mut client, pattern, page).await
    }

    async fn names(&self, pattern: &Pattern, page: Page) -> Result<Vec<String>> {
        let mut client = Client::connect(&self.valid, Side::Source).await?;
        catalog::names(&mut client, pattern, page).await
    }

    async fn describe(&self, stream: &StreamRef) -> Result<StreamSpec> {
        let mut client = Client::connect(&self.valid, Side::Source).await?;
        Ok(describe(&mut client, stream).await?.spec)
    }

    async fn open(&self, request: &ReadRequest) -> Result<Box<dyn Snapshot>> {
        let mut client = Client::connect(&self.valid, Side::Source).await?;
        let writers = match &request.range {
            Some(_) => Some(horizon::Writers::look(&mut client).await?),
            None => None,
        };
        begin(&mut client).await?;
        let relation = describe(&mut client, &request.stream).await?;
        if let Some(query) = statement::beyond_compare(&relation, request)?
            && client.any(&query).await?
        {
            let why = "a value of the cursor has more digits than MySQL compares";
            return Err(Error::new(Code::ValueOutOfRange(Side::Source), why)
                .help("choose another cursor: of decimals 35 digits before the point and 30 behind it are compared"));
        }
        let (horizon, warnings) = match (writers, &request.range) {
            (Some(writers), Some(range)) => {
                let ty = &statement::cursor(&relation.spec, range)?.ty;
                writers.horizon(&range.cursor, ty)
            }
            _ => (Horizon::default(), Vec::new()),
        };
        Ok(Box::new(MysqlSnapshot {
            request: request.clone(),
            relation,
            splits: Split::whole(),
            horizon,
            warnings,
            session: Arc::new(Session::of(&client)),
            client: Arc::new(Mutex::new(client)),
        }))
    }

    async fn digest(&self, request: &DigestRequest) -> Result<Option<Box<dyn Digest>>> {
        let mut client = Client::connect(&self.valid, Side::Source).await?;
        begin(&mut client).await?;
        let digest = MysqlDigest::open(client, request).await?;
        Ok(digest.map(|digest| Box::new(digest) as Box<dyn Digest>))
    }
}

/// Begins the one view of a connection.
async fn begin(client: &mut Client) -> Result<()> {
    client
        .run("set session transaction isolation level repeatable read")
        .await?;
    client
        .run("start transaction with consistent snapshot, read only")
        .await
}

pub(super) async fn describe(client: &mut Client, stream: &StreamRef) -> Result<Relation> {
    let Some(query) = &stream.query else {
        return match catalog::relation_of(client, &stream.name).await? {
            Some(relation) => Ok(relation),
            None => Err(catalog::not_found(client, &stream.name).await),
        };
    };
    let (columns, types) = catalog::query_columns(client, query).await?;
    Ok(Relation {
        spec: StreamSpec {
            name: stream.name.clone(),
            kind: StreamKind::Query,
            columns,
            primary_key: Vec::new(),
            estimated_rows: None,
        },
        types,
        generated: Vec::new(),
        engine: String::new(),
        comment: String::new(),
    })
}

struct MysqlSnapshot {
    request: ReadRequest,
    relation: Relation,
    splits: Vec<Split>,
    horizon: Horizon,
    warnings: Vec<Error>,
    client: Arc<Mutex<Client>>,
    session: Arc<Session>,
}

/// The server's end of a connection. It is told to stop when nobody waits for it any more.
pub(super) struct Session {
    id: u32,
    valid: Arc<Valid>,
    /// Whether the server may be at work.
    busy: AtomicBool,
}

impl Session {
    pub(super) fn of(client: &Client) -> Self {
        Self {
            id: client.conn.id(),
            valid: client.valid.clone(),
            busy: AtomicBool::new(false),
        }
    }

    /// Notes whether the server is at work.
    pub(super) fn works(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.busy.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (valid, id) = (self.valid.clone(), self.id);
            runtime.spawn(async move {
                let mut client = Client::connect(&valid, Side::Source).await?;
                client.run(&format!("kill connection {id}")).await
            });
        }
    }
}

#[async_trait]
impl Snapshot for MysqlSnapshot {
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

    async fn read(&self, _: &Split) -> Result<BatchStream> {
        let decoder = Decoder::new(&self.relation, &self.request.columns, self.request.lenient)?;
        let query = statement::select(&self.relation, &self.request)?;
        let most = (self.request.batch_rows, self.request.batch_bytes);
        Ok(stream_rows(
            self.client.clone(),
            self.session.clone(),
            query,
            decoder,
            most,
        ))
    }
}

/// A query's rows, read as they are taken.
pub(super) fn stream_rows(
    client: Arc<Mutex<Client>>,
    session: Arc<Session>,
    query: String,
    decoder: Decoder,
    most: (usize, usize),
) -> BatchStream {
    let (sender, receiver) = mpsc::channel(DEPTH);
    session.works(true);
    tokio::spawn(async move {
        let mut client = client.lock().await;
        let closed = sender.clone();
        tokio::select! {
            () = closed.closed() => {}
            pumped = pump(&mut client, &query, decoder, most, &sender) => {
                if let Err(error) = pumped {
                    // Nobody waits for it any more where this fails.
                    let _ = sender.send(Err(error)).await;
                }
            }
        }
    });
    let reading = stream::unfold((receiver, session), |(mut receiver, session)| async move {
        let batch = receiver.recv().await;
        if batch.is_none() {
            session.works(false);
        }
        batch.map(|batch| (batch, (receiver, session)))
    });
    reading.boxed()
}

/// Sends a query's rows on in batches.
async fn pump(
    client: &mut Client,
    query: &str,
    mut decoder: Decoder,
    most: (usize, usize),
    sender: &mpsc::Sender<Result<Batch>>,
) -> Result<()> {
    let failed = client.explainer();
    let mut rows = client.conn.exec_stream::<Row, _, _>(query, ()).await.map_err(&failed)?;
    while let Some(row) = rows.next().await {
        let values: Vec<Value> = row.map_err(&failed)?.unwrap();
        decoder.push(values)?;
        let (count, bytes) = decoder.size();
        if (count >= most.0 || bytes >= most.1) && sender.send(Ok(decoder.finish()?)).await.is_err() {
            return Ok(());
        }
    }
    if decoder.size().0 > 0 {
        // Nobody waits for it any more where this fails.
        let _ = sender.send(Ok(decoder.finish()?)).await;
    }
    Ok(())
}
