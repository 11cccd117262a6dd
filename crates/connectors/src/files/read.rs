//! One file while it is read: what all formats' readers have in common.

use std::fs::File;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::Schema;
use syncapp_connector::{Marked, Remains, UNREAD_BYTES, Unread};
use syncapp_model::{Code, DataType, Error, Result, Side};

use super::blocks::Blocks;
use super::cells::Cells;
use super::config::ValidFiles;
use super::format::{self, Compression, Format};
use super::root::Listed;
use super::{compress, csv, encoding, errors, ndjson, parquet};
use crate::unreadable::{Unreadable, field};

/// A column of a stream of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileColumn {
    pub(super) name: String,
    pub(super) ty: DataType,
    /// Whether the type was guessed from a sample; then a spelling that it would not keep does not fit.
    pub(super) guessed: bool,
    pub(super) nullable: bool,
}

/// Where a batch ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) rows: usize,
    pub(super) bytes: usize,
}

/// Batches beyond this would not fit Arrow's offsets.
const MAX_BATCH: usize = 1 << 30;

impl Limits {
    pub(super) fn new(rows: usize, bytes: usize) -> Self {
        Self {
            rows: rows.max(1),
            bytes: bytes.clamp(1, MAX_BATCH),
        }
    }
}

/// Reads one file's rows in their order.
pub(super) trait Reader: Send {
    /// The next rows; `None` behind the last. Only a lenient reader marks cells that it could not read.
    fn next(&mut self) -> Result<Option<Marked>>;

    /// The rows that could not be read since the last call; only a lenient reader has any.
    fn unread(&mut self) -> Vec<Unread> {
        Vec::new()
    }
}

/// Rows that cannot be read, in a reader that may set them aside.
pub(super) struct Aside {
    lenient: bool,
    rows: Vec<Unread>,
    bytes: usize,
}

impl Aside {
    /// How many rows, and bytes of them, wait at the most.
    const MOST: (usize, usize) = (1000, 1 << 20);

    pub(super) fn new(lenient: bool) -> Self {
        Self {
            lenient,
            rows: Vec::new(),
            bytes: 0,
        }
    }

    /// Whether enough rows wait.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= Self::MOST.0 || self.bytes >= Self::MOST.1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Sets a row aside; gives an error back that must end the reading. The row is its columns, if they could be told
    /// apart, or its text.
    pub(super) fn put(&mut self, error: Error, columns: Option<String>, text: &[u8]) -> Result<()> {
        let about_a_row = matches!(
            error.code(),
            Code::InvalidData(Side::Source) | Code::TooLarge(Side::Source)
        );
        if !self.lenient || !about_a_row {
            return Err(error);
        }
        let remains = match columns.filter(|columns| columns.len() <= UNREAD_BYTES) {
            Some(columns) => Remains::Columns(columns),
            None => {
                let beginning = &text[..text.len().min(UNREAD_BYTES)];
                Remains::Text(String::from_utf8_lossy(beginning).trim_end().to_owned())
            }
        };
        self.bytes += text.len().min(UNREAD_BYTES);
        self.rows.push(Unread { error, remains });
        Ok(())
    }

    pub(super) fn take(&mut self) -> Vec<Unread> {
        self.bytes = 0;
        std::mem::take(&mut self.rows)
    }
}

/// Opens a file as it was listed.
pub(super) fn open_file(listed: &Listed) -> Result<File> {
    let file = File::open(&listed.path).map_err(|problem| errors::io(Side::Source, "open", &listed.name, &problem))?;
    listed.unchanged(&file)?;
    Ok(file)
}

/// The text of a file.
pub(super) fn open_text(files: &ValidFiles, listed: &Listed, compression: Compression) -> Result<Blocks> {
    let failed = |problem| errors::io(Side::Source, "read", &listed.name, &problem);
    let raw = compress::reader(open_file(listed)?, compression).map_err(failed)?;
    let text = encoding::utf8(raw, files.encoding).map_err(failed)?;
    Ok(Blocks::new(text, &listed.name))
}

/// A reader of some of a file's columns; `all` are those of the stream.
pub(super) fn open(
    files: &ValidFiles,
    listed: &Listed,
    all: &[FileColumn],
    wanted: &[usize],
    (limits, lenient): (Limits, bool),
) -> Result<Box<dyn Reader>> {
    let (format, compression) = format_of(files, listed)?;
    Ok(match format {
        Format::Csv => {
            let blocks = open_text(files, listed, compression)?;
            Box::new(csv::Reader::open(files, blocks, all, wanted, (limits, lenient))?)
        }
        Format::Ndjson => {
            let blocks = open_text(files, listed, compression)?;
            Box::new(ndjson::Reader::new(blocks, all, wanted, (limits, lenient)))
        }
        Format::Parquet => {
            whole(listed, compression)?;
            Box::new(parquet::Reader::open(
                open_file(listed)?,
                &listed.name,
                all,
                wanted,
                limits,
            )?)
        }
    })
}

