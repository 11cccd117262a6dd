//! The unit that travels from a source to a destination.

use arrow_array::RecordBatch;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use syncapp_model::Result;

/// Batches in the order they were read. Dropping it stops the reading.
pub type BatchStream = BoxStream<'static, Result<Batch>>;

/// Some rows of a stream.
#[derive(Debug, Clone)]
pub enum Batch {
    /// Rows as columns, in the order of [`crate::ReadRequest::columns`].
    Columns(RecordBatch),
    /// Whole rows in the wire format that both ends speak; only where [`crate::ReadRequest::wire`] asked for it.
    Native(NativeRows),
}

/// Rows in a system's own bulk format, without its header and trailer.
#[derive(Debug, Clone)]
pub struct NativeRows {
    /// Whole rows, one behind the other.
    pub bytes: Bytes,
    /// How many.
    pub rows: usize,
}

impl Batch {
    /// How many rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Columns(columns) => columns.num_rows(),
            Self::Native(native) => native.rows,
        }
    }

    /// How many bytes of memory it holds.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Columns(columns) => columns.get_array_memory_size(),
            Self::Native(native) => native.bytes.len(),
        }
    }
}
