//! What a stream asks of its source, and in which form its rows travel.

use syncapp_connector::{Range, ReadColumn, ReadRequest, Snapshot, Target, TargetShape};
use syncapp_model::sync_file::{Mode, OnError, Write};
use syncapp_model::{Position, Result};
use syncapp_transform::Program;

use crate::boundary::Boundary;
use crate::listed::Listed;
use crate::{RunOptions, StreamPlan};

/// Rows of one batch at the most.
const BATCH_ROWS: usize = 4096;
/// Bytes of one batch, about.
const BATCH_BYTES: usize = 1 << 20;
/// Bytes of one batch of native rows: what goes to a server at once.
const WIRE_BYTES: usize = 64 << 10;

/// What follows the cursor, whose place among the columns that are read is `column`.
pub(crate) fn boundary(
    plan: &StreamPlan,
    column: usize,
    last: Option<&Position>,
    snapshot: &dyn Snapshot,
) -> Result<Boundary> {
    let keyed = matches!(plan.write, Write::Merge | Write::History);
    let (horizon, near) = (snapshot.horizon().cloned(), snapshot.near_horizon().cloned());
    Boundary::new(column, last, horizon, near, keyed)
}

/// Which columns travel as native bytes, and whether whole rows may: both ends have the same native type.
pub(crate) fn settle(
    plan: &StreamPlan,
    target: &Target,
    shape: &TargetShape,
    listed: &Listed,
) -> Result<(Program, bool)> {
    let native = natives(plan, target, shape);
    let mut extra: Vec<&str> = plan.cursor.iter().map(String::as_str).collect();
    let rejects = plan.on_error == OnError::Reject && plan.write != Write::Append;
    if rejects || !listed.is_empty() {
        extra.extend(plan.plain_key());
    }
    let program = plan.mapping.program(&native, &extra)?;
    let wire = shape.wire
        && plan.added.is_empty()
        && plan.on_error == OnError::Fail
        && listed.is_empty()
        && !native.is_empty()
        && native.iter().all(|native| *native)
        && program.keeps_rows();
    Ok((program, wire))
}

/// Which of the mapped columns have the same native type at both ends.
pub(crate) fn natives(plan: &StreamPlan, target: &Target, shape: &TargetShape) -> Vec<bool> {
    let columns = target.columns.iter().zip(&shape.columns);
    let same = columns.map(|(wanted, lands)| wanted.source_native.as_ref() == Some(&lands.native));
    same.take(plan.mapping.columns().len()).collect()
}

/// What a run reads of a stream whose last run ended there.
pub(crate) fn request(
    plan: &StreamPlan,
    options: &RunOptions,
    program: &Program,
    wire: bool,
    last: Option<&Position>,
) -> Result<ReadRequest> {
    let range = match (&plan.range, &plan.cursor) {
        (None, Some(cursor)) => Some(Range {
            cursor: cursor.clone(),
            from: match plan.mode {
                Mode::FullRefresh => None,
                _ => plan.from(last.map(|last| &last.cursor))?,
            },
            below: None,
        }),
        (range, _) => range.clone(),
    };
    Ok(ReadRequest {
        stream: plan.stream.clone(),
        columns: reads(program),
        wire,
        range,
        lenient: plan.on_error != OnError::Fail,
        limit: options.limit,
        splits: options.splits,
        batch_rows: BATCH_ROWS,
        batch_bytes: if wire { WIRE_BYTES } else { BATCH_BYTES },
    })
}

/// The program's columns in the connectors' words.
pub(crate) fn reads(program: &Program) -> Vec<ReadColumn> {
    program
        .reads()
        .iter()
        .map(|read| ReadColumn {
            name: read.name.clone(),
            native: read.native,
        })
        .collect()
}

/// The names of columns that are read by their typed form.
pub(crate) fn typed(reads: &[ReadColumn]) -> Vec<String> {
    let typed = reads.iter().filter(|read| !read.native);
    typed.map(|read| read.name.clone()).collect()
}
