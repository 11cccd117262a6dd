//! Values that a reader cannot read: it puts NULL in their places and notes them, and a batch without any costs nothing.

use arrow_array::RecordBatch;
use arrow_schema::Field;
use syncapp_connector::{Batch, Marked, UNREAD_BYTES, UnreadCell};
use syncapp_model::{Code, Error, Result, Side};

/// A column of the batches: where NULL may take a value's place it is nullable, whatever the system says of it.
pub(crate) fn field(field: Field, lenient: bool) -> Field {
    let nullable = field.is_nullable() || lenient;
    field.with_nullable(nullable)
}

/// What a reader could not read of the batch that fills.
pub(crate) struct Unreadable {
    lenient: bool,
    cells: Vec<UnreadCell>,
}

impl Unreadable {
    pub(crate) fn new(lenient: bool) -> Self {
        Self {
            lenient,
            cells: Vec::new(),
        }
    }

    /// Notes a value of the batch's row, by an error that names its column; gives one back that must end the reading.
    #[cold]
    pub(crate) fn note(&mut self, row: usize, error: Error, text: impl FnOnce() -> String) -> Result<()> {
        let about_a_value = matches!(
            error.code(),
            Code::InvalidData(Side::Source) | Code::ValueOutOfRange(Side::Source)
        );
        if !self.lenient || !about_a_value {
            return Err(error);
        }
        let mut text = text();
        text.truncate(text.floor_char_boundary(UNREAD_BYTES));
        self.cells.push(UnreadCell { row, error, text });
        Ok(())
    }

    /// Forgets what was noted of a row that is none of the batch's after all.
    #[cold]
    pub(crate) fn forget(&mut self, row: usize) {
        self.cells.retain(|cell| cell.row != row);
    }

    /// What was noted of the batch.
    pub(crate) fn take(&mut self) -> Vec<UnreadCell> {
        std::mem::take(&mut self.cells)
    }

    /// The batch with what was noted of it.
    pub(crate) fn mark(&mut self, columns: RecordBatch) -> Batch {
        if self.cells.is_empty() {
            return Batch::Columns(columns);
        }
        let cells = self.take();
        Batch::Marked(Marked { columns, cells })
    }
}
