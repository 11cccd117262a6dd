//! The rows that a run would insert, update and delete, cell by cell. Nothing is written, nor the fence raised.
//!
//! The source is read as the run would read it, the target as it is; both are compared by key. Values are compared in
//! their typed form, which is exact or an error: a column with values that only the system's own bytes can say is
//! compared by those, where both ends have the same type.

mod change;
mod columns;
mod wanted;

use std::collections::HashSet;

use arrow_array::{Array, BooleanArray, RecordBatch};
use futures_util::StreamExt;
use serde::Serialize;
use syncapp_connector::{Batch, DELETED_AT, ReadColumn, ReadRequest, StreamRef, TargetChange, VALID_TO};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Code, Error, Result, StreamSpec};

use crate::compare::{Comparison, Difference, Of, Repeats, Row, Rule};
use crate::ground::Ground;
use crate::{Ends, RunOptions, StreamPlan, gone};
use change::Shown;
pub use change::{Cell, Change, Kind};
use columns::Columns;

/// How much a run would change.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Forecast {
    /// The stream's name.
    pub stream: String,
    /// The target's full name.
    pub target: String,
    /// Rows that are read.
    pub read: u64,
    /// Rows that are new.
    pub inserted: u64,
    /// Rows that change; in a history, that get a new version.
    pub updated: u64,
    /// Rows that go, or are marked as gone, or whose version ends.
    pub deleted: u64,
    /// Rows that are set aside.
    pub rejected: u64,
    /// Values that become NULL because they cannot land.
    pub nulled: u64,
    /// What the user should know.
    pub warnings: Vec<Error>,
}

/// What a run would change now. `each` gets the first `most` changes.
pub async fn forecast(
    ends: &Ends,
    plan: &StreamPlan,
    options: &RunOptions,
    most: u64,
    mut each: impl FnMut(Change) -> Result<()>,
) -> Result<Forecast> {
    let named = |error: Error| ends.show(plan, error).stream(&plan.entry);
    let ground = Ground::look(ends, plan, options).await.map_err(named)?;
    let table = table(ends, &ground)
        .await
        .map_err(|error| named(of_target(ends, error)))?;
    let mut natives = HashSet::new();
    loop {
        let columns = Columns::new(&ground, table.as_ref(), &natives);
        let mut counts = Forecast {
            stream: plan.key.stream.clone(),
            target: ground.shape.name.to_string(),
            ..Forecast::default()
        };
        let comparison = match gather(ends, &ground, options, table.as_ref(), &columns, &mut counts).await {
            Ok(comparison) => comparison,
            Err(error) => match native(&ground, &columns, &error) {
                Some(column) if natives.insert(column.clone()) => continue,
                _ => return Err(named(error)),
            },
        };
        let spared = gone::spared(&ground.plan, counts.rejected);
        let spares = spared.is_some();
        counts.warnings.extend(spared);
        let key = places(&ground, &columns);
        let shown = Shown {
            columns: &columns,
            key: &key,
        };
        let settled = |row: &Row<'_>| {
            if spares {
                Ok(None)
            } else {
                vanished(&ground, &columns, row)
            }
        };
        comparison
            .finish(|difference| {
                let told = counts.inserted + counts.updated + counts.deleted < most;
                let change = match difference {
                    Difference::Insert(row) => {
                        counts.inserted += 1;
                        told.then(|| shown.whole(Kind::Insert, &row))
                    }
                    Difference::Update { new, old } => {
                        counts.updated += 1;
                        told.then(|| shown.update(&new, &old))
                    }
                    Difference::Delete(row) => {
                        let Some(kind) = settled(&row)? else { return Ok(()) };
                        counts.deleted += 1;
                        told.then(|| shown.whole(kind, &row))
                    }
                };
                change.map_or(Ok(()), |change| each(change?))
            })
            .map_err(named)?;
        return Ok(counts);
    }
}

/// Reads both ends.
async fn gather(
    ends: &Ends,
    ground: &Ground,
    options: &RunOptions,
    table: Option<&StreamSpec>,
    columns: &Columns,
    counts: &mut Forecast,
) -> Result<Comparison> {
    let write = ground.plan.write;
    let key = places(ground, columns);
    let by_key = matches!(write, Write::Merge | Write::History);
    let all = 0..columns.len();
    let mut comparison = Comparison::new(Rule {
        schema: columns.schema().clone(),
        // The key of a merge is never updated.
        compared: all.filter(|at| !(by_key && key.contains(at))).collect(),
        repeats: if by_key {
            let cursor = ground.target.cursor.as_ref();
            Repeats::Settled(cursor.and_then(|cursor| columns.place(cursor)))
        } else {
            Repeats::Kept
        },
        key: if write == Write::Append { Vec::new() } else { key },
    })?;
    let mapped = ground.plan.mapping.columns();
    let place = |name: &str| columns.place(name);
    let natives: Vec<bool> = mapped
        .iter()
        .map(|column| place(&column.name).is_some_and(|at| columns.ty(at).is_none()))
        .collect();
    wanted::read(ends, ground, options, &natives, counts, |batch| {
        comparison.add(Of::Wanted, &columns.wanted(batch, ends.destination.as_ref())?)
    })
    .await?;
    // What is added changes nothing that is there.
    if let Some(table) = table.filter(|_| write != Write::Append) {
        present(ends, ground, table, columns, &mut comparison)
            .await
            .map_err(|error| of_target(ends, error))?;
    }
    Ok(comparison)
}

