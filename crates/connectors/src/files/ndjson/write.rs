//! From batches to NDJSON: every column in every row, numbers with all their digits, JSON as it is.

use std::fs::File;
use std::io::Write;

use arrow_array::RecordBatch;
use syncapp_model::Result;

use crate::files::cells::{TextColumn, json_string};
use crate::files::compress::Output;
use crate::files::encode::{Encoder as FileEncoder, Unfinished};

/// Rows are handed to the file when so many bytes are together.
const CHUNK: usize = 64 << 10;

/// Writes an NDJSON file.
pub(in crate::files) struct Encoder {
    output: Output,
    /// What stands before each value: `{"id":`, `,"name":` …
    keys: Vec<Vec<u8>>,
    pending: Vec<u8>,
    rows: u64,
}

impl Encoder {
    pub(in crate::files) fn new(output: Output, columns: &[String]) -> Result<Self> {
        let key = |(at, name): (usize, &String)| {
            let mut key = vec![if at == 0 { b'{' } else { b',' }];
            json_string(&mut key, name)?;
            key.push(b':');
            Ok(key)
        };
        Ok(Self {
            output,
            keys: columns.iter().enumerate().map(key).collect::<Result<_>>()?,
            pending: Vec::with_capacity(2 * CHUNK),
            rows: 0,
        })
    }
}

impl FileEncoder for Encoder {
    fn write(&mut self, batch: RecordBatch) -> Result<(), Unfinished> {
        let columns = TextColumn::of_batch(&batch)?;
        for row in 0..batch.num_rows() {
            if columns.is_empty() {
                self.pending.push(b'{');
            }
            for (at, column) in columns.iter().enumerate() {
                self.pending.extend_from_slice(&self.keys[at]);
                column.write_json(row, &mut self.pending).map_err(|error| {
                    let name = batch.schema_ref().field(at).name();
                    error.column(name).row(format!("row {}", self.rows + 1))
                })?;
            }
            self.pending.extend_from_slice(b"}\n");
            self.rows += 1;
            if self.pending.len() >= CHUNK {
                self.output.write_all(&self.pending)?;
                self.pending.clear();
            }
        }
        Ok(())
    }

    fn written(&self) -> u64 {
        self.output.written() + self.pending.len() as u64
    }

    fn finish(mut self: Box<Self>) -> Result<File, Unfinished> {
        self.output.write_all(&self.pending)?;
        Ok(self.output.finish()?)
    }
}
