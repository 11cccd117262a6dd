//! The unit that travels from a source to a destination.

use arrow_array::RecordBatch;
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
    /// Rows that the source could not read; only where [`crate::ReadRequest::lenient`] asked for them.
    Unread(Vec<Unread>),
}

/// Rows in a system's own bulk format, without its header and trailer.
#[derive(Debug, Clone)]
pub struct NativeRows {
    /// Whole rows, one behind the other.
    pub bytes: Bytes,
    /// How many.
    pub rows: usize,
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
            Self::Unread(rows) => rows.len(),
        }
    }

    /// How many bytes of memory it holds.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Columns(columns) => columns.get_array_memory_size(),
            Self::Native(native) => native.bytes.len(),
            Self::Unread(rows) => rows.iter().map(|row| row.remains.bytes()).sum(),
        }
    }
}
