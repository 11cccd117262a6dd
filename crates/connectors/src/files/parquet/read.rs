//! From row groups to batches, in the model's own Arrow types.

use std::fs::File;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date64Type, IntervalMonthDayNanoType, Time64NanosecondType, TimestampNanosecondType,
};
use arrow_array::{Array, ArrayRef, ListArray, PrimitiveArray, RecordBatch, RecordBatchOptions};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType as Arrow, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use syncapp_connector::Marked;
use syncapp_model::{Code, DataType, Error, Result, Side};

use super::schema;
use crate::files::errors;
use crate::files::read::{FileColumn, Limits, Reader as FileReader};

/// The columns of a file and its number of rows.
pub(in crate::files) fn describe(file: &File, name: &str) -> Result<(Vec<FileColumn>, u64)> {
    let metadata =
        ArrowReaderMetadata::load(file, ArrowReaderOptions::new()).map_err(|problem| damaged(name, problem))?;
    let arrow = metadata.schema();
    let types = schema::types(arrow, metadata.parquet_schema()).map_err(|error| error.file(name))?;
    let columns = arrow.fields().iter().zip(types).map(|(field, ty)| FileColumn {
        name: field.name().clone(),
        ty,
        guessed: false,
        nullable: field.is_nullable(),
    });
    let rows = metadata.metadata().file_metadata().num_rows();
    Ok((columns.collect(), u64::try_from(rows).unwrap_or_default()))
}

fn damaged(name: &str, problem: ParquetError) -> Error {
    if let ParquetError::External(inner) = &problem
        && let Some(io) = inner.downcast_ref::<std::io::Error>()
    {
        return errors::io(Side::Source, "read", name, io);
    }
    Error::new(
        Code::InvalidData(Side::Source),
        format!("`{name}` is not a whole Parquet file"),
    )
    .file(name)
    .driver(problem)
    .help("the file may be damaged or cut short, or another format: set `format` on the connection")
}

/// Reads a Parquet file's rows.
pub(in crate::files) struct Reader {
    batches: ParquetRecordBatchReader,
    name: String,
    schema: Arc<Schema>,
    /// For each column of a batch, where the file's batches have it.
    sources: Vec<Option<usize>>,
    /// Rows read so far.
    rows: usize,
}

impl Reader {
    /// Opens a file. Columns are found by name, those that it lacks are NULL.
    pub(in crate::files) fn open(
        file: File,
        name: &str,
        all: &[FileColumn],
        wanted: &[usize],
        limits: Limits,
    ) -> Result<Self> {
        let own = describe(&file, name)?.0;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|problem| damaged(name, problem))?;
        let mut roots = Vec::new();
        let mut found = Vec::new();
        for at in wanted {
            let column = &all[*at];
            let root = own.iter().position(|own| own.name == column.name);
            if let Some(root) = root {
                if own[root].ty != column.ty {
                    let why = format!("`{name}` has {} where other files have {}", own[root].ty, column.ty);
                    return Err(Error::new(Code::TypeMismatch(Side::Source), why)
                        .column(&column.name)
                        .file(name)
                        .help("read the files as streams of their own"));
                }
                roots.push(root);
            }
            found.push(root);
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
        // A mask keeps the file's order, whatever order its columns are asked for in.
        roots.sort_unstable();
        roots.dedup();
        let sources = found
            .iter()
            .map(|root| roots.iter().position(|at| Some(*at) == *root))
            .collect();
        let row = builder
            .metadata()
            .row_groups()
            .iter()
            .map(|group| group.total_byte_size().max(0) as usize / group.num_rows().max(1) as usize);
        let row = row.max().unwrap_or(0).max(1);
        let rows = limits.rows.min((limits.bytes / row).max(1));
        let batches = builder
            .with_projection(mask)
            .with_batch_size(rows)
            .build()
            .map_err(|problem| damaged(name, problem))?;
        let fields: Vec<_> = wanted
            .iter()
            .map(|at| all[*at].ty.field(&all[*at].name, all[*at].nullable))
            .collect();
        Ok(Self {
            batches,
            name: name.to_owned(),
            schema: Arc::new(Schema::new(fields)),
            sources,
            rows: 0,
        })
    }

    fn canonical(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut arrays = Vec::with_capacity(self.sources.len());
        for (field, source) in self.schema.fields().iter().zip(&self.sources) {
            let ty = DataType::of(field).ok_or_else(|| Error::internal("a column lost its type"))?;
            arrays.push(match source {
                None => arrow_array::new_null_array(&ty.arrow(), batch.num_rows()),
                Some(at) => canonical(batch.column(*at), &ty).map_err(|problem| {
                    let why = format!("a value does not fit {ty} exactly");
                    Error::new(Code::ValueOutOfRange(Side::Source), why)
                        .driver(problem)
                        .column(field.name())
                        .file(&self.name)
                        .row(format!("rows {} to {}", self.rows + 1, self.rows + batch.num_rows()))
                        .help("leave the column out, or write it with a smaller precision")
                })?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(|problem| errors::arrow(&self.name, &problem))
    }
}

impl FileReader for Reader {
    fn next(&mut self) -> Result<Option<Marked>> {
        let Some(batch) = self.batches.next() else {
            return Ok(None);
        };
        let batch = batch.map_err(|problem| damaged(&self.name, problem.into()))?;
        let batch = self.canonical(&batch)?;
        self.rows += batch.num_rows();
        Ok(Some(batch.into()))
    }
}

/// The array in its type's one Arrow form, with every value as it was.
fn canonical(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef, ArrowError> {
    let target = ty.arrow();
    if *array.data_type() == target {
        return Ok(array.clone());
    }
    match (array.data_type(), ty) {
        (Arrow::List(_), DataType::List(item)) => {
            let list = array.as_list::<i32>();
            let values = canonical(list.values(), item)?;
            let field = Arc::new(item.field("item", true));
            let list = ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned())?;
            return Ok(Arc::new(list));
        }
        (Arrow::LargeList(item), DataType::List(_)) => {
            let small = cast_with_options(array, &Arrow::List(item.clone()), &EXACT)?;
            return canonical(&small, ty);
        }
        (Arrow::Timestamp(TimeUnit::Nanosecond, _), _) => whole::<TimestampNanosecondType>(array, 1000)?,
        (Arrow::Time64(TimeUnit::Nanosecond), _) => whole::<Time64NanosecondType>(array, 1000)?,
        (Arrow::Date64, _) => whole::<Date64Type>(array, 86_400_000)?,
        (Arrow::Interval(_), _) => {
            let cast = cast_with_options(
                array,
                &Arrow::Interval(arrow_schema::IntervalUnit::MonthDayNano),
                &EXACT,
            )?;
            debug_assert!(cast.as_primitive_opt::<IntervalMonthDayNanoType>().is_some());
            return Ok(cast);
        }
        _ => {}
    }
    cast_with_options(array, &target, &EXACT)
}

/// A cast that fails rather than make a value NULL.
const EXACT: CastOptions<'static> = CastOptions {
    safe: false,
    format_options: arrow_cast::display::FormatOptions::new(),
};

/// Fails unless all values are multiples of `unit`.
fn whole<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef, unit: i64) -> Result<(), ArrowError> {
    let array: &PrimitiveArray<T> = array.as_primitive();
    match array.iter().flatten().find(|value| value % unit != 0) {
        Some(value) => Err(ArrowError::CastError(format!("{value} is not a multiple of {unit}"))),
        None => Ok(()),
    }
}
