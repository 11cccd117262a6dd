//! Mappings from the outside: a stream, what the file says of it, a batch, and what comes out.

mod casts;
mod columns;
mod expressions;
mod rows;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use indexmap::IndexMap;
use syncapp_model::sync_file::{ColumnConfig, Naming};
use syncapp_model::{Column, DataType, Error, NativeType, StreamKind, StreamName, StreamSpec};

use crate::{Mapping, MappingSpec, Program, cast};

/// 2024-02-29T12:00:00.123456789Z
const NOW: Duration = Duration::new(1_709_208_000, 123_456_789);

/// A stream of nullable columns, each written `name type`.
fn stream(columns: &[&str]) -> StreamSpec {
    let columns = columns.iter().map(|column| {
        let (name, ty) = column.rsplit_once(' ').unwrap();
        Column {
            name: name.to_owned(),
            ty: ty.parse().unwrap(),
            native: NativeType {
                system: "test".to_owned(),
                name: ty.to_owned(),
            },
            portable: ty != "json",
            nullable: true,
        }
    });
    StreamSpec {
        name: StreamName::bare("s"),
        kind: StreamKind::Table,
        columns: columns.collect(),
        primary_key: Vec::new(),
        estimated_rows: None,
    }
}

/// Values of a type, from their texts.
fn values(ty: &DataType, texts: &[Option<&str>]) -> ArrayRef {
    let texts: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    match ty {
        DataType::List(item) => {
            // `1|2` is a list of two.
            let items: Vec<_> = texts_of(&texts)
                .iter()
                .flatten()
                .flat_map(|text| text.split('|').map(str::to_owned).collect::<Vec<_>>())
                .collect();
            let items: Vec<_> = items
                .iter()
                .map(|item| Some(item.as_str()).filter(|item| *item != "NULL"))
                .collect();
            let lengths = texts_of(&texts)
                .into_iter()
                .map(|text| text.map_or(0, |text| text.split('|').count()));
            Arc::new(arrow_array::ListArray::new(
                Arc::new(item.field("item", true)),
                arrow_buffer::OffsetBuffer::from_lengths(lengths),
                values(item, &items),
                texts.nulls().cloned(),
            ))
        }
        _ => cast::cast(&texts, &DataType::String, ty).unwrap(),
    }
}

fn texts_of(array: &ArrayRef) -> Vec<Option<String>> {
    use arrow_array::cast::AsArray;
    array
        .as_string::<i32>()
        .iter()
        .map(|text| text.map(str::to_owned))
        .collect()
}

/// The canonical texts of values.
fn texts(array: &dyn Array, ty: &DataType) -> Vec<Option<String>> {
    let array: ArrayRef = Arc::new(cast::texts::strings(array, ty).unwrap());
    texts_of(&array)
}

/// What a file says of a stream.
#[derive(Default)]
struct File {
    select: Option<Vec<String>>,
    columns: IndexMap<String, ColumnConfig>,
    naming: Option<Naming>,
    filter: Option<String>,
    keyless: bool,
    allow_lossy: bool,
}

impl File {
    fn select(mut self, entries: &[&str]) -> Self {
        self.select = Some(entries.iter().map(|entry| (*entry).to_owned()).collect());
        self
    }

    fn column(mut self, name: &str, change: impl FnOnce(&mut ColumnConfig)) -> Self {
        change(self.columns.entry(name.to_owned()).or_default());
        self
    }

    fn expr(self, name: &str, expr: &str) -> Self {
        self.column(name, |column| column.expr = Some(expr.to_owned()))
    }

    fn from(self, name: &str, from: &str) -> Self {
        self.column(name, |column| column.from = Some(from.to_owned()))
    }

    fn ty(self, name: &str, ty: &str) -> Self {
        self.column(name, |column| column.ty = Some(ty.to_owned()))
    }

    fn mask(self, name: &str, mask: syncapp_model::sync_file::Mask) -> Self {
        self.column(name, |column| column.mask = Some(mask))
    }

    fn filter(mut self, filter: &str) -> Self {
        self.filter = Some(filter.to_owned());
        self
    }

    fn compile(&self, stream: &StreamSpec) -> Result<Mapping, Vec<Error>> {
        Mapping::compile(
            stream,
            &MappingSpec {
                select: self.select.as_deref(),
                columns: &self.columns,
                naming: self.naming.unwrap_or(Naming::Keep),
                filter: self.filter.as_deref(),
                mask_key: (!self.keyless).then_some(b"key"),
                allow_lossy: self.allow_lossy,
                now: SystemTime::UNIX_EPOCH + NOW,
            },
        )
    }

    /// The codes, columns and texts of what is wrong.
    fn problems(&self, stream: &StreamSpec) -> Vec<String> {
        let shown = |error: &Error| match &error.report().help {
            Some(help) => format!("{error} ({help})"),
            None => error.to_string(),
        };
        match self.compile(stream) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().map(shown).collect(),
        }
    }
}

/// A program whose columns are all typed.
fn typed(mapping: &Mapping) -> Program {
    mapping.program(&vec![false; mapping.columns().len()], &[]).unwrap()
}

/// A batch of what a program reads, from rows of texts in the stream's order.
fn batch(stream: &StreamSpec, program: &Program, rows: &[&[Option<&str>]]) -> RecordBatch {
    let columns = program.reads().iter().map(|read| {
        let at = stream
            .columns
            .iter()
            .position(|column| column.name == read.name)
            .unwrap();
        let texts: Vec<_> = rows.iter().map(|row| row[at]).collect();
        values(&stream.columns[at].ty, &texts)
    });
    RecordBatch::try_new(Arc::clone(program.input()), columns.collect()).unwrap()
}

/// What one expression gives on one row of a stream, as `type: text`, or its error.
fn evaluate(columns: &[&str], row: &[Option<&str>], expr: &str) -> Result<String, Error> {
    let stream = stream(columns);
    let mapping = File::default()
        .select(&[])
        .expr("x", expr)
        .compile(&stream)
        .map_err(|errors| errors[0].clone())?;
    let program = typed(&mapping);
    let result = program.apply(&batch(&stream, &program, &[row]), 1)?;
    assert_eq!(result.schema().field(0).data_type(), &mapping.columns()[0].ty.arrow());
    let ty = &mapping.columns()[0].ty;
    let text = texts(result.column(0), ty).remove(0);
    Ok(format!("{ty}: {}", text.as_deref().unwrap_or("NULL")))
}
