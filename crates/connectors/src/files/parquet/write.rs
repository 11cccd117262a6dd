//! From batches to row groups.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::Schema;
use parquet::arrow::add_encoded_arrow_schema_to_metadata;
use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use syncapp_model::{Code, DataType, Error, Result, Side};

use super::group::{Group, Groups, LARGE};
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
    file: SerializedFileWriter<Output>,
    groups: Groups,
    /// The row group that is being gathered.
    group: Option<Group>,
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
        let usual = WriterProperties::builder()
            .set_compression(codec)
            .set_dictionary_enabled(false)
            .set_created_by(concat!("syncapp ", env!("CARGO_PKG_VERSION")).to_owned());
        let mut properties = usual.clone().build();
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let root = schema::of_target(&schema, &types)?.root_schema_ptr();
        let no_file = |problem| {
            Error::new(
                Code::TypeMismatch(Side::Destination),
                "the columns make no Parquet file",
            )
            .driver(problem)
        };
        let file = SerializedFileWriter::new(output, root, Arc::new(properties)).map_err(no_file)?;
        let groups = Groups::of(&file, usual, &schema).map_err(no_file)?;
        Ok(Self {
            file,
            groups,
            group: None,
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

/// The bytes of a batch's own rows, which may be a part of larger arrays.
fn size(batch: &RecordBatch) -> usize {
    let columns = batch.columns().iter();
    columns
        .map(|array| array.to_data().get_slice_memory_size().unwrap_or_default())
        .sum()
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

impl Encoder {
    /// Adds rows to the row group, which `large` ones begin.
    fn add(&mut self, batch: &RecordBatch, large: bool) -> Result<(), Unfinished> {
        let group = match &mut self.group {
            Some(group) => group,
            none => none.insert(self.groups.begin(self.file.flushed_row_groups().len(), large)?),
        };
        group.write(batch)?;
        Ok(())
    }

    /// Ends the row group.
    fn end(&mut self) -> Result<(), Unfinished> {
        if let Some(group) = self.group.take() {
            group.end(&mut self.file)?;
        }
        Ok(())
    }

    fn gathered(&self) -> usize {
        self.group.as_ref().map_or(0, Group::bytes)
    }
}

impl FileEncoder for Encoder {
    fn write(&mut self, batch: RecordBatch) -> Result<(), Unfinished> {
        let carried = self.carried(&batch)?;
        drop(batch);
        if size(&carried) >= LARGE {
            self.end()?;
            self.add(&carried, true)?;
            // Its pages are made without it.
            drop(carried);
            return self.end();
        }
        let mut from = 0;
        while from < carried.num_rows() {
            let rows = SLICE_ROWS.min(carried.num_rows() - from);
            self.add(&carried.slice(from, rows), false)?;
            if self.gathered() >= GROUP_BYTES || self.group.as_ref().is_some_and(|group| group.rows >= GROUP_ROWS) {
                self.end()?;
            }
            from += rows;
        }
        Ok(())
    }

    fn written(&self) -> u64 {
        (self.file.bytes_written() + self.gathered()) as u64
    }

    fn finish(mut self: Box<Self>) -> Result<File, Unfinished> {
        self.end()?;
        let mut output = self.file.into_inner()?;
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
