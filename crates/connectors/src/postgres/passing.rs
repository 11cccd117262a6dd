//! Whole rows on their way from one server to another, and what is read of them while they pass.

use arrow_array::RecordBatch;
use syncapp_connector::{Batch, NativeRows, PassingRows};
use syncapp_model::{Error, Result};

use super::decode::Decoder;
use super::framing::{fields_end, malformed};

/// Gathers rows of a binary COPY.
pub(super) struct Passing {
    out: Vec<u8>,
    /// Of a batch without very long rows.
    room: usize,
    rows: usize,
    beside: Option<Beside>,
}

/// Reads the typed fields that stand behind the native ones, and cuts them off.
pub(super) struct Beside {
    /// How many fields pass.
    native: u16,
    decoder: Decoder,
    /// A row of the typed fields alone.
    typed: Vec<u8>,
    ends: Vec<usize>,
}

impl Beside {
    /// So many fields pass; the others are the decoder's.
    pub(super) fn new(native: usize, decoder: Decoder) -> Self {
        Self {
            native: native as u16,
            decoder,
            typed: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Puts the row's native fields behind those before.
    fn cut(&mut self, row: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let cut = fields_end(row, self.native.into()).zip(row.first_chunk());
        let Some((end, count)) = cut.filter(|(_, count)| u16::from_be_bytes(**count) >= self.native) else {
            return Err(malformed("the server sent fewer columns than were asked for"));
        };
        out.extend_from_slice(&self.native.to_be_bytes());
        out.extend_from_slice(&row[2..end]);
        self.ends.push(out.len());
        self.typed.clear();
        self.typed
            .extend_from_slice(&(u16::from_be_bytes(*count) - self.native).to_be_bytes());
        self.typed.extend_from_slice(&row[end..]);
        self.decoder.row(&self.typed)
    }

    fn columns(&mut self) -> Result<RecordBatch> {
        match self.decoder.finish()? {
            Batch::Columns(columns) => Ok(columns),
            _ => Err(Error::internal("what is followed cannot be marked")),
        }
    }
}

impl Passing {
    /// Batches have about so many bytes.
    pub(super) fn new(room: usize, beside: Option<Beside>) -> Self {
        Self {
            out: Vec::with_capacity(room),
            room,
            rows: 0,
            beside,
        }
    }

    pub(super) fn row(&mut self, row: &[u8]) -> Result<()> {
        match &mut self.beside {
            Some(beside) => beside.cut(row, &mut self.out)?,
            None => self.out.extend_from_slice(row),
        }
        self.rows += 1;
        Ok(())
    }

    /// Rows and bytes so far.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.rows, self.out.len())
    }

    /// The rows so far.
    pub(super) fn take(&mut self) -> Result<Batch> {
        let bytes = std::mem::replace(&mut self.out, Vec::with_capacity(self.room)).into();
        let rows = std::mem::take(&mut self.rows);
        Ok(match &mut self.beside {
            Some(beside) => Batch::Passing(PassingRows {
                bytes,
                ends: std::mem::take(&mut beside.ends),
                beside: beside.columns()?,
                cells,
            }),
            None => Batch::Native(NativeRows { bytes, rows }),
        })
    }
}

/// The values of a row that has passed.
fn cells(row: &[u8], each: &mut dyn FnMut(Option<&[u8]>)) {
    let mut rest = row.get(2..).unwrap_or_default();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        // NULL has the length -1.
        let length = usize::try_from(i32::from_be_bytes(*length)).ok();
        let (value, after) = after.split_at(length.unwrap_or(0).min(after.len()));
        each(length.map(|_| value));
        rest = after;
    }
}
