//! The calls of a load and of a read, in the order the engine makes them.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use futures_util::TryStreamExt;
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, Code, Epoch, Error, Position, Result, Scalar, StreamSpec};

use super::rig::{Rig, System};
use super::table::{Table, assert_rows, sorted};
use crate::{Batch, Load, Range, ReadColumn, ReadRequest, Receipt, StreamRef, Target};

/// A fresh system, and loads and reads on it. Every call uses a new end.
pub struct Flow {
    /// The place.
    pub system: Box<dyn System>,
}

/// A checkpoint after so many rows, with an integer cursor.
pub fn checkpoint(rows: u64) -> Checkpoint {
    Checkpoint {
        position: Some(Position {
            cursor: Scalar::Int(rows as i64),
            through: Scalar::Int(rows as i64 + 1),
            table: None,
            landed: vec![(u128::from(rows), 1)],
        }),
        rows,
    }
}

impl Flow {
    /// Over a fresh system of the rig.
    pub async fn new(rig: &dyn Rig) -> Self {
        Self {
            system: rig.fresh().await,
        }
    }

    /// A table as a target of this system.
    pub fn target(&self, table: &Table, write: Write) -> Target {
        table.target(&*self.system, write)
    }

    /// A table as a stream of this system.
    pub fn stream(&self, table: &Table) -> StreamRef {
        StreamRef::table(self.system.stream(&table.name))
    }

    /// Claims the target; the new epoch.
    pub async fn claim(&self, target: &Target) -> Result<Epoch> {
        Ok(self.system.destination().claim(target).await?.epoch)
    }

    /// Begins a load under a claim.
    pub async fn begin(&self, target: &Target, epoch: Epoch) -> Result<Box<dyn Load>> {
        let destination = self.system.destination();
        let shape = destination.diff(target).await?;
        assert_eq!(
            shape.columns.len(),
            target.columns.len(),
            "a shape has each target column"
        );
        destination.begin(target, epoch, &shape).await
    }

    /// A load whose rows are all written, but not committed.
    pub async fn fill(&self, target: &Target, epoch: Epoch, rows: &[RecordBatch]) -> Result<Box<dyn Load>> {
        let mut load = self.begin(target, epoch).await?;
        match write(&mut *load, rows).await {
            Ok(()) => Ok(load),
            Err(error) => {
                load.abort().await;
                Err(error)
            }
        }
    }

    /// A whole load under a claim of its own.
    pub async fn load(&self, target: &Target, rows: &[RecordBatch], checkpoint: &Checkpoint) -> Result<Receipt> {
        let epoch = self.claim(target).await?;
        self.fill(target, epoch, rows).await?.commit(checkpoint).await?.done()
    }

    /// A whole load that has to work.
    pub async fn put(&self, table: &Table, write: Write, rows: &[RecordBatch]) -> Receipt {
        let target = self.target(table, write);
        let count = rows.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
        match self.load(&target, rows, &checkpoint(count)).await {
            Ok(receipt) => receipt,
            Err(error) => panic!("load of `{}` ({write:?}): {error:?}", table.name),
        }
    }

    /// What the system says of the table.
    pub async fn describe(&self, table: &Table) -> Result<StreamSpec> {
        self.system.source().describe(&self.stream(table)).await
    }

    /// A request for all columns of a described stream.
    pub fn request(&self, table: &Table, spec: &StreamSpec) -> ReadRequest {
        ReadRequest {
            stream: self.stream(table),
            columns: spec
                .columns
                .iter()
                .map(|column| ReadColumn {
                    name: column.name.clone(),
                    native: false,
                })
                .collect(),
            wire: false,
            range: None,
            lenient: false,
            limit: None,
            splits: 2,
            batch_rows: 1000,
            batch_bytes: 1 << 20,
        }
    }

    /// The batches of a request, split by split, and whether they come in the cursor's order.
    pub async fn batches(&self, request: &ReadRequest) -> Result<(Vec<RecordBatch>, bool)> {
        let snapshot = self.system.source().open(request).await?;
        assert!(
            snapshot.splits().len() <= request.splits.max(1),
            "no more splits than asked for"
        );
        assert!(
            !snapshot.ordered() || snapshot.splits().len() == 1,
            "an ordered view is not cut"
        );
        let mut batches = Vec::new();
        for split in snapshot.splits() {
            let read: Vec<Batch> = snapshot.read(split).await?.try_collect().await?;
            for batch in read {
                match batch {
                    Batch::Columns(columns) => batches.push(columns),
                    Batch::Native(_) | Batch::Passing(_) | Batch::Marked(_) | Batch::Unread(_) => {
                        panic!("what nobody asked for came")
                    }
                }
            }
        }
        Ok((batches, snapshot.ordered()))
    }

    /// All rows of a table, sorted by `id`; `None` where there is no such table.
    pub async fn read(&self, table: &Table) -> Option<RecordBatch> {
        let spec = match self.describe(table).await {
            Ok(spec) => spec,
            Err(error) if error.code() == Code::StreamNotFound => return None,
            Err(error) => panic!("describe `{}`: {error:?}", table.name),
        };
        let request = self.request(table, &spec);
        let (batches, _) = match self.batches(&request).await {
            Ok(read) => read,
            Err(error) => panic!("read `{}`: {error:?}", table.name),
        };
        Some(sorted(&schema_of(&spec, &request), &batches))
    }

    /// Fails unless the table holds just these rows.
    pub async fn expect(&self, table: &Table, rows: &[RecordBatch], what: &str) {
        let got = self
            .read(table)
            .await
            .unwrap_or_else(|| panic!("{what}: `{}` is not there", table.name));
        assert_rows(&got, &sorted(&table.schema(), rows), what);
    }

    /// The ids, in the order they come, of a range of a table.
    pub async fn ids(&self, table: &Table, range: Option<Range>, limit: Option<u64>) -> Result<(Vec<i64>, bool)> {
        use arrow_array::cast::AsArray;
        let spec = self.describe(table).await?;
        let mut request = self.request(table, &spec);
        request.range = range;
        request.limit = limit;
        let (batches, ordered) = self.batches(&request).await?;
        let ids = batches
            .iter()
            .filter_map(|batch| batch.column_by_name("id"))
            .flat_map(|ids| ids.as_primitive::<arrow_array::types::Int64Type>().values().to_vec())
            .collect();
        Ok((ids, ordered))
    }
}

/// Writes the rows through one writer and finishes it.
async fn write(load: &mut dyn Load, rows: &[RecordBatch]) -> Result<()> {
    let mut writer = load
        .writer()
        .await?
        .ok_or_else(|| Error::internal("a load gave no writer at all"))?;
    for batch in rows {
        writer.write(Batch::Columns(batch.clone())).await?;
    }
    let counted = writer.finish().await?;
    let sent = rows.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
    assert_eq!(counted, sent, "a writer counts the rows it was given");
    Ok(())
}

/// The schema that a request's batches have.
pub(super) fn schema_of(spec: &StreamSpec, request: &ReadRequest) -> Arc<Schema> {
    let fields: Vec<Field> = request
        .columns
        .iter()
        .filter_map(|column| spec.column(&column.name))
        .map(|column| column.field(false))
        .collect();
    Arc::new(Schema::new(fields))
}
