//! Whether a stream's key tells its rows apart, seen before the rows land.

use std::collections::HashSet;

use arrow_array::{Array, RecordBatch};
use futures_util::StreamExt;
use syncapp_connector::{Batch, Marked, ReadRequest};
use syncapp_model::sync_file::{OnError, Write};
use syncapp_model::{Code, DataType, Error, Result};
use syncapp_transform::{Change, MappedColumn, Program};

use crate::reading::reads;
use crate::row_hash::row_hash;
use crate::sift::is_about_a_row;
use crate::unread;
use crate::{Ends, StreamPlan};

/// How many rows are looked at: 16 bytes of memory each.
const LOOKED_AT: u64 = 2_000_000;
/// How many keys an error names.
const NAMED: usize = 5;

/// What is wrong with the key of a merge or a history. A key that the source declares itself is not looked at.
pub(crate) async fn check(ends: &Ends, plan: &StreamPlan) -> Result<Vec<Error>> {
    if !matches!(plan.write, Write::Merge | Write::History) || is_declared(plan) {
        return Ok(Vec::new());
    }
    let program = plan.mapping.program(&vec![false; plan.mapping.columns().len()], &[])?;
    let request = ReadRequest {
        stream: plan.stream.clone(),
        columns: reads(&program),
        wire: false,
        range: None,
        lenient: plan.on_error != OnError::Fail,
        limit: Some(LOOKED_AT),
        splits: 1,
        batch_rows: 4096,
        batch_bytes: 1 << 20,
    };
    let snapshot = ends.source.open(&request).await?;
    let mut seen = Seen::new(plan);
    let mut read = 0;
    for split in snapshot.splits() {
        let mut batches = snapshot.read(split).await?;
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            let (first_row, rows) = (read + 1, batch.rows() as u64);
            read += rows;
            let columns = match batch {
                Batch::Columns(columns) => columns,
                Batch::Marked(marked) => {
                    seen.misread(&program, &marked);
                    match plan.on_error {
                        // What a run sets aside is no row of the target.
                        OnError::Reject => marked.filter(&marked.sound())?.columns,
                        _ => marked.columns,
                    }
                }
                Batch::Unread(unread) if plan.on_error == OnError::Reject => {
                    seen.refuse(&unread::of_first(&unread), rows);
                    continue;
                }
                Batch::Unread(rows) => return Err(unread::of_first(&rows)),
                Batch::Native(_) | Batch::Passing(_) => {
                    return Err(Error::internal("a source answers with native rows unasked"));
                }
            };
            seen.map(&program, &columns, first_row)?;
        }
    }
    Ok(seen.problems(read))
}

/// Whether the source itself keeps the key unique and not NULL.
fn is_declared(plan: &StreamPlan) -> bool {
    let copied: HashSet<&String> = copied(plan).filter_map(|column| column.source.as_ref()).collect();
    let declared: HashSet<&String> = plan.spec.primary_key.iter().collect();
    !declared.is_empty() && declared.is_subset(&copied)
}

/// Whether so for every target too: a text may be another's equal there.
pub(crate) fn is_distinct(plan: &StreamPlan) -> bool {
    use DataType::{Bool, Date, Int16, Int32, Int64, Uuid};
    is_declared(plan) && copied(plan).all(|column| matches!(column.ty, Bool | Int16 | Int32 | Int64 | Uuid | Date))
}

/// The columns of the key that are the source's own, unchanged.
fn copied(plan: &StreamPlan) -> impl Iterator<Item = &MappedColumn> {
    let columns = plan.mapping.columns().iter();
    columns.filter(|column| plan.primary_key.contains(&column.name) && column.change == Change::None)
}

/// The keys so far.
struct Seen<'a> {
    plan: &'a StreamPlan,
    /// Places and types of the key's columns.
    key: Vec<(usize, DataType)>,
    hashes: HashSet<u128>,
    twice: HashSet<u128>,
    named: Vec<String>,
    nulls: u64,
    /// Rows that cannot land as they are, where a run goes on behind them; and why the first of them cannot.
    refused: u64,
    why: Option<Code>,
}

impl<'a> Seen<'a> {
    fn new(plan: &'a StreamPlan) -> Self {
        let columns = plan.mapping.columns().iter().enumerate();
        let key = columns.filter(|(_, column)| plan.primary_key.contains(&column.name));
        Self {
            plan,
            key: key.map(|(at, column)| (at, column.ty.clone())).collect(),
            hashes: HashSet::new(),
            twice: HashSet::new(),
            named: Vec::new(),
            nulls: 0,
            refused: 0,
            why: None,
        }
    }

