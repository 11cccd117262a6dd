//! One row group while it is gathered in memory.

use std::io;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;

use crate::files::compress::Output;

/// From this size on a batch is a row group of its own. One of ordinary size is copied six times on its way.
pub(super) const LARGE: usize = 8 << 20;

/// What makes row groups.
pub(super) struct Groups {
    usual: ArrowRowGroupWriterFactory,
    large: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
}

impl Groups {
    /// The row groups of `file`, whose properties these are.
    pub(super) fn of(
        file: &SerializedFileWriter<Output>,
        properties: WriterPropertiesBuilder,
        schema: &SchemaRef,
    ) -> Result<Self> {
        // Large values are neither compressed nor kept as the least and greatest ones, and no page ends within a batch.
        let properties = properties
            .set_compression(parquet::basic::Compression::UNCOMPRESSED)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_data_page_size_limit(usize::MAX)
            .build();
        let root = file.schema_descr().root_schema_ptr();
        let nowhere = SerializedFileWriter::new(io::sink(), root, Arc::new(properties))?;
        Ok(Self {
            usual: ArrowRowGroupWriterFactory::new(file, schema.clone()),
            large: ArrowRowGroupWriterFactory::new(&nowhere, schema.clone()),
            schema: schema.clone(),
        })
    }

    /// Begins the file's row group of that number.
    pub(super) fn begin(&self, number: usize, large: bool) -> Result<Group> {
        let factory = if large { &self.large } else { &self.usual };
        Ok(Group {
            columns: factory.create_column_writers(number)?,
            schema: self.schema.clone(),
            rows: 0,
        })
    }
}

/// Encoded rows.
pub(super) struct Group {
    columns: Vec<ArrowColumnWriter>,
    schema: SchemaRef,
    pub(super) rows: usize,
}

impl Group {
    /// Adds the rows of a batch.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        let mut columns = self.columns.iter_mut();
        for (field, array) in self.schema.fields().iter().zip(batch.columns()) {
            for (leaf, column) in compute_leaves(field, array)?.iter().zip(&mut columns) {
                column.write(leaf)?;
            }
        }
        Ok(())
    }

    /// About how large it is in the file.
    pub(super) fn bytes(&self) -> usize {
        self.columns
            .iter()
            .map(ArrowColumnWriter::get_estimated_total_bytes)
            .sum()
    }

    /// Moves it to the file.
    pub(super) fn end(self, file: &mut SerializedFileWriter<Output>) -> Result<()> {
        let mut group = file.next_row_group()?;
        for column in self.columns {
            column.close()?.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    }
}
