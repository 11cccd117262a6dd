//! Reading: one REPEATABLE READ snapshot, binary COPY out of it.
//!
//! A snapshot that is cut into splits is exported, and each split imports it into a connection of its own. Dropping a
//! snapshot and its streams closes their connections and cancels what these had running.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use syncapp_connector::{
    Batch, BatchStream, NativeRows, Page, Range, ReadColumn, ReadRequest, Snapshot, Source, Split, StreamRef,
};
use syncapp_model::{Code, DataType, Error, Pattern, Result, Scalar, Side, StreamKind, StreamSpec};
use tokio_postgres::CopyOutStream;

use super::catalog::{self, Relation};
use super::client::Client;
use super::config::Valid;
use super::decode::{Decoder, Framing, builders, schema};
use super::sql;

/// A split of fewer pages than this is not worth a connection (8 MiB).
const MIN_PAGES: u32 = 1024;

pub(super) struct PostgresSource {
    pub(super) valid: Arc<Valid>,
}

#[async_trait]
impl Source for PostgresSource {
    async fn discover(&self, pattern: &Pattern, page: Page) -> Result<Vec<StreamSpec>> {
        let client = Client::connect(&self.valid, Side::Source).await?;
        catalog::discover(&client, pattern, page).await
    }

    async fn describe(&self, stream: &StreamRef) -> Result<StreamSpec> {
        let client = Client::connect(&self.valid, Side::Source).await?;
        describe(&client, stream).await.map(|relation| relation.spec)
    }

    async fn open(&self, request: &ReadRequest) -> Result<Box<dyn Snapshot>> {
        let client = Client::connect(&self.valid, Side::Source).await?;
        client.begin("isolation level repeatable read, read only").await?;
        let relation = describe(&client, &request.stream).await?;
        let (horizon, warnings) = match &request.range {
            Some(range) => horizon(&client, &relation.spec, range).await?,
            None => (None, Vec::new()),
        };
        let splits = splits(&relation, request);
        let exported = if splits.len() > 1 {
            Some(export(&client).await?)
        } else {
            None
        };
        client.rest();
        Ok(Box::new(PostgresSnapshot {
            valid: self.valid.clone(),
            request: request.clone(),
            relation,
            splits,
            exported,
            horizon,
            warnings,
            first: Arc::new(client),
        }))
    }
}

