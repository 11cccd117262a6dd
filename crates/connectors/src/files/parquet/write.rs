//! From batches to row groups.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use syncapp_model::{Code, DataType, Error, Result, Side};

use super::schema;
use crate::files::cells::TextColumn;
use crate::files::compress::Output;
use crate::files::encode::{Encoder as FileEncoder, Unfinished};
use crate::files::errors;
use crate::files::format::Compression;

/// A row group ends at so many rows…
const GROUP_ROWS: usize = 250_000;
/// …or at about so many bytes, encoded.
const GROUP_BYTES: usize = 32 << 20;
/// Rows that are encoded between two looks at the size of the row group.
const SLICE_ROWS: usize = 4096;

/// Writes a Parquet file.
pub(in crate::files) struct Encoder {
    writer: ArrowWriter<Output>,
    schema: Arc<Schema>,
    /// Columns that Parquet has no exact type for and that are written as text.
    texts: Vec<bool>,
}

impl Encoder {
    pub(in crate::files) fn new(
        output: Output,
        compression: Compression,
        columns: &[(String, DataType, bool)],
    ) -> Result<Self> {
        let types: Vec<DataType> = columns.iter().map(|(_, ty, _)| carried(ty)).collect();
        let fields = columns
            .iter()
            .zip(&types)
            .map(|((name, _, nullable), ty)| ty.field(name, *nullable));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let codec = match compression {
            Compression::None | Compression::Gzip => Codec::UNCOMPRESSED,
            Compression::Snappy => Codec::SNAPPY,
            Compression::Zstd => {
                Codec::ZSTD(ZstdLevel::try_new(1).map_err(|problem| Error::internal(problem.to_string()))?)
            }
        };
        let properties = WriterProperties::builder()
            .set_compression(codec)
            .set_dictionary_enabled(false)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_created_by(concat!("syncapp ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let options = ArrowWriterOptions::new()
            .with_properties(properties)
            .with_parquet_schema(schema::of_target(&schema, &types)?);
        let writer = ArrowWriter::try_new_with_options(output, schema.clone(), options).map_err(|problem| {
            Error::new(
                Code::TypeMismatch(Side::Destination),
                "the columns make no Parquet file",
            )
            .driver(problem)
        })?;
        Ok(Self {
            writer,
            schema,
            texts: columns
                .iter()
                .zip(&types)
                .map(|((_, ty, _), carried)| ty != carried)
                .collect(),
        })
    }

    /// The batch with the file's schema: what Parquet has no exact type for is spelled as text.
    fn carried(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut arrays: Vec<ArrayRef> = batch.columns().to_vec();
        if self.texts.contains(&true) {
            let columns = TextColumn::of_batch(batch)?;
            for (at, column) in columns.iter().enumerate().filter(|(at, _)| self.texts[*at]) {
                arrays[at] = spelled(column, batch.num_rows())?;
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(|problem| errors::arrow("the target", &problem))
    }
}

/// The type that stands in the file for a column's type.
pub(in crate::files) fn carried(ty: &DataType) -> DataType {
    fn exact(ty: &DataType) -> bool {
        match ty {
            DataType::Interval | DataType::BigDecimal => false,
            DataType::List(item) => exact(item),
            _ => true,
        }
    }
    match ty {
        ty if exact(ty) => ty.clone(),
        DataType::List(_) => DataType::Json,
        _ => DataType::String,
    }
}

fn spelled(column: &TextColumn<'_>, rows: usize) -> Result<ArrayRef> {
    let mut ends = vec![0_i32];
    let mut text = Vec::new();
    let mut nulls = arrow_buffer::NullBufferBuilder::new(rows);
    for row in 0..rows {
        if column.is_null(row) {
            nulls.append_null();
        } else {
            column.write(row, &mut text)?;
            nulls.append_non_null();
        }
        ends.push(text.len() as i32);
    }
    let offsets = arrow_buffer::OffsetBuffer::new(ends.into());
    let array = StringArray::try_new(offsets, text.into(), nulls.finish())
        .map_err(|problem| errors::arrow("the target", &problem))?;
    Ok(Arc::new(array))
}

impl FileEncoder for Encoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Unfinished> {
        let batch = self.carried(batch)?;
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = SLICE_ROWS.min(batch.num_rows() - from);
            self.writer.write(&batch.slice(from, rows))?;
            if self.writer.in_progress_size() >= GROUP_BYTES {
                self.writer.flush()?;
            }
            from += rows;
        }
        Ok(())
    }

    fn written(&self) -> u64 {
        self.writer.bytes_written() as u64 + self.writer.in_progress_size() as u64
    }

    fn finish(self: Box<Self>) -> Result<File, Unfinished> {
        let mut output = self.writer.into_inner()?;
        output.flush()?;
        Ok(output.finish()?)
    }
}

impl From<ParquetError> for Unfinished {
    fn from(problem: ParquetError) -> Self {
        match problem {
            ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
                Ok(io) => Self::Io(*io),
                Err(other) => {
                    Self::Error(Error::new(Code::Failed(Side::Destination), "the row group was refused").driver(other))
                }
            },
            other => {
                Self::Error(Error::new(Code::Failed(Side::Destination), "the row group was refused").driver(other))
            }
        }
    }
}