    /// Counts rows that a run sets aside, or in which it makes a value NULL.
    fn refuse(&mut self, error: &Error, rows: u64) {
        self.refused += rows;
        self.why.get_or_insert(error.code());
    }

    /// Counts rows with values that could not be read, but those that `where` leaves out.
    fn misread(&mut self, program: &Program, marked: &Marked) {
        for cells in marked.cells.chunk_by(|one, other| one.row == other.row) {
            if unread::stays(program, &marked.columns.slice(cells[0].row, 1), cells) {
                self.refuse(&cells[0].error, 1);
            }
        }
    }

    /// Maps rows and takes in what lands of them.
    fn map(&mut self, program: &Program, rows: &RecordBatch, first_row: u64) -> Result<()> {
        let mut error = match program.apply(rows, first_row) {
            Ok(mapped) => return self.take(&mapped),
            Err(error) => error,
        };
        if self.plan.on_error == OnError::Fail || !is_about_a_row(&error) {
            return Err(error);
        }
        let number = rows.num_rows();
        if number > 1 {
            let half = number / 2;
            self.map(program, &rows.slice(0, half), first_row)?;
            return self.map(program, &rows.slice(half, number - half), first_row + half as u64);
        }
        self.refuse(&error, 1);
        let mut nulls = Vec::new();
        while self.plan.on_error == OnError::Null {
            match error.report().at.column.clone() {
                Some(column) if !nulls.contains(&column) => nulls.push(column),
                _ => return Err(error),
            }
            match program.apply_with_nulls(rows, first_row, &nulls) {
                Ok(mapped) => return self.take(&mapped),
                Err(next) => error = next,
            }
        }
        Ok(())
    }

    fn take(&mut self, mapped: &RecordBatch) -> Result<()> {
        let places: Vec<usize> = self.key.iter().map(|(at, _)| *at).collect();
        let keys = mapped
            .project(&places)
            .map_err(|problem| Error::internal(problem.to_string()))?;
        for row in 0..keys.num_rows() {
            if keys.columns().iter().any(|column| column.is_null(row)) {
                match self.plan.on_error {
                    OnError::Reject => self.refuse(&Error::new(Code::NullKey, "a key is NULL"), 1),
                    _ => self.nulls += 1,
                }
                continue;
            }
            let hash = row_hash(&keys, row)?;
            if !self.hashes.insert(hash) && self.twice.insert(hash) && self.named.len() < NAMED {
                let values = keys.columns().iter().zip(&self.key);
                let values: Vec<String> = values
                    .map(|(column, (_, ty))| syncapp_values::short(column, ty, row))
                    .collect();
                self.named.push(format!("({})", values.join(", ")));
            }
        }
        Ok(())
    }

    fn problems(self, read: u64) -> Vec<Error> {
        let mut problems = Vec::new();
        let key = self.plan.primary_key.join(", ");
        if let Some(code) = self.why {
            let becomes = match self.plan.on_error {
                OnError::Reject => "a run sets them aside",
                _ => "a run makes their values NULL",
            };
            let why = format!("{} of {read} rows cannot land as they are: {becomes}", self.refused);
            problems.push(Error::warning(code, why).help("correct them, or leave them out with `where`"));
        }
        if self.nulls > 0 {
            let why = format!("the key ({key}) is NULL in {} of {read} rows", self.nulls);
            problems.push(
                Error::new(Code::NullKey, why)
                    .help("choose a key whose columns are never NULL, or leave such rows out with `where`"),
            );
        }
        if !self.twice.is_empty() {
            let why = format!(
                "{} values of the key ({key}) stand on more than one row",
                self.twice.len()
            );
            let named = self.named.join(", ");
            // Along a cursor the greatest value wins.
            problems.push(
                match &self.plan.cursor {
                    Some(cursor) => Error::warning(Code::DuplicateKey, why)
                        .help(format!("of each, the row with the greatest `{cursor}` lands")),
                    None => {
                        Error::new(Code::DuplicateKey, why).help("choose a `primary_key` that tells the rows apart")
                    }
                }
                .row(named),
            );
        }
        if read >= LOOKED_AT {
            let why =
                format!("only {LOOKED_AT} rows were looked at: whether the key ({key}) is unique in all is not known");
            problems
                .push(Error::warning(Code::DuplicateKey, why).help("declare the key in the source, or run the sync"));
        }
        problems
    }
}
