//! Both ends of a database, and streams between them as the engine moves them.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use async_trait::async_trait;
use futures_util::TryStreamExt;
use serde_json::json;
use syncapp_connector::testkit::{Flow, System};
use syncapp_connector::{
    Batch, Connector, Context, Destination, ReadColumn, ReadRequest, Receipt, Snapshot, Source, StreamRef, Target,
    TargetColumn,
};
use syncapp_connectors::postgres::Postgres;
use syncapp_connectors::server::Valid;
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, Result, StreamKey, StreamName, StreamSpec};
use syncapp_tests::server::postgres::{Database, Login};

/// A connection's parsed configuration.
pub(super) fn valid(keys: serde_json::Value) -> Arc<Valid> {
    let config = serde_json::from_value(keys).unwrap();
    let context = Context::at("");
    Arc::new(Postgres.validate(config, &context).unwrap())
}

pub(crate) fn source(login: &Login) -> Box<dyn Source> {
    Postgres.source(valid(json!({ "url": login.url() }))).unwrap()
}

pub(crate) fn destination(login: &Login) -> Box<dyn Destination> {
    Postgres.destination(valid(json!({ "url": login.url() }))).unwrap()
}

/// A database, written and read back by its `writer`.
pub(crate) struct Place(pub(crate) Database);

impl System for Place {
    fn source(&self) -> Box<dyn Source> {
        source(&self.0.writer)
    }

    fn destination(&self) -> Box<dyn Destination> {
        destination(&self.0.writer)
    }

    fn stream(&self, table: &str) -> StreamName {
        StreamName::within("landing", table)
    }
}

/// The kit's calls on a database.
#[async_trait]
pub(super) trait Landing {
    /// Loads and reads as its `writer`.
    fn flow(&self) -> Flow;

    /// Runs statements as its `writer`, who owns what they make.
    async fn as_writer(&self, sql: &str);
}

#[async_trait]
impl Landing for Database {
    fn flow(&self) -> Flow {
        Flow {
            system: Box::new(Place(self.clone())),
        }
    }

    async fn as_writer(&self, sql: &str) {
        self.writer
            .client()
            .await
            .batch_execute(sql)
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }
}

/// A stream of the schema `public`.
pub(crate) fn public(name: &str) -> StreamRef {
    StreamRef::table(StreamName::within("public", name))
}

/// A query under a name.
pub(super) fn query(sql: &str) -> StreamRef {
    StreamRef {
        name: StreamName::bare("asked"),
        query: Some(sql.into()),
    }
}

/// A request for all columns of a stream in one split.
pub(crate) fn request(stream: &StreamRef, spec: &StreamSpec, native: bool) -> ReadRequest {
    ReadRequest {
        stream: stream.clone(),
        columns: spec
            .columns
            .iter()
            .map(|column| ReadColumn {
                name: column.name.clone(),
                native,
            })
            .collect(),
        wire: false,
        range: None,
        lenient: false,
        limit: None,
        splits: 1,
        batch_rows: 1000,
        batch_bytes: 1 << 20,
    }
}

/// All batches of a snapshot, split by split.
pub(super) async fn drain(snapshot: &dyn Snapshot) -> Result<Vec<Batch>> {
    let mut batches = Vec::new();
    for split in snapshot.splits() {
        let read: Vec<Batch> = snapshot.read(split).await?.try_collect().await?;
        batches.extend(read);
    }
    Ok(batches)
}

/// All rows of a stream in their typed form.
pub(super) async fn rows(login: &Login, stream: &StreamRef) -> Result<Vec<RecordBatch>> {
    let source = source(login);
    let spec = source.describe(stream).await?;
    let snapshot = source.open(&request(stream, &spec, false)).await?;
    let columns = drain(&*snapshot).await?.into_iter().map(|batch| match batch {
        Batch::Columns(columns) => columns,
        Batch::Native(_) | Batch::Passing(_) | Batch::Marked(_) | Batch::Unread(_) => {
            panic!("what nobody asked for came")
        }
    });
    Ok(columns.collect())
}

/// A stream as a target of the schema `landing`, with the source's own types.
pub(super) fn target(spec: &StreamSpec, write: Write, key: &[&str]) -> Target {
    let columns = spec.columns.iter().map(|column| TargetColumn {
        source_native: column.portable.then(|| column.native.clone()),
        nullable: column.nullable,
        ..TargetColumn::new(&column.name, column.ty.clone())
    });
    let stream = StreamKey {
        project: "p".into(),
        sync: "s".into(),
        stream: spec.name.to_string(),
    };
    Target {
        primary_key: key.iter().map(|name| (*name).to_owned()).collect(),
        ..Target::new(
            stream,
            StreamName::bare(spec.name.name.clone()),
            columns.collect(),
            write,
        )
    }
}

/// Copies a stream; columns whose native type is the same at both ends travel natively, and with `wire` rows do.
pub(super) async fn copy(from: &Login, stream: &StreamRef, to: &Login, target: &Target, wire: bool) -> Result<Receipt> {
    let (source, destination) = (source(from), destination(to));
    let claim = destination.claim(target).await?;
    let shape = destination.diff(target).await?;
    let spec = source.describe(stream).await?;
    let mut request = request(stream, &spec, false);
    for ((read, wanted), lands) in request.columns.iter_mut().zip(&target.columns).zip(&shape.columns) {
        read.native = wanted.source_native.as_ref() == Some(&lands.native);
    }
    request.wire = wire;
    assert!(
        !wire || request.columns.iter().all(|read| read.native),
        "whole rows travel where all columns do"
    );
    let snapshot = source.open(&request).await?;
    let mut load = destination.begin(target, claim.epoch, &shape).await?;
    let mut writer = load.writer().await?.unwrap();
    for batch in drain(&*snapshot).await? {
        writer.write(batch).await?;
    }
    let rows = writer.finish().await?;
    load.commit(&Checkpoint { position: None, rows }).await?.done()
}

/// How many rows the batches have.
pub(super) fn count(batches: &[RecordBatch]) -> usize {
    batches.iter().map(RecordBatch::num_rows).sum()
}

/// A value as Arrow prints it, by its row and column.
pub(super) fn shown(batches: &[RecordBatch], column: &str, row: usize) -> String {
    let array = batches[0]
        .column_by_name(column)
        .unwrap_or_else(|| panic!("column {column}"));
    if array.is_null(row) {
        return "NULL".into();
    }
    arrow_cast::display::array_value_to_string(array, row).unwrap()
}
