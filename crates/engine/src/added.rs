//! Columns that a run adds behind the mapped ones: of the run, and of the time that a version holds.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array};
use arrow_schema::{Field, Schema, SchemaRef};
use syncapp_connector::{DELETED_AT, RUN_ID, Role, SYNCED_AT, TargetColumn, VALID_FROM, VALID_TO};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Code, DataType, Error, Result};

/// One value for all rows of a run.
#[derive(Debug, Clone, Copy)]
enum Value {
    Moment,
    RunId,
    Null,
}

/// A column that a run adds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Added {
    name: &'static str,
    value: Value,
    role: Role,
}

/// The columns that a stream's keys ask for.
pub(crate) fn columns(write: Write, deletes: DeleteRule, metadata: bool) -> Vec<Added> {
    let column = |name, value, role| Added { name, value, role };
    let mut columns = Vec::new();
    if write == Write::History {
        columns.push(column(VALID_FROM, Value::Moment, Role::Metadata));
        columns.push(column(VALID_TO, Value::Null, Role::Metadata));
    } else if deletes == DeleteRule::Soft {
        columns.push(column(DELETED_AT, Value::Null, Role::Data));
    }
    if metadata {
        columns.push(column(SYNCED_AT, Value::Moment, Role::Metadata));
        columns.push(column(RUN_ID, Value::RunId, Role::Metadata));
    }
    columns
}

/// Mapped columns whose names the run needs for its own.
pub(crate) fn collisions<'a>(added: &[Added], mapped: impl Iterator<Item = &'a str>) -> Vec<Error> {
    let taken = mapped.filter(|name| added.iter().any(|added| added.name.eq_ignore_ascii_case(name)));
    taken
        .map(|name| {
            Error::new(Code::Conflict, format!("the run adds a column `{name}` of its own"))
                .column(name)
                .help("give the source's column another name under `columns`, with `from`")
        })
        .collect()
}

impl Added {
    /// As the target has it.
    pub(crate) fn target(self) -> TargetColumn {
        TargetColumn {
            nullable: matches!(self.value, Value::Null),
            role: self.role,
            ..TargetColumn::new(self.name, self.ty())
        }
    }

    fn ty(self) -> DataType {
        match self.value {
            Value::RunId => DataType::String,
            Value::Moment | Value::Null => DataType::TimestampTz,
        }
    }
}

/// The values of added columns, ready to stand behind any batch.
#[derive(Clone)]
pub(crate) struct Constants {
    /// All columns, the mapped ones first.
    schema: SchemaRef,
    arrays: Vec<(Added, ArrayRef)>,
    run_id: String,
    moment: i64,
}

impl Constants {
    pub(crate) fn new(added: &[Added], mapped: &SchemaRef, run_id: &str, moment: i64) -> Self {
        let more = added
            .iter()
            .map(|added| Arc::new(added.ty().field(added.name, added.target().nullable)));
        let fields: Vec<Arc<Field>> = mapped.fields().iter().cloned().chain(more).collect();
        let mut constants = Self {
            schema: Arc::new(Schema::new(fields)),
            arrays: Vec::new(),
            run_id: run_id.into(),
            moment,
        };
        constants.arrays = added.iter().map(|added| (*added, constants.array(*added, 0))).collect();
        constants
    }

    /// The batch with the added columns behind its own.
    pub(crate) fn extend(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        if self.arrays.is_empty() {
            return Ok(batch.clone());
        }
        let rows = batch.num_rows();
        if self.arrays[0].1.len() < rows {
            let longer = self.arrays.iter().map(|(added, _)| (*added, self.array(*added, rows)));
            self.arrays = longer.collect();
        }
        let more = self.arrays.iter().map(|(_, array)| array.slice(0, rows));
        let columns = batch.columns().iter().cloned().chain(more).collect();
        RecordBatch::try_new(self.schema.clone(), columns).map_err(|problem| Error::internal(problem.to_string()))
    }

    fn array(&self, added: Added, rows: usize) -> ArrayRef {
        match added.value {
            Value::RunId => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(&self.run_id, rows))),
            Value::Moment => Arc::new(TimestampMicrosecondArray::from_value(self.moment, rows).with_timezone("UTC")),
            Value::Null => new_null_array(&added.ty().arrow(), rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Int64Array;

    use super::*;

    #[test]
    fn a_run_s_columns_stand_behind_the_mapped_ones() {
        let added = columns(Write::History, DeleteRule::Hard, true);
        let names: Vec<&str> = added.iter().map(|added| added.name).collect();
        assert_eq!(names, [VALID_FROM, VALID_TO, SYNCED_AT, RUN_ID]);
        let batch = |rows: i64| {
            let ids: ArrayRef = Arc::new((0..rows).collect::<Int64Array>());
            RecordBatch::try_from_iter([("id", ids)]).unwrap()
        };
        let mut constants = Constants::new(&added, &batch(0).schema(), "r1", 7);
        for rows in [3, 2, 5, 0] {
            let extended = constants.extend(&batch(rows)).unwrap();
            assert_eq!(extended.num_rows() as i64, rows);
            assert_eq!(extended.column(2).null_count() as i64, rows);
            let ids = extended.column(4).as_any().downcast_ref::<StringArray>().unwrap();
            assert!(ids.iter().all(|id| id == Some("r1")));
        }
    }

    #[test]
    fn a_column_of_such_a_name_is_an_error() {
        let added = columns(Write::Merge, DeleteRule::Soft, false);
        let errors = collisions(&added, ["id", "_DELETED_AT", "_run_id"].into_iter());
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].report().at.column.as_deref(), Some("_DELETED_AT"));
    }
}
