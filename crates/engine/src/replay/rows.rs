//! From rows that were kept to rows as the source would give them.

use std::collections::HashMap;

use arrow_array::{ArrayRef, RecordBatch};
use indexmap::IndexMap;
use syncapp_connector::Reject;
use syncapp_model::{Code, DataType, Error, Result, Side};
use syncapp_transform::Program;

use super::fix::Fixes;
use crate::StreamPlan;
use crate::kept::{Cell, TEXT, cells};

/// A row that was kept.
pub(super) struct Row(IndexMap<String, Cell>);

impl Row {
    pub(super) fn of(reject: &Reject) -> Result<Self> {
        cells(&reject.row).map(Self)
    }

    /// Whether a column was kept as the source's own bytes.
    pub(super) fn is_native(&self, column: &str) -> bool {
        matches!(self.0.get(column), Some(Cell::Native(_)))
    }

    /// A column's value.
    pub(super) fn typed(&self, column: &str, ty: &DataType) -> Result<ArrayRef> {
        self.cell(column)?.typed(ty).map_err(|error| unusable(column, &error))
    }

    /// A column's value as the source's own bytes.
    fn native(&self, column: &str) -> Result<ArrayRef> {
        let bytes = self.cell(column)?.native().map_err(|error| unusable(column, &error))?;
        bytes.ok_or_else(|| {
            let why = "it was kept by its value, and others of these rows by the source's own bytes";
            unusable(column, &Error::new(Code::InvalidData(Side::Source), why))
        })
    }

    fn cell(&self, column: &str) -> Result<&Cell> {
        self.0.get(column).ok_or_else(|| {
            let why = if self.0.contains_key(TEXT) {
                "the row's columns could not be told apart"
            } else {
                "the mapping did not read it when the row was kept"
            };
            unusable(column, &Error::new(Code::InvalidData(Side::Source), why))
        })
    }

    /// The row as the program reads it.
    pub(super) fn batch(&self, plan: &StreamPlan, program: &Program, fixes: &Fixes) -> Result<RecordBatch> {
        let fixed: HashMap<String, ArrayRef> = fixes.apply(self)?;
        let columns = program.reads().iter().map(|read| {
            if let Some(value) = fixed.get(&read.name) {
                return Ok(value.clone());
            }
            if read.native {
                return self.native(&read.name);
            }
            let column = plan.spec.column(&read.name);
            let column = column.ok_or_else(|| Error::internal(format!("the source has no `{}`", read.name)))?;
            self.typed(&read.name, &column.ty)
        });
        RecordBatch::try_new(program.input().clone(), columns.collect::<Result<Vec<_>>>()?)
            .map_err(|problem| Error::internal(problem.to_string()))
    }
}

/// A value that cannot be had from what was kept.
fn unusable(column: &str, error: &Error) -> Error {
    let why = format!("the source's `{column}` cannot be had: {}", error.report().why);
    Error::new(Code::InvalidData(Side::Source), why).help(format!(
        "give its value by `--fix \"{column} = …\"`, or let a run read the row again"
    ))
}
