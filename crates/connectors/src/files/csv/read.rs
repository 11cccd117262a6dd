//! From the text of a CSV file to typed batches, without a copy of a cell on the way.

use syncapp_connector::{Marked, Unread};
use syncapp_model::{Code, Error, Result, Side};

use super::Nulls;
use super::split::{Dialect, Field, Found, record, undouble};
use crate::files::blocks::{Blocks, MAX_CELL, MAX_ROW};
use crate::files::cells::json_string;
use crate::files::config::ValidFiles;
use crate::files::format;
use crate::files::read::{Aside, FileColumn, Limits, Reader as FileReader, Table};

/// The records of a file.
pub(in crate::files) struct Records {
    pub(super) blocks: Blocks,
    pub(super) dialect: Dialect,
    pub(super) fields: Vec<Field>,
    /// The number of fields in every record.
    pub(super) width: usize,
    /// How long the record is; it is passed by with the next call.
    length: usize,
}

impl Records {
    pub(super) fn new(files: &ValidFiles, blocks: Blocks) -> Self {
        Self {
            dialect: Dialect {
                delimiter: format::delimiter(files, blocks.name()),
                quote: files.quote,
            },
            blocks,
            fields: Vec::new(),
            width: 0,
            length: 0,
        }
    }

    /// Finds the next record's fields; its length, or `None` at the end of the file.
    pub(super) fn find(&mut self) -> Result<Option<usize>> {
        loop {
            let text = self.blocks.text();
            if text.is_empty() {
                if self.blocks.ended() {
                    return Ok(None);
                }
                self.blocks.more()?;
                continue;
            }
            match record(self.dialect, text, self.blocks.ended(), &mut self.fields) {
                Found::Record(length) => {
                    if length > MAX_ROW {
                        return Err(self.blocks.too_large("row", MAX_ROW, 0));
                    }
                    self.length = length;
                    let empty = matches!(self.fields[..], [only] if only.end == 0 && !only.quoted);
                    if empty && self.width != 1 {
                        self.pass();
                        continue;
                    }
                    return Ok(Some(length));
                }
                Found::Part => self.blocks.more()?,
                Found::BehindQuote(at) => {
                    let why = "a field goes on behind its closing quote";
                    return Err(self.blocks.error(Code::InvalidData(Side::Source), why, at).help(
                        "a quote inside a quoted field must be doubled; set `quote` if the file quotes otherwise",
                    ));
                }
                Found::OpenQuote(at) => {
                    let why = "the file ends inside a quoted field";
                    return Err(self
                        .blocks
                        .error(Code::InvalidData(Side::Source), why, at)
                        .help("the file may be cut short; set `quote` if it quotes otherwise"));
                }
            }
        }
    }

    /// Passes the found record by.
    #[inline]
    pub(super) fn pass(&mut self) {
        self.blocks.pass(self.length);
    }

    /// The found record's text.
    fn found(&self) -> &[u8] {
        &self.blocks.text()[..self.length]
    }

    /// A field's text.
    #[inline]
    pub(super) fn text<'a>(&'a self, field: Field, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        let text = &self.blocks.text()[field.start..field.end];
        if field.doubled {
            undouble(self.dialect.quote, text, scratch);
            scratch
        } else {
            text
        }
    }

    /// Fails where the record has another number of fields than the first.
    #[inline]
    pub(super) fn check(&self) -> Result<()> {
        if self.fields.len() == self.width && self.length <= MAX_CELL {
            return Ok(());
        }
        self.check_slowly()
    }

    #[cold]
    fn check_slowly(&self) -> Result<()> {
        let mut scratch = Vec::new();
        let large = self.fields.iter().filter(|field| field.end - field.start > MAX_CELL);
        for field in large {
            if self.text(*field, &mut scratch).len() > MAX_CELL {
                return Err(self.blocks.too_large("cell", MAX_CELL, field.start));
            }
        }
        if self.fields.len() == self.width {
            return Ok(());
        }
        let why = format!(
            "the row has {} fields and the first one has {}",
            self.fields.len(),
            self.width
        );
        Err(self
            .blocks
            .error(Code::InvalidData(Side::Source), why, 0)
            .help("mend the file, or set `delimiter` or `quote` if it is written otherwise"))
    }
}