/// What a file holds, or that nothing says so.
pub(super) fn format_of(files: &ValidFiles, listed: &Listed) -> Result<(Format, Compression)> {
    format::of_source(files, &listed.name).ok_or_else(|| {
        Error::new(
            Code::InvalidValue,
            format!("nothing says what format `{}` has", listed.name),
        )
        .help("set `format` on the connection; the endings .csv, .tsv, .ndjson, .jsonl and .parquet say it themselves")
    })
}

/// Parquet is read from both ends and cannot be unpacked on the way.
pub(super) fn whole(listed: &Listed, compression: Compression) -> Result<()> {
    if compression == Compression::None {
        Ok(())
    } else {
        let why = format!(
            "`{}` is a compressed Parquet file, which cannot be read in place",
            listed.name
        );
        Err(Error::new(Code::NotAvailable, why).help("unpack it first: Parquet is compressed inside"))
    }
}

/// Columns that text is appended to, and the batches they make.
pub(super) struct Table {
    schema: Arc<Schema>,
    names: Vec<String>,
    pub(super) cells: Vec<Cells>,
    guessed: Vec<bool>,
    /// Bytes of a row, text aside.
    width: usize,
    pub(super) rows: usize,
    /// Bytes of text that went in.
    text: usize,
    limits: Limits,
    unreadable: Unreadable,
}

impl Table {
    pub(super) fn new(all: &[FileColumn], wanted: &[usize], (limits, lenient): (Limits, bool)) -> Self {
        let columns: Vec<_> = wanted.iter().map(|at| &all[*at]).collect();
        let fields: Vec<_> = columns
            .iter()
            .map(|column| field(column.ty.field(&column.name, column.nullable), lenient))
            .collect();
        let cells: Vec<_> = columns
            .iter()
            .map(|column| Cells::new(column.ty.clone(), column.guessed))
            .collect();
        Self {
            schema: Arc::new(Schema::new(fields)),
            names: columns.iter().map(|column| column.name.clone()).collect(),
            guessed: columns.iter().map(|column| column.guessed).collect(),
            width: cells.iter().map(Cells::width).sum(),
            cells,
            rows: 0,
            text: 0,
            limits,
            unreadable: Unreadable::new(lenient),
        }
    }

    /// Puts NULL in the place of a text that does not fit its column; gives an error back that must end the row.
    #[cold]
    pub(super) fn put_null(&mut self, column: usize, error: Error, text: &[u8]) -> Result<()> {
        let words = || String::from_utf8_lossy(text).into_owned();
        self.unreadable.note(self.rows, error, words)?;
        self.cells[column].push_null();
        Ok(())
    }

    /// Whether the batch is complete before a row of so many bytes.
    #[inline]
    pub(super) fn full(&self, row: usize) -> bool {
        self.rows > 0
            && (self.rows >= self.limits.rows || self.text + row + (self.rows + 1) * self.width > self.limits.bytes)
    }

    /// Counts a row whose cells are appended.
    #[inline]
    pub(super) fn count(&mut self, row: usize) {
        self.rows += 1;
        self.text += row;
    }

    /// Takes back what was appended of a row.
    #[cold]
    pub(super) fn take_back(&mut self) {
        for cells in &mut self.cells {
            cells.truncate(self.rows);
        }
        self.unreadable.forget(self.rows);
    }

    /// The rows so far.
    pub(super) fn batch(&mut self, file: &str) -> Result<Marked> {
        let arrays: Result<Vec<ArrayRef>, _> = self.cells.iter_mut().map(Cells::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let batch = arrays
            .and_then(|arrays| RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options))
            .map_err(|problem| errors::arrow(file, &problem))?;
        self.rows = 0;
        self.text = 0;
        Ok(Marked {
            columns: batch,
            cells: self.unreadable.take(),
        })
    }

    /// That a text at a byte of the block does not fit its column.
    pub(super) fn misfit(&self, blocks: &Blocks, column: usize, text: &[u8], at: usize) -> Error {
        let ty = self.cells[column].ty();
        let why = format!("`{}` is no {ty}", short(text));
        let name = &self.names[column];
        let help = if self.guessed[column] {
            format!(
                "the type was guessed from a sample: set `columns: {{ {name}: string }}`, or another type, on the connection"
            )
        } else {
            format!("mend the file, or set another type for `{name}` in `columns` on the connection")
        };
        blocks
            .error(Code::InvalidData(Side::Source), why, at)
            .column(name)
            .help(help)
    }
}

/// The beginning of a text, on one line.
pub(super) fn short(text: &[u8]) -> String {
    const LENGTH: usize = 40;
    let shown = String::from_utf8_lossy(&text[..text.len().min(LENGTH * 4)]);
    let mut short: String = shown.chars().take(LENGTH).flat_map(char::escape_debug).collect();
    if shown.chars().count() > LENGTH || text.len() > LENGTH * 4 {
        short.push('…');
    }
    short
}
