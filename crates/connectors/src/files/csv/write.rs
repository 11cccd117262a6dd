//! From batches to CSV: a header, LF behind each row, quotes where they are needed; NULL is an empty field and the
//! empty string a quoted one.

use std::fs::File;
use std::io::Write;

use arrow_array::RecordBatch;
use syncapp_model::{Code, Error, Result, Side};

use super::Nulls;
use crate::files::cells::TextColumn;
use crate::files::compress::Output;
use crate::files::config::ValidFiles;
use crate::files::encode::{Encoder as FileEncoder, Unfinished};
use crate::files::format;

/// Rows are handed to the file when so many bytes are together.
const CHUNK: usize = 64 << 10;

/// Writes a CSV file.
pub(in crate::files) struct Encoder {
    output: Output,
    delimiter: u8,
    quote: u8,
    nulls: Nulls,
    pending: Vec<u8>,
    rows: u64,
}

impl Encoder {
    /// Begins a file with its header.
    pub(in crate::files) fn new(files: &ValidFiles, name: &str, output: Output, columns: &[String]) -> Self {
        let mut encoder = Self {
            output,
            delimiter: format::delimiter(files, name),
            quote: files.quote,
            nulls: Nulls::new(files),
            pending: Vec::with_capacity(2 * CHUNK),
            rows: 0,
        };
        if files.header {
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    encoder.pending.push(encoder.delimiter);
                }
                let start = encoder.pending.len();
                encoder.pending.extend_from_slice(column.as_bytes());
                encoder.quote(start);
            }
            encoder.pending.push(b'\n');
        }
        encoder
    }

    /// Puts the text that begins there in quotes, where it needs them. It stays where it is: it may be a large one.
    fn quote(&mut self, start: usize) {
        let text = &self.pending[start..];
        if !self.needs_quotes(text) {
            return;
        }
        let (end, mut more) = (self.pending.len(), memchr::memchr_iter(self.quote, text).count());
        self.pending.resize(end + more + 2, self.quote);
        // From behind: what lies before the first of its quotes moves by one.
        let mut from = end;
        while more > 0 {
            from -= 1;
            let byte = self.pending[from];
            self.pending[from + more + 1] = byte;
            if byte == self.quote {
                self.pending[from + more] = byte;
                more -= 1;
            }
        }
        self.pending.copy_within(start..from, start + 1);
        self.pending[start] = self.quote;
    }

    /// At the start of a file, U+FEFF without quotes would be taken for a byte order mark.
    fn needs_quotes(&self, text: &[u8]) -> bool {
        text.is_empty()
            || text.starts_with("\u{feff}".as_bytes())
            || memchr::memchr3(self.delimiter, self.quote, b'\n', text).is_some()
            || memchr::memchr(b'\r', text).is_some()
    }

    fn cell(&mut self, column: &TextColumn<'_>, row: usize) -> Result<()> {
        let start = self.pending.len();
        if column.is_null(row) {
            let Some(spelling) = self.nulls.spelling() else {
                return Err(refused("NULL", "`null_values: []` says that no field is NULL"));
            };
            self.pending.extend_from_slice(spelling);
            if !spelling.is_empty() {
                self.quote(start);
            }
            return Ok(());
        }
        column.write(row, &mut self.pending)?;
        let text = &self.pending[start..];
        if self.nulls.listed(text) {
            let text = String::from_utf8_lossy(text);
            return Err(refused(
                &format!("the text `{text}`"),
                "`null_values` says that it means NULL",
            ));
        }
        self.quote(start);
        Ok(())
    }
}

fn refused(what: &str, why: &str) -> Error {
    Error::new(
        Code::ValueOutOfRange(Side::Destination),
        format!("{what} cannot be written: {why}"),
    )
    .help("change `null_values` on the connection")
}

impl FileEncoder for Encoder {
    fn write(&mut self, batch: RecordBatch) -> Result<(), Unfinished> {
        let columns = TextColumn::of_batch(&batch)?;
        for row in 0..batch.num_rows() {
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    self.pending.push(self.delimiter);
                }
                self.cell(column, row).map_err(|error| {
                    let name = batch.schema_ref().field(at).name();
                    error.column(name).row(format!("row {}", self.rows + 1))
                })?;
            }
            self.pending.push(b'\n');
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