async fn describe(client: &Client, stream: &StreamRef) -> Result<Relation> {
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

/// The smallest cursor value that writers still open in this snapshot may bring, for a cursor that is set from the
/// database's clock: when the oldest of them began. Without such writers there is none.
async fn horizon(client: &Client, spec: &StreamSpec, range: &Range) -> Result<(Option<Scalar>, Vec<Error>)> {
    // Transactions that have written something are listed in the snapshot, for everyone to see; when they began is
    // shown only to their own user and to members of pg_read_all_stats.
    let query = "select (select count(*) from pg_snapshot_xip(pg_current_snapshot())), \
                 (select (extract(epoch from min(xact_start)) * 1000000)::int8 from pg_stat_activity \
                  where datname = current_database() and pid <> pg_backend_pid()), \
                 (select count(*) from pg_stat_activity where datname = current_database() \
                  and backend_type = 'client backend' and state is null)";
    let row = client
        .inner
        .query_typed_one(query, &[])
        .await
        .map_err(|error| client.error(&error))?;
    let (open, oldest, hidden): (i64, Option<i64>, i64) = (row.get(0), row.get(1), row.get(2));
    if open == 0 {
        return Ok((None, Vec::new()));
    }
    let ty = spec.column(&range.cursor).map(|column| column.ty.clone());
    let value = oldest.and_then(|micros| match ty {
        Some(DataType::TimestampTz) => Some(Scalar::TimestampTz(micros)),
        Some(DataType::Timestamp) => Some(Scalar::Timestamp(micros)),
        Some(DataType::Date) => Some(Scalar::Date(micros.div_euclid(86_400_000_000) as i32)),
        _ => None,
    });
    let warnings = if value.is_some() && hidden == 0 {
        Vec::new()
    } else {
        let why = format!(
            "{open} transactions were writing while the increment was read, and may commit rows behind `{}`",
            range.cursor
        );
        vec![
            Error::warning(Code::LateRows, why)
                .help("grant pg_read_all_stats to the reading user, and use a cursor set by the database's clock"),
        ]
    };
    Ok((value, warnings))
}

/// Ranges of heap pages, where the whole of one heap is read in no order.
fn splits(relation: &Relation, request: &ReadRequest) -> Vec<Split> {
    let wanted = u32::try_from(request.splits)
        .unwrap_or(u32::MAX)
        .min(relation.pages / MIN_PAGES);
    if !relation.heap || request.range.is_some() || request.limit.is_some() || wanted < 2 {
        return Split::whole();
    }
    let step = relation.pages.div_ceil(wanted);
    (0..wanted)
        .map(|number| {
            let from = format!("ctid >= '({},0)'::tid", number * step);
            // The last split has no end: the table may have grown since its pages were counted.
            let predicate = if number + 1 == wanted {
                from
            } else {
                format!("{from} and ctid < '({},0)'::tid", (number + 1) * step)
            };
            Split {
                number: number as usize,
                predicate: Some(predicate),
            }
        })
        .collect()
}

struct PostgresSnapshot {
    valid: Arc<Valid>,
    request: ReadRequest,
    relation: Relation,
    splits: Vec<Split>,
    exported: Option<String>,
    horizon: Option<Scalar>,
    warnings: Vec<Error>,
    /// The connection that holds the snapshot. It reads the only split itself; a stream that was dropped early is read to
    /// its end by the driver before the next one begins.
    first: Arc<Client>,
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    fn splits(&self) -> &[Split] {
        &self.splits
    }

    fn ordered(&self) -> bool {
        self.request.range.is_some()
    }

    fn horizon(&self) -> Option<&Scalar> {
        self.horizon.as_ref()
    }

    fn warnings(&self) -> &[Error] {
        &self.warnings
    }

    fn estimated_rows(&self) -> Option<u64> {
        let whole = self.request.range.is_none() && self.request.limit.is_none();
        self.relation.spec.estimated_rows.filter(|_| whole)
    }

    async fn read(&self, split: &Split) -> Result<BatchStream> {
        let client = match &self.exported {
            Some(exported) => Arc::new(self.import(exported).await?),
            None => self.first.clone(),
        };
        let query = copy(&self.relation, &self.request, split)?;
        client.work();
        let rows = client
            .inner
            .copy_out(&query)
            .await
            .map_err(|error| client.error(&error))?;
        let reading = Reading {
            rows: Box::pin(rows),
            client,
            turn: self.turn()?,
            done: false,
        };
        Ok(stream::try_unfold(reading, Reading::next).boxed())
    }
}

impl PostgresSnapshot {
    async fn import(&self, exported: &str) -> Result<Client> {
        let client = Client::connect(&self.valid, Side::Source).await?;
        client.begin("isolation level repeatable read, read only").await?;
        client
            .run(&format!("set transaction snapshot {}", sql::text(exported)))
            .await?;
        Ok(client)
    }

    /// What becomes of the messages.
    fn turn(&self) -> Result<Turn> {
        let (rows, bytes) = (self.request.batch_rows, self.request.batch_bytes);
        if self.request.wire {
            return Ok(Turn::Wire {
                framing: Framing::default(),
                out: Vec::with_capacity(bytes),
                rows: 0,
                bytes,
            });
        }
        let mut fields = Vec::new();
        let mut wires = Vec::new();
        for read in &self.request.columns {
            let at = position(&self.relation, read)?;
            fields.push(self.relation.spec.columns[at].field(read.native));
            wires.push((!read.native).then(|| self.relation.types[at].wire.clone()));
        }
        Ok(Turn::Columns {
            decoder: Box::new(Decoder::new(schema(fields), builders(&wires))),
            rows,
            bytes,
        })
    }
}

/// A COPY while it is read. Holds its connection: the last to let it go cancels the COPY.
struct Reading {
    rows: std::pin::Pin<Box<CopyOutStream>>,
    client: Arc<Client>,
    turn: Turn,
    done: bool,
}

enum Turn {
    Wire {
        framing: Framing,
        out: Vec<u8>,
        rows: usize,
        bytes: usize,
    },
    Columns {
        decoder: Box<Decoder>,
        rows: usize,
        bytes: usize,
    },
}

impl Turn {
    fn push(&mut self, message: &[u8]) -> Result<()> {
        match self {
            Self::Wire { framing, out, rows, .. } => framing.rows(message, |row| {
                out.extend_from_slice(row);
                *rows += 1;
                Ok(())
            }),
            Self::Columns { decoder, .. } => decoder.push(message),
        }
    }

    fn full(&self) -> bool {
        match self {
            Self::Wire { out, bytes, .. } => out.len() >= *bytes,
            Self::Columns { decoder, rows, bytes } => decoder.rows() >= *rows || decoder.bytes() >= *bytes,
        }
    }

    /// The rows so far, if there are any.
    fn take(&mut self) -> Result<Option<Batch>> {
        match self {
            Self::Wire { out, rows, bytes, .. } => {
                let taken = std::mem::replace(out, Vec::with_capacity(*bytes));
                let batch = NativeRows {
                    bytes: taken.into(),
                    rows: std::mem::take(rows),
                };
                Ok((batch.rows > 0).then_some(Batch::Native(batch)))
            }
            Self::Columns { decoder, .. } if decoder.rows() == 0 => Ok(None),
            Self::Columns { decoder, .. } => decoder.finish().map(|batch| Some(Batch::Columns(batch))),
        }
    }

    fn end(&self) -> Result<()> {
        match self {
            Self::Wire { framing, .. } => framing.finish(),
            Self::Columns { decoder, .. } => decoder.end(),
        }
    }
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Batch, Self)>> {
        if self.done {
            return Ok(None);
        }
        loop {
            let batch = match self.rows.next().await {
                Some(Ok(message)) => {
                    self.turn.push(&message)?;
                    if self.turn.full() { self.turn.take()? } else { None }
                }
                Some(Err(error)) => return Err(self.client.error(&error)),
                None => {
                    self.turn.end()?;
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

fn position(relation: &Relation, read: &ReadColumn) -> Result<usize> {
    relation
        .spec
        .columns
        .iter()
        .position(|column| column.name == read.name)
        .ok_or_else(|| {
            Error::new(
                Code::UnknownColumn,
                format!("the stream has no column `{}` any more", read.name),
            )
            .help("its table changed while the run began: run again")
        })
}

/// The COPY statement of a split.
fn copy(relation: &Relation, request: &ReadRequest, split: &Split) -> Result<String> {
    let mut list = Vec::with_capacity(request.columns.len());
    let mut plain = true;
    for read in &request.columns {
        let ty = &relation.types[position(relation, read)?];
        let cast = if read.native { ty.native_cast } else { ty.typed_cast };
        let expression = format!("{}{cast}", sql::ident(&read.name));
        // A column that comes both typed and native is named twice, which only a query may.
        plain &= cast.is_empty() && !list.contains(&expression);
        list.push(expression);
    }
    let list = list.join(", ");
    let from = match &request.stream.query {
        Some(query) => format!("({}\n) as query", query.trim().trim_end_matches(';')),
        None => sql::table(&relation.spec.name),
    };
    let mut conditions: Vec<String> = split.predicate.iter().cloned().collect();
    let mut order = String::new();
    if let Some(range) = &request.range {
        let (key, bounds) = bounds(relation, range)?;
        conditions.extend(bounds);
        order = format!(" order by {key}");
    }
    if plain && relation.heap && conditions.is_empty() && request.limit.is_none() && order.is_empty() {
        return Ok(format!("copy {from} ({list}) to stdout (format binary)"));
    }
    let filter = if conditions.is_empty() {
        String::new()
    } else {
        format!(" where {}", conditions.join(" and "))
    };
    let limit = request
        .limit
        .map_or_else(String::new, |limit| format!(" limit {limit}"));
    Ok(format!(
        "copy (select {list} from {from}{filter}{order}{limit}) to stdout (format binary)"
    ))
}

/// The expression that a range compares and orders by, and its condition. Text is compared by its bytes, as the engine
/// does, not by a collation.
fn bounds(relation: &Relation, range: &Range) -> Result<(String, Option<String>)> {
    let column = relation.spec.column(&range.cursor).ok_or_else(|| {
        Error::new(
            Code::UnknownColumn,
            format!("the stream has no column `{}`", range.cursor),
        )
    })?;
    let name = sql::ident(&range.cursor);
    let key = if column.ty == DataType::String {
        format!("{name}::text collate \"C\"")
    } else {
        name.clone()
    };
    let mut conditions = Vec::new();
    if let Some(from) = &range.from {
        conditions.push(format!("{key} >= {}", sql::scalar(from)));
    }
    if let Some(below) = &range.below {
        conditions.push(format!("{key} < {}", sql::scalar(below)));
    }
    if conditions.is_empty() {
        return Ok((key, None));
    }
    let inside = conditions.join(" and ");
    let condition = if column.nullable {
        format!("(({inside}) or {name} is null)")
    } else {
        inside
    };
    Ok((key, Some(condition)))
}
