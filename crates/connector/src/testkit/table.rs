//! The kit's tables: columns, and rows to put into them.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow_schema::Schema;
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;
use syncapp_model::sync_file::Write;
use syncapp_model::{DataType, StreamKey};

use super::rig::System;
use crate::{Target, TargetColumn};

/// A table by its name in the kit, with an `id` column of 64-bit integers first.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name; [`System::target`] makes the system's own of it.
    pub name: String,
    /// Name, type, and whether NULL may come.
    pub columns: Vec<(String, DataType, bool)>,
    /// The key of a merge.
    pub key: Vec<String>,
    /// The column whose greater value wins.
    pub cursor: Option<String>,
}

impl Table {
    /// `id`, and the columns given, which may hold NULL.
    pub fn new(name: &str, columns: &[(&str, DataType)]) -> Self {
        let mut all = vec![("id".to_owned(), DataType::Int64, false)];
        all.extend(columns.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone(), true)));
        Self {
            name: name.to_owned(),
            columns: all,
            key: vec!["id".into()],
            cursor: None,
        }
    }

    /// `id` and a text column `v`.
    pub fn texts(name: &str) -> Self {
        Self::new(name, &[("v", DataType::String)])
    }

    /// As a target.
    pub fn target(&self, system: &dyn System, write: Write) -> Target {
        let key = StreamKey {
            project: "kit".into(),
            sync: "conformance".into(),
            stream: self.name.clone(),
        };
        let columns = self.columns.iter().map(|(name, ty, nullable)| TargetColumn {
            nullable: *nullable,
            ..TargetColumn::new(name, ty.clone())
        });
        Target {
            primary_key: if write == Write::Merge {
                self.key.clone()
            } else {
                Vec::new()
            },
            cursor: self.cursor.clone(),
            ..Target::new(key, system.target(&self.name), columns.collect(), write)
        }
    }

    /// The Arrow schema of its rows.
    pub fn schema(&self) -> Arc<Schema> {
        let fields: Vec<_> = self
            .columns
            .iter()
            .map(|(name, ty, nullable)| ty.field(name, *nullable))
            .collect();
        Arc::new(Schema::new(fields))
    }

    /// Rows of it, one array a column.
    pub fn rows(&self, columns: Vec<ArrayRef>) -> RecordBatch {
        RecordBatch::try_new(self.schema(), columns).expect("the kit's own rows fit its columns")
    }

    /// Rows of [`texts`](Self::texts).
    pub fn text_rows(&self, rows: &[(i64, &str)]) -> RecordBatch {
        let ids = Int64Array::from_iter_values(rows.iter().map(|(id, _)| *id));
        let texts = StringArray::from_iter_values(rows.iter().map(|(_, text)| *text));
        self.rows(vec![Arc::new(ids), Arc::new(texts)])
    }

    /// The columns of [`texts`](Self::texts) for so many rows.
    pub(super) fn text_columns(&self, rows: usize) -> Vec<ArrayRef> {
        let texts = (0..rows).map(|row| format!("{} {row}", self.name));
        vec![
            Arc::new(Int64Array::from_iter_values(1..=rows as i64)),
            Arc::new(StringArray::from_iter_values(texts)),
        ]
    }

    /// Rows with ids from 1, for the values of one further column.
    pub fn value_rows(&self, values: ArrayRef) -> RecordBatch {
        let ids = Int64Array::from_iter_values(1..=values.len() as i64);
        self.rows(vec![Arc::new(ids), values])
    }
}

/// All batches as one, sorted by `id`.
pub(super) fn sorted(schema: &Arc<Schema>, batches: &[RecordBatch]) -> RecordBatch {
    let all = concat_batches(schema, batches).expect("batches of one stream have one schema");
    let Some(ids) = all.column_by_name("id") else {
        return all;
    };
    let ids = ids.as_primitive::<Int64Type>();
    let mut order: Vec<u32> = (0..all.num_rows() as u32).collect();
    order.sort_by_key(|row| ids.value(*row as usize));
    take_record_batch(&all, &UInt32Array::from(order)).expect("the rows are there")
}

/// Fails with the first row and column that differ.
#[track_caller]
pub(super) fn assert_rows(got: &RecordBatch, want: &RecordBatch, what: &str) {
    let names = |rows: &RecordBatch| -> Vec<String> {
        rows.schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect()
    };
    assert_eq!(names(got), names(want), "{what}: columns");
    let ids = |rows: &RecordBatch| {
        rows.column_by_name("id")
            .map(|ids| ids.as_primitive::<Int64Type>().values().to_vec())
    };
    assert_eq!(ids(got), ids(want), "{what}: ids");
    for (at, name) in names(want).iter().enumerate() {
        let (got, want) = (got.column(at), want.column(at));
        assert_eq!(got.data_type(), want.data_type(), "{what}: type of column `{name}`");
        for row in 0..want.len() {
            let (got, want) = (got.slice(row, 1), want.slice(row, 1));
            assert!(
                got.to_data() == want.to_data(),
                "{what}: column `{name}`, row {row}: got {got:?}, want {want:?}"
            );
        }
    }
}
