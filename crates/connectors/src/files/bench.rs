//! Doors for benchmarks: rows of text files and of Parquet.

use std::fs::File;
use std::io::Cursor;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use syncapp_connector::{Connector, Context};
use syncapp_model::{DataType, Error, Result};

use super::blocks::Blocks;
use super::compress::Output;
use super::encode::{Encoder, Unfinished};
use super::format::Compression;
use super::read::{FileColumn, Limits, Reader};
use super::{Files, ValidFiles, csv, errors, ndjson, parquet};

const NAME: &str = "f";

/// Columns of files.
#[derive(Debug)]
pub struct Table {
    files: ValidFiles,
    columns: Vec<FileColumn>,
    wanted: Vec<usize>,
}

impl Table {
    /// Those of a schema. Fails with what is wrong with a connection to files, which is nothing.
    pub fn of(schema: &Schema) -> Result<Self, Vec<Error>> {
        let config = serde_json::from_str(r#"{"path": "."}"#);
        let config = config.map_err(|problem| vec![Error::internal(problem.to_string())])?;
        let columns = schema.fields().iter().map(|field| FileColumn {
            name: field.name().clone(),
            ty: DataType::of(field).unwrap_or(DataType::String),
            guessed: true,
            nullable: field.is_nullable(),
        });
        Ok(Self {
            files: Files.validate(config, &Context::at(""))?,
            columns: columns.collect(),
            wanted: (0..schema.fields().len()).collect(),
        })
    }

    /// Finds the records and fields of a CSV file, and reads none.
    pub fn split_csv(&self, text: &Arc<[u8]>) -> Result<Vec<RecordBatch>> {
        all(csv::Reader::open(
            &self.files,
            blocks(text),
            &self.columns,
            &[],
            (limits(), false),
        )?)
    }

    /// Reads a CSV file.
    pub fn read_csv(&self, text: &Arc<[u8]>) -> Result<Vec<RecordBatch>> {
        let settings = (limits(), false);
        all(csv::Reader::open(
            &self.files,
            blocks(text),
            &self.columns,
            &self.wanted,
            settings,
        )?)
    }

    /// Reads an NDJSON file.
    pub fn read_ndjson(&self, text: &Arc<[u8]>) -> Result<Vec<RecordBatch>> {
        all(ndjson::Reader::new(
            blocks(text),
            &self.columns,
            &self.wanted,
            (limits(), false),
        ))
    }

    /// Writes a CSV file.
    pub fn write_csv(&self, batch: &RecordBatch, file: File) -> Result<File> {
        let encoder = |output| Ok(csv::Encoder::new(&self.files, NAME, output, &self.names()));
        write(encoder, batch, file)
    }

    /// Writes an NDJSON file.
    pub fn write_ndjson(&self, batch: &RecordBatch, file: File) -> Result<File> {
        write(|output| ndjson::Encoder::new(output, &self.names()), batch, file)
    }

    /// Writes a Parquet file, compressed as usual.
    pub fn write_parquet(&self, batch: &RecordBatch, file: File) -> Result<File> {
        let column = |column: &FileColumn| (column.name.clone(), column.ty.clone(), column.nullable);
        let columns: Vec<_> = self.columns.iter().map(column).collect();
        write(
            |output| parquet::Encoder::new(output, Compression::Zstd, &columns),
            batch,
            file,
        )
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }
}

fn limits() -> Limits {
    Limits::new(usize::MAX, usize::MAX)
}

fn blocks(text: &Arc<[u8]>) -> Blocks {
    Blocks::new(Box::new(Cursor::new(text.clone())), NAME)
}

fn all(mut reader: impl Reader) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    while let Some(batch) = reader.next()? {
        batches.push(batch.columns);
    }
    Ok(batches)
}

fn write<E: Encoder + 'static>(
    encoder: impl FnOnce(Output) -> Result<E>,
    batch: &RecordBatch,
    file: File,
) -> Result<File> {
    let written = || -> Result<File, Unfinished> {
        let mut encoder = Box::new(encoder(Output::new(file, Compression::None)?)?);
        encoder.write(batch.clone())?;
        encoder.finish()
    };
    written().map_err(|problem| match problem {
        Unfinished::Error(error) => error,
        Unfinished::Io(problem) => errors::io(syncapp_model::Side::Destination, "write", NAME, &problem),
    })
}