/// Reads a CSV file's rows.
pub(in crate::files) struct Reader {
    records: Records,
    nulls: Nulls,
    /// For each column of the table, the field it is read from.
    sources: Vec<Option<usize>>,
    table: Table,
    /// The fields' names.
    names: Vec<String>,
    aside: Aside,
    scratch: Vec<u8>,
}

impl Reader {
    /// Reads the header: columns are found by name, those that the file lacks are NULL.
    pub(in crate::files) fn open(
        files: &ValidFiles,
        blocks: Blocks,
        all: &[FileColumn],
        wanted: &[usize],
        (limits, lenient): (Limits, bool),
    ) -> Result<Self> {
        let (records, names) = super::header(files, blocks)?;
        let find = |at: &usize| names.iter().position(|name| *name == all[*at].name);
        Ok(Self {
            records,
            nulls: Nulls::new(files),
            sources: wanted.iter().map(find).collect(),
            table: Table::new(all, wanted, (limits, lenient)),
            names,
            aside: Aside::new(lenient),
            scratch: Vec::new(),
        })
    }

    fn row(&mut self) -> Result<()> {
        self.records.check()?;
        for (column, source) in self.sources.iter().enumerate() {
            let cells = &mut self.table.cells[column];
            let Some(source) = source else {
                cells.push_null();
                continue;
            };
            let field = self.records.fields[*source];
            let text = self.records.text(field, &mut self.scratch);
            if self.nulls.has(text, field.quoted) {
                cells.push_null();
            } else if !cells.push(text) {
                let text = text.to_vec();
                let error = self.misfit(column, field, &text);
                self.table.put_null(column, error, &text)?;
            }
        }
        Ok(())
    }

    /// Sets the found record aside, or ends the reading.
    #[cold]
    fn set_aside(&mut self, error: Error) -> Result<()> {
        self.table.take_back();
        let told = self.records.fields.len() == self.records.width;
        let columns = if told { Some(self.columns()?) } else { None };
        self.aside.put(error, columns, self.records.found())
    }

    /// The found record as a JSON object of texts.
    fn columns(&self) -> Result<String> {
        let (mut object, mut scratch) = (Vec::new(), Vec::new());
        for (name, field) in self.names.iter().zip(&self.records.fields) {
            object.push(if object.is_empty() { b'{' } else { b',' });
            json_string(&mut object, name)?;
            object.push(b':');
            let text = self.records.text(*field, &mut scratch);
            if self.nulls.has(text, field.quoted) {
                object.extend_from_slice(b"null");
            } else {
                json_string(&mut object, &String::from_utf8_lossy(text))?;
            }
        }
        object.push(b'}');
        Ok(String::from_utf8_lossy(&object).into_owned())
    }

    #[cold]
    fn misfit(&self, column: usize, field: Field, text: &[u8]) -> Error {
        let error = self.table.misfit(&self.records.blocks, column, text, field.start);
        if text.is_empty() {
            error.help("set `null_values: [\"\"]` on the connection if an empty field is NULL even in quotes")
        } else {
            error
        }
    }
}

impl FileReader for Reader {
    fn next(&mut self) -> Result<Option<Marked>> {
        while let Some(length) = self.records.find()? {
            if self.table.full(length) || self.aside.is_full() {
                return self.table.batch(self.records.blocks.name()).map(Some);
            }
            match self.row() {
                Ok(()) => self.table.count(length),
                Err(error) => self.set_aside(error)?,
            }
            self.records.pass();
        }
        if self.table.rows == 0 && self.aside.is_empty() {
            return Ok(None);
        }
        self.table.batch(self.records.blocks.name()).map(Some)
    }

    fn unread(&mut self) -> Vec<Unread> {
        self.aside.take()
    }
}
