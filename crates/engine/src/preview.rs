//! Some rows of a stream, as they are and as they would land. Writes nothing.

use arrow_array::RecordBatch;
use futures_util::StreamExt;
use syncapp_connector::{Batch, ReadColumn, ReadRequest};
use syncapp_model::{Error, Result};

use crate::stream::reads;
use crate::{Ends, StreamPlan};

/// The first rows of a stream.
#[derive(Debug, Clone)]
pub struct Preview {
    /// As the source gives them: all its columns.
    pub source: Vec<RecordBatch>,
    /// As the mapping makes them; rows that `where` leaves out are not there.
    pub mapped: Vec<RecordBatch>,
}

/// Reads at most so many rows of a stream and maps them.
pub async fn preview(ends: &Ends, plan: &StreamPlan, rows: u64) -> Result<Preview> {
    let program = plan.mapping.program(&vec![false; plan.mapping.columns().len()], &[])?;
    let all = plan.spec.columns.iter().map(|column| ReadColumn {
        name: column.name.clone(),
        native: false,
    });
    let request = ReadRequest {
        stream: plan.stream.clone(),
        columns: all.collect(),
        wire: false,
        range: None,
        lenient: false,
        limit: Some(rows),
        splits: 1,
        batch_rows: 1024,
        batch_bytes: 1 << 20,
    };
    let snapshot = ends.source.open(&request).await?;
    let mut preview = Preview {
        source: Vec::new(),
        mapped: Vec::new(),
    };
    let mut first_row = 1;
    for split in snapshot.splits() {
        let mut batches = snapshot.read(split).await?;
        while let Some(batch) = batches.next().await {
            let Batch::Columns(columns) = batch? else {
                return Err(Error::internal("a source answers with native rows unasked"));
            };
            let used = projected(&columns, &reads(&program))?;
            preview.mapped.push(program.apply(&used, first_row)?);
            first_row += columns.num_rows() as u64;
            preview.source.push(columns);
        }
    }
    Ok(preview)
}

/// The columns that a program reads, out of all columns.
fn projected(columns: &RecordBatch, reads: &[ReadColumn]) -> Result<RecordBatch> {
    let places: Result<Vec<usize>> = reads
        .iter()
        .map(|read| {
            let place = columns.schema_ref().index_of(&read.name);
            place.map_err(|_| Error::internal(format!("the source left out `{}`", read.name)))
        })
        .collect();
    columns
        .project(&places?)
        .map_err(|problem| Error::internal(problem.to_string()))
}
