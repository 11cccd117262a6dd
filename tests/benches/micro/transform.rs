//! Mappings, applied to a batch.

use std::cell::LazyCell;
use std::sync::Arc;
use std::time::SystemTime;

use arrow_array::RecordBatch;
use criterion::Criterion;
use indexmap::IndexMap;
use serde_json::json;
use syncapp_model::sync_file::{ColumnConfig, Naming};
use syncapp_model::{Column, DataType, NativeType, StreamKind, StreamName, StreamSpec};
use syncapp_transform::{Mapping, MappingSpec, Program};

use crate::case;

pub(crate) fn cases(criterion: &mut Criterion, orders: &RecordBatch) {
    let some = ["id", "status", "amount", "created_at", "note"];
    let computed = |column: serde_json::Value| Case::columns(json!({ "x": column }));
    let cases = [
        (
            "project",
            Case::columns(json!({ "order": { "from": "id" } })).select(&some),
        ),
        (
            "cast_int_to_string",
            computed(json!({ "from": "big", "type": "string" })),
        ),
        (
            "cast_decimal_to_string",
            computed(json!({ "from": "rate", "type": "string" })),
        ),
        (
            "cast_decimal_wider",
            computed(json!({ "from": "amount", "type": "decimal(30,6)" })),
        ),
        (
            "cast_timestamp_to_string",
            computed(json!({ "from": "created_at", "type": "string" })),
        ),
        (
            "cast_uuid_to_string",
            computed(json!({ "from": "ext_id", "type": "string" })),
        ),
        ("concat", computed(json!({ "expr": "status || ': ' || note" }))),
        ("upper", computed(json!({ "expr": "upper(status)" }))),
        (
            "case",
            computed(json!({ "expr": "case when status = 'new' then 1 when amount < 0 then 2 else 3 end" })),
        ),
        (
            "decimal_arithmetic",
            computed(json!({ "expr": "amount * 1.19 + rate" })),
        ),
        ("json_text", computed(json!({ "expr": "attrs ->> 'source'" }))),
        ("json_int", computed(json!({ "expr": "json_get_int(attrs, 'n')" }))),
        ("mask_hash", computed(json!({ "from": "note", "mask": "hash" }))),
        (
            "mask_partial",
            computed(json!({ "from": "note", "mask": { "partial": { "keep_first": 2, "keep_last": 2 } } })),
        ),
        (
            "filter",
            Case::columns(json!({}))
                .select(&["*"])
                .filter("amount > 1000 and status <> 'new' and note is not null"),
        ),
    ];
    for (name, of) in cases {
        // Those that are not asked for are not compiled: the counting starts this program for each case.
        let ready = LazyCell::new(|| {
            let program = of.compile(orders);
            let batch = project(orders, &program);
            (program, batch)
        });
        case(
            criterion,
            ("transform", name),
            || &*ready,
            |(program, batch)| program.apply(batch, 1).unwrap(),
        );
    }
}

/// What a sync file says of the stream.
struct Case {
    select: Vec<String>,
    columns: IndexMap<String, ColumnConfig>,
    filter: Option<&'static str>,
}

impl Case {
    /// By what the file says under `columns`; nothing else is selected.
    fn columns(columns: serde_json::Value) -> Self {
        Self {
            select: Vec::new(),
            columns: serde_json::from_value(columns).unwrap(),
            filter: None,
        }
    }

    fn select(self, names: &[&str]) -> Self {
        let select = names.iter().map(|name| (*name).to_owned()).collect();
        Self { select, ..self }
    }

    fn filter(self, filter: &'static str) -> Self {
        let filter = Some(filter);
        Self { filter, ..self }
    }

    fn compile(&self, batch: &RecordBatch) -> Program {
        let columns = batch.schema_ref().fields().iter().map(|field| {
            let ty = DataType::of(field).unwrap();
            Column {
                name: field.name().clone(),
                native: NativeType {
                    system: "bench".to_owned(),
                    name: ty.to_string(),
                },
                ty,
                portable: false,
                nullable: field.is_nullable(),
            }
        });
        let stream = StreamSpec {
            name: StreamName::bare("orders"),
            kind: StreamKind::Table,
            columns: columns.collect(),
            primary_key: vec!["id".to_owned()],
            estimated_rows: None,
        };
        let spec = MappingSpec {
            select: Some(&self.select),
            columns: &self.columns,
            naming: Naming::Keep,
            filter: self.filter,
            mask_key: Some(b"key"),
            allow_lossy: false,
            now: SystemTime::UNIX_EPOCH,
        };
        let mapping = Mapping::compile(&stream, &spec).unwrap();
        mapping.program(&vec![false; mapping.columns().len()], &[]).unwrap()
    }
}

/// The columns that a program reads.
fn project(batch: &RecordBatch, program: &Program) -> RecordBatch {
    let columns = program.reads().iter().map(|read| batch[read.name.as_str()].clone());
    RecordBatch::try_new(Arc::clone(program.input()), columns.collect()).unwrap()
}
