//! From batches to finished temporary files, on a thread of their own.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Field;
use syncapp_connector::Check;
use syncapp_model::{DataType, Error, Result, Side};

use super::cells::TextColumn;
use super::compress::Output;
use super::config::ValidFiles;
use super::format::{Compression, Format};
use super::stage::Staged;
use super::{csv, errors, ndjson, parquet, types};

/// Why an encoder stopped, before the file has a name in it.
#[derive(Debug)]
pub(super) enum Unfinished {
    Error(Error),
    Io(io::Error),
}

impl From<Error> for Unfinished {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Unfinished {
    fn from(problem: io::Error) -> Self {
        Self::Io(problem)
    }
}

/// Writes one file in one format.
pub(super) trait Encoder: Send {
    /// Takes a batch.
    fn write(&mut self, batch: RecordBatch) -> Result<(), Unfinished>;

    /// About how large the file is by now.
    fn written(&self) -> u64;

    /// Writes what is left.
    fn finish(self: Box<Self>) -> Result<File, Unfinished>;
}

/// What a load writes, and where.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) files: Arc<ValidFiles>,
    /// The target's file name, with its endings.
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) compression: Compression,
    /// Name, type and nullability of each column.
    pub(super) columns: Vec<(String, DataType, bool)>,
    /// The target's folder.
    pub(super) folder: PathBuf,
    /// How temporary files of this load begin.
    pub(super) prefix: String,
}

impl Plan {
    fn failed(&self, problem: Unfinished) -> Error {
        match problem {
            Unfinished::Error(error) => error.file(&self.name),
            Unfinished::Io(problem) => errors::io(Side::Destination, "write", &self.name, &problem),
        }
    }

    fn encoder(&self, file: File) -> Result<Box<dyn Encoder>, Unfinished> {
        let names = || self.columns.iter().map(|(name, ..)| name.clone()).collect::<Vec<_>>();
        Ok(match self.format {
            Format::Csv => {
                let output = Output::new(file, self.compression)?;
                Box::new(csv::Encoder::new(&self.files, &self.name, output, &names()))
            }
            Format::Ndjson => Box::new(ndjson::Encoder::new(Output::new(file, self.compression)?, &names())?),
            Format::Parquet => {
                let output = Output::new(file, Compression::None)?;
                Box::new(parquet::Encoder::new(output, self.compression, &self.columns)?)
            }
        })
    }
}

/// Whether a format can spell every value of a batch. Parquet spells those that it has no type for.
pub(super) fn check(format: Format, batch: &RecordBatch) -> Result<()> {
    let spelled = |field: &Field| {
        let ty = DataType::of(field);
        format != Format::Parquet || ty.is_some_and(|ty| types::carried(format, &ty) != ty)
    };
    let fields = batch.schema_ref().fields().iter().enumerate();
    let spelled: Vec<usize> = fields.filter(|(_, field)| spelled(field)).map(|(at, _)| at).collect();
    let batch = &batch
        .project(&spelled)
        .map_err(|problem| Error::internal(problem.to_string()))?;
    let columns = TextColumn::of_batch(batch)?;
    let mut scratch = Vec::new();
    for row in 0..batch.num_rows() {
        for (column, field) in columns.iter().zip(batch.schema_ref().fields()) {
            scratch.clear();
            let spelled = match format {
                Format::Ndjson => column.write_json(row, &mut scratch),
                _ if column.is_null(row) => Ok(()),
                _ => column.write(row, &mut scratch),
            };
            spelled.map_err(|error| error.column(field.name()).row(format!("number {}", row + 1)))?;
        }
    }
    Ok(())
}

impl Check for Format {
    fn check(&self, batch: &RecordBatch) -> Result<()> {
        check(*self, batch)
    }
}

/// The temporary files of a load.
pub(super) struct Parts {
    plan: Arc<Plan>,
    open: Option<(Box<dyn Encoder>, Staged)>,
    done: Vec<Staged>,
    rows: u64,
}

impl Parts {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            open: None,
            done: Vec::new(),
            rows: 0,
        }
    }

    /// Takes a batch; begins the next file when the last has grown enough.
    pub(super) fn write(&mut self, batch: RecordBatch) -> Result<()> {
        let fits = batch.num_columns() == self.plan.columns.len()
            && self
                .plan
                .columns
                .iter()
                .zip(batch.schema_ref().fields())
                .all(|((_, ty, _), field)| DataType::of(field).as_ref() == Some(ty));
        if !fits {
            return Err(Error::internal("a batch has other columns than its target").file(&self.plan.name));
        }
        self.begin()?;
        if let Some((encoder, _)) = &mut self.open {
            self.rows += batch.num_rows() as u64;
            encoder.write(batch).map_err(|problem| self.plan.failed(problem))?;
            if self.plan.files.file_size.is_some_and(|size| encoder.written() >= size) {
                self.close()?;
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        if self.open.is_none() {
            let name = format!("{}{}.tmp", self.plan.prefix, self.done.len());
            let (staged, file) = Staged::create(self.plan.folder.join(name))?;
            let encoder = self.plan.encoder(file).map_err(|problem| self.plan.failed(problem))?;
            self.open = Some((encoder, staged));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        if let Some((encoder, staged)) = self.open.take() {
            let file = encoder.finish().map_err(|problem| self.plan.failed(problem))?;
            file.sync_all().map_err(|problem| self.plan.failed(problem.into()))?;
            self.done.push(staged);
        }
        Ok(())
    }

    /// The finished files and the number of rows in them. There is one file at least when `some` says so.
    pub(super) fn finish(mut self, some: bool) -> Result<(Vec<Staged>, u64)> {
        if some && self.done.is_empty() {
            self.begin()?;
        }
        self.close()?;
        Ok((self.done, self.rows))
    }
}