/// The target's table as it is, unless it is not there.
async fn table(ends: &Ends, ground: &Ground) -> Result<Option<StreamSpec>> {
    let creates = |change: &TargetChange| matches!(change, TargetChange::Create { .. });
    if ground.shape.changes.iter().any(creates) {
        return Ok(None);
    }
    match ends.target.describe(&StreamRef::table(ground.shape.name.clone())).await {
        Err(error) if error.code() == Code::StreamNotFound => Ok(None),
        described => described.map(Some),
    }
}

/// Reads the target: in a history, the current versions.
async fn present(
    ends: &Ends,
    ground: &Ground,
    table: &StreamSpec,
    columns: &Columns,
    comparison: &mut Comparison,
) -> Result<()> {
    let mut reads = columns.reads();
    let history = ground.plan.write == Write::History && table.column(VALID_TO).is_some();
    if history {
        reads.push(ReadColumn {
            name: VALID_TO.into(),
            native: false,
        });
    }
    let request = ReadRequest {
        stream: StreamRef::table(ground.shape.name.clone()),
        columns: reads,
        wire: false,
        range: None,
        lenient: false,
        limit: None,
        splits: 1,
        batch_rows: 4096,
        batch_bytes: 1 << 20,
    };
    let snapshot = ends.target.open(&request).await?;
    for split in snapshot.splits() {
        let mut batches = snapshot.read(split).await?;
        while let Some(batch) = batches.next().await {
            let Batch::Columns(mut rows) = batch? else {
                return Err(Error::internal("a target answers with native rows unasked"));
            };
            if history {
                rows = current(&rows)?;
            }
            comparison.add(Of::Present, &columns.present(&rows, ends.destination.as_ref())?)?;
        }
    }
    Ok(())
}

/// The rows whose last column is NULL: versions without an end.
fn current(rows: &RecordBatch) -> Result<RecordBatch> {
    let end = rows.column(rows.num_columns() - 1);
    let open: BooleanArray = (0..rows.num_rows()).map(|row| Some(end.is_null(row))).collect();
    arrow_select::filter::filter_record_batch(rows, &open).map_err(|problem| Error::internal(problem.to_string()))
}

/// What becomes of a row whose key is not read again; `None` where it stays as it is.
fn vanished(ground: &Ground, columns: &Columns, row: &Row<'_>) -> Result<Option<Kind>> {
    Ok(match (ground.plan.write, ground.plan.deletes) {
        (Write::Overwrite, _) | (Write::Merge, DeleteRule::Hard) => Some(Kind::Delete),
        (Write::Append, _) | (_, DeleteRule::Ignore) => None,
        (Write::History, _) => Some(Kind::End),
        (Write::Merge, DeleteRule::Soft) => {
            let marked = match columns.place(DELETED_AT) {
                Some(at) => !row.value(at)?.is_null(0),
                None => false,
            };
            (!marked).then_some(Kind::Mark)
        }
    })
}

/// Places of the key's columns.
fn places(ground: &Ground, columns: &Columns) -> Vec<usize> {
    let key = ground.target.primary_key.iter();
    key.filter_map(|name| columns.place(name)).collect()
}

/// The column whose values have no typed form, where the system's bytes can be compared instead.
fn native(ground: &Ground, columns: &Columns, error: &Error) -> Option<String> {
    if !matches!(error.code(), Code::InvalidData(_) | Code::ValueOutOfRange(_)) {
        return None;
    }
    let named = error.report().at.column.as_ref()?;
    let mapped = ground.plan.mapping.columns().iter().zip(&ground.shape.columns);
    let mut same = mapped.filter(|(mapped, lands)| mapped.native.as_ref() == Some(&lands.native));
    let (column, _) = same.find(|(mapped, _)| mapped.name == *named || mapped.source.as_ref() == Some(named))?;
    columns.place(&column.name).map(|_| column.name.clone())
}

/// An error of the target's reading end is about the target.
fn of_target(ends: &Ends, error: Error) -> Error {
    error.connection(&ends.destination_name)
}
