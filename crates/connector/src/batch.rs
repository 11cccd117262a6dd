//! The unit that travels from a source to a destination.

use arrow_array::{BooleanArray, RecordBatch};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use syncapp_model::{Error, Result};

/// Batches in the order they were read. Dropping it stops the reading.
pub type BatchStream = BoxStream<'static, Result<Batch>>;

/// Some rows of a stream.
#[derive(Debug, Clone)]
pub enum Batch {
    /// Rows as columns, in the order of [`crate::ReadRequest::columns`].
    Columns(RecordBatch),
    /// Whole rows in the wire format that both ends speak; only where [`crate::ReadRequest::wire`] asked for it.
    Native(NativeRows),
    /// The same where [`crate::ReadRequest::columns`] asks for typed columns behind the native ones.
    Passing(PassingRows),
    /// Columns with values that the source could not read; only where [`crate::ReadRequest::lenient`] asked for them.
    Marked(Marked),
    /// Rows that the source could not read; only where [`crate::ReadRequest::lenient`] asked for them.
    Unread(Vec<Unread>),
}

/// Rows some of whose values could not be read: these are NULL.
#[derive(Debug, Clone)]
pub struct Marked {
    /// All rows.
    pub columns: RecordBatch,
    /// What could not be read, in the order of the rows.
    pub cells: Vec<UnreadCell>,
}

/// A value that the source could not read.
#[derive(Debug, Clone)]
pub struct UnreadCell {
    /// The row's place in its batch.
    pub row: usize,
    /// What is wrong with it; names its column.
    pub error: Error,
    /// What it is in words, of at most [`UNREAD_BYTES`].
    pub text: String,
}

impl From<RecordBatch> for Marked {
    fn from(columns: RecordBatch) -> Self {
        let cells = Vec::new();
        Self { columns, cells }
    }
}

impl Marked {
    /// A part of the rows.
    #[must_use]
    pub fn slice(&self, first: usize, rows: usize) -> Self {
        let cells = self
            .cells
            .iter()
            .filter(|cell| (first..first + rows).contains(&cell.row));
        let cells = cells.map(|cell| UnreadCell {
            row: cell.row - first,
            ..cell.clone()
        });
        Self {
            columns: self.columns.slice(first, rows),
            cells: cells.collect(),
        }
    }

    /// The rows that are kept. `kept` has no NULL.
    pub fn filter(&self, kept: &BooleanArray) -> Result<Self> {
        let columns = arrow_select::filter::filter_record_batch(&self.columns, kept)
            .map_err(|problem| Error::internal(problem.to_string()))?;
        let cells = self.cells.iter().filter(|cell| kept.value(cell.row));
        let cells = cells.map(|cell| UnreadCell {
            row: kept.slice(0, cell.row).true_count(),
            ..cell.clone()
        });
        Ok(Self {
            columns,
            cells: cells.collect(),
        })
    }

    /// For each row, whether all its values could be read.
    pub fn sound(&self) -> BooleanArray {
        let mut sound = vec![true; self.columns.num_rows()];
        for cell in &self.cells {
            sound[cell.row] = false;
        }
        BooleanArray::from(sound)
    }
}

/// Rows in a system's own bulk format, without its header and trailer.
#[derive(Debug, Clone)]
pub struct NativeRows {
    /// Whole rows, one behind the other.
    pub bytes: Bytes,
    /// How many.
    pub rows: usize,
}

/// Native rows with what was read of them while they passed.
#[derive(Debug, Clone)]
pub struct PassingRows {
    /// Whole rows of the native columns, one behind the other.
    pub bytes: Bytes,
    /// Where each row ends in the bytes.
    pub ends: Vec<usize>,
    /// The typed columns.
    pub beside: RecordBatch,
    /// Takes a row apart.
    pub cells: Cells,
}

/// Shows each value of a native row, in the order of its columns; `None` is NULL.
pub type Cells = fn(&[u8], &mut dyn FnMut(Option<&[u8]>));

impl PassingRows {
    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Shows each value of a row.
    pub fn cells(&self, row: usize, each: &mut dyn FnMut(Option<&[u8]>)) {
        (self.cells)(&self.bytes[self.end(row)..self.end(row + 1)], each);
    }

