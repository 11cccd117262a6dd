//! Expressions: whatever the text, compiling it ends, and what compiles runs over rows or names the one that fails.
#![no_main]

use std::sync::Arc;
use std::time::SystemTime;

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray};
use indexmap::IndexMap;
use syncapp_model::sync_file::{ColumnConfig, Naming};
use syncapp_model::{Column, NativeType, StreamKind, StreamName, StreamSpec};
use syncapp_transform::{Mapping, MappingSpec};

fn stream() -> StreamSpec {
    let column = |(name, ty): (&str, &str)| Column {
        name: name.into(),
        ty: ty.parse().unwrap(),
        native: NativeType {
            system: "any".into(),
            name: ty.into(),
        },
        portable: false,
        nullable: true,
    };
    StreamSpec {
        name: StreamName::bare("t"),
        kind: StreamKind::Table,
        columns: [("i", "int64"), ("s", "string"), ("b", "bool"), ("j", "json")]
            .map(column)
            .into(),
        primary_key: Vec::new(),
        estimated_rows: None,
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let stream = stream();
    let config: ColumnConfig = serde_json::from_value(serde_json::json!({ "expr": text })).unwrap();
    let spec = MappingSpec {
        select: None,
        columns: &IndexMap::from([("made".to_owned(), config)]),
        naming: Naming::Keep,
        filter: None,
        mask_key: None,
        allow_lossy: false,
        now: SystemTime::UNIX_EPOCH,
    };
    let Ok(mapping) = Mapping::compile(&stream, &spec) else {
        return;
    };
    let program = mapping.program(&vec![false; mapping.columns().len()], &[]).unwrap();
    let array = |name: &str| -> ArrayRef {
        match name {
            "i" => Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(0), None])),
            "b" => Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])),
            "s" => Arc::new(StringArray::from(vec![Some(""), Some("é🦀"), None])),
            _ => Arc::new(StringArray::from(vec![Some("{\"a\": [1]}"), Some("null"), None])),
        }
    };
    let arrays = program.reads().iter().map(|read| array(&read.name)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(3));
    let batch = RecordBatch::try_new_with_options(program.input().clone(), arrays, &options).unwrap();
    let _ = program.apply(&batch, 1);
});
