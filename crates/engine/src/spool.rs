//! Rows as they were read, until their load has landed: a table may still refuse some of them.
//!
//! They lie in a temporary file without a name, which goes with the process however that ends. A value of a masked column
//! is not in it.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek};
use std::sync::Arc;

use arrow_array::{RecordBatch, new_null_array};
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use syncapp_model::{Code, Error, Result};

/// The rows of one load, by their numbers in the order in which they were written.
pub(crate) struct Spool {
    schema: SchemaRef,
    /// For each column, whether its values are kept.
    shown: Vec<bool>,
    /// The number of the first row of each batch.
    starts: Vec<u64>,
    rows: u64,
    state: State,
}

enum State {
    Fills(Box<FileWriter<BufWriter<File>>>),
    IsFull(File),
}

impl Spool {
    /// For batches of these columns.
    pub(crate) fn new(columns: &Schema, shown: Vec<bool>) -> Result<Self> {
        let fields = columns.fields().iter().zip(&shown);
        let fields: Vec<Field> = fields
            .map(|(field, shown)| field.as_ref().clone().with_nullable(field.is_nullable() || !shown))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let file = tempfile::tempfile().map_err(failed)?;
        let writer = FileWriter::try_new(BufWriter::new(file), &schema).map_err(broken)?;
        Ok(Self {
            schema,
            shown,
            starts: Vec::new(),
            rows: 0,
            state: State::Fills(writer.into()),
        })
    }

    /// Keeps the rows of a batch.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let State::Fills(writer) = &mut self.state else {
            return Err(Error::internal("rows came behind the end of their load"));
        };
        let columns = batch.columns().iter().zip(&self.shown);
        let columns = columns.map(|(column, shown)| {
            if *shown {
                column.clone()
            } else {
                new_null_array(column.data_type(), batch.num_rows())
            }
        });
        let batch = RecordBatch::try_new(self.schema.clone(), columns.collect()).map_err(broken)?;
        writer.write(&batch).map_err(broken)?;
        self.starts.push(self.rows);
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Hands on the rows with these numbers, which rise, each as a batch. One batch of those that were kept is in memory.
    pub(crate) fn each(
        &mut self,
        numbers: impl Iterator<Item = u64>,
        mut each: impl FnMut(&RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let mut reader = FileReader::try_new(BufReader::new(self.full()?), None).map_err(broken)?;
        let mut open: Option<(usize, RecordBatch)> = None;
        for number in numbers {
            let at = self.starts.partition_point(|start| *start <= number);
            let at = at.checked_sub(1).filter(|_| number < self.rows).ok_or_else(unknown)?;
            let batch = match open.take().filter(|(open, _)| *open == at) {
                Some((_, batch)) => batch,
                None => {
                    reader.set_index(at).map_err(broken)?;
                    reader.next().ok_or_else(unknown)?.map_err(broken)?
                }
            };
            each(&batch.slice((number - self.starts[at]) as usize, 1))?;
            open = Some((at, batch));
        }
        Ok(())
    }

    /// The file, which takes no more rows.
    fn full(&mut self) -> Result<File> {
        if let State::Fills(writer) = &mut self.state {
            writer.finish().map_err(broken)?;
            let file = writer.get_ref().get_ref().try_clone().map_err(failed)?;
            self.state = State::IsFull(file);
        }
        let State::IsFull(file) = &self.state else {
            return Err(unknown());
        };
        let mut file = file.try_clone().map_err(failed)?;
        file.rewind().map_err(failed)?;
        Ok(file)
    }
}

fn unknown() -> Error {
    Error::internal("the target refuses a row that was not written")
}

fn broken(problem: ArrowError) -> Error {
    match problem {
        ArrowError::IoError(_, problem) => failed(problem),
        problem => Error::internal(problem.to_string()),
    }
}

fn failed(problem: std::io::Error) -> Error {
    let why = "rows that the target may refuse cannot be put aside in a temporary file";
    Error::new(Code::StoreFailed, why)
        .help("make room in the folder for temporary files, or choose another one by TMPDIR")
        .driver(problem)
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Array, Int64Array, StringArray};

    use super::*;

    #[test]
    fn rows_come_back_by_their_numbers_without_what_is_masked() {
        let batch = |first: i64, rows: i64| {
            let numbers: Int64Array = (first..first + rows).collect();
            let texts = StringArray::from_iter_values((first..first + rows).map(|n| format!("canary {n}")));
            let columns: [(&str, arrow_array::ArrayRef); 2] = [("n", Arc::new(numbers)), ("secret", Arc::new(texts))];
            RecordBatch::try_from_iter(columns).unwrap()
        };
        let mut spool = Spool::new(batch(0, 0).schema_ref(), vec![true, false]).unwrap();
        for (first, rows) in [(0, 3), (3, 1), (4, 5000)] {
            // A slice, as batches often are.
            spool.add(&batch(first - 1, rows + 2).slice(1, rows as usize)).unwrap();
        }
        for _ in 0..2 {
            let numbers = [0, 2, 3, 4, 4999, 5003];
            let mut found = Vec::new();
            let each = |row: &RecordBatch| {
                assert!(row.num_rows() == 1 && row.column(1).is_null(0));
                found.push(row.column(0).as_primitive::<Int64Type>().value(0));
                Ok(())
            };
            spool.each(numbers.into_iter(), each).unwrap();
            assert_eq!(found, numbers.map(|number| number as i64));
        }
        assert!(spool.each([5004].into_iter(), |_| Ok(())).is_err());
        assert!(spool.add(&batch(0, 1)).is_err());
    }
}