    /// A part of the rows.
    #[must_use]
    pub fn slice(&self, first: usize, rows: usize) -> Self {
        let (start, end) = (self.end(first), self.end(first + rows));
        Self {
            bytes: self.bytes.slice(start..end),
            ends: self.ends[first..first + rows].iter().map(|end| end - start).collect(),
            beside: self.beside.slice(first, rows),
            cells: self.cells,
        }
    }

    /// The rows that are kept, without what was read of them.
    #[must_use]
    pub fn kept(self, kept: &[bool]) -> NativeRows {
        let rows = kept.iter().filter(|kept| **kept).count();
        if rows == self.len() {
            return NativeRows {
                bytes: self.bytes,
                rows,
            };
        }
        let mut bytes = Vec::new();
        for (row, _) in kept.iter().enumerate().filter(|(_, kept)| **kept) {
            bytes.extend_from_slice(&self.bytes[self.end(row)..self.end(row + 1)]);
        }
        NativeRows {
            bytes: bytes.into(),
            rows,
        }
    }

    /// Where the rows before that one end.
    fn end(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |last| self.ends[last])
    }
}

/// How much is kept of a row that could not be read.
pub const UNREAD_BYTES: usize = 64 << 10;

/// A row that the source could not read.
#[derive(Debug, Clone)]
pub struct Unread {
    /// What is wrong with it, and where it stands.
    pub error: Error,
    /// What is there of it, of at most [`UNREAD_BYTES`].
    pub remains: Remains,
}

/// What is there of a row that could not be read.
#[derive(Debug, Clone)]
pub enum Remains {
    /// A JSON object of its columns; what JSON has no form for is text.
    Columns(String),
    /// Its text, or the beginning of it.
    Text(String),
}

impl Remains {
    fn bytes(&self) -> usize {
        match self {
            Self::Columns(text) | Self::Text(text) => text.len(),
        }
    }
}

impl Batch {
    /// How many rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Columns(columns) => columns.num_rows(),
            Self::Native(native) => native.rows,
            Self::Passing(passing) => passing.len(),
            Self::Marked(marked) => marked.columns.num_rows(),
            Self::Unread(rows) => rows.len(),
        }
    }

    /// How many bytes of memory it holds.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Columns(columns) => columns.get_array_memory_size(),
            Self::Native(native) => native.bytes.len(),
            Self::Passing(passing) => passing.bytes.len() + passing.beside.get_array_memory_size(),
            Self::Marked(Marked { columns, cells }) => {
                let texts: usize = cells.iter().map(|cell| cell.text.len()).sum();
                columns.get_array_memory_size() + texts
            }
            Self::Unread(rows) => rows.iter().map(|row| row.remains.bytes()).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int64Array;
    use syncapp_model::{Code, Side};

    use super::*;

    #[test]
    fn marks_stay_at_their_rows() {
        let numbers = Int64Array::from(vec![Some(0), None, Some(2), None, Some(4)]);
        let columns = RecordBatch::try_from_iter([("v", Arc::new(numbers) as _)]).unwrap();
        let cell = |row: usize| UnreadCell {
            row,
            error: Error::new(Code::InvalidData(Side::Source), "it is none").column("v"),
            text: row.to_string(),
        };
        let marked = Marked {
            columns,
            cells: vec![cell(1), cell(3)],
        };
        let told = |marked: &Marked| {
            let cells = marked.cells.iter().map(|cell| format!("{}:{}", cell.row, cell.text));
            (marked.columns.num_rows(), cells.collect::<Vec<_>>().join(" "))
        };
        assert_eq!(told(&marked.slice(1, 3)), (3, "0:1 2:3".to_owned()));
        assert_eq!(told(&marked.slice(2, 1)), (1, String::new()));
        let kept = BooleanArray::from(vec![false, true, false, true, true]);
        assert_eq!(told(&marked.filter(&kept).unwrap()), (3, "0:1 1:3".to_owned()));
        assert_eq!(told(&marked.filter(&marked.sound()).unwrap()), (3, String::new()));
    }
}
