//! Binary COPY into Arrow.
//!
//! The server sends a row a message. Each field is matched once against its column's builder, and appended to plain
//! vectors that become the arrays' buffers without a copy. UTF-8 is checked once a batch.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use syncapp_model::{Code, Error, Result, Side};

use super::builder::Builder;

const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
const HEADER: usize = 19;

/// Turns the messages of one COPY into batches.
pub(super) struct Decoder {
    schema: SchemaRef,
    builders: Vec<Builder>,
    framing: Framing,
    rows: usize,
    bytes: usize,
    /// Rows of earlier batches.
    before: u64,
}

impl Decoder {
    /// One builder for each field of the schema.
    pub(super) fn new(schema: SchemaRef, builders: Vec<Builder>) -> Self {
        Self {
            schema,
            builders,
            framing: Framing::default(),
            rows: 0,
            bytes: 0,
            before: 0,
        }
    }

    /// Takes one message in.
    pub(super) fn push(&mut self, message: &[u8]) -> Result<()> {
        let Self {
            builders,
            framing,
            rows,
            bytes,
            before,
            schema,
        } = self;
        framing.rows(message, |row| {
            *bytes += row.len();
            decode_row(row, builders).map_err(|(column, error)| {
                let error = error.row(format!("number {}", *before + *rows as u64 + 1));
                match column {
                    Some(column) => error.column(schema.field(column).name()),
                    None => error,
                }
            })?;
            *rows += 1;
            Ok(())
        })
    }

    /// Rows waiting for [`finish`](Self::finish).
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Their size on the wire.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The rows so far as a batch.
    pub(super) fn finish(&mut self) -> Result<RecordBatch> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.builders.len());
        for (builder, field) in self.builders.iter_mut().zip(self.schema.fields()) {
            arrays.push(builder.finish(field).map_err(|error| error.column(field.name()))?);
        }
        self.before += self.rows as u64;
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new(self.schema.clone(), arrays).map_err(|problem| Error::internal(problem.to_string()))
    }
}

/// Finds the rows in the messages of a binary COPY; a message may hold any part of the stream.
#[derive(Default)]
pub(super) struct Framing {
    started: bool,
    ended: bool,
    /// The beginning of a row whose end has not come yet.
    pending: Vec<u8>,
}

impl Framing {
    /// Calls `each` with every whole row.
    pub(super) fn rows(&mut self, message: &[u8], mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if !self.pending.is_empty() {
            self.pending.extend_from_slice(message);
            let joined = std::mem::take(&mut self.pending);
            return self.walk(&joined, &mut each);
        }
        self.walk(message, &mut each)
    }

    fn walk(&mut self, mut bytes: &[u8], each: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if !self.started {
            let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
                self.pending = bytes.to_vec();
                return Ok(());
            };
            if !header.starts_with(SIGNATURE) || header[11..] != [0; 8] {
                return Err(malformed("the server's COPY stream begins with an unknown header"));
            }
            self.started = true;
            bytes = rest;
        }
        while !bytes.is_empty() && !self.ended {
            if bytes.starts_with(&[0xff, 0xff]) {
                self.ended = true;
                break;
            }
            let Some(length) = row_length(bytes) else {
                self.pending = bytes.to_vec();
                return Ok(());
            };
            let (row, rest) = bytes.split_at(length);
            each(row)?;
            bytes = rest;
        }
        Ok(())
    }

    /// Fails unless the stream came to its proper end.
    pub(super) fn finish(&self) -> Result<()> {
        if self.ended && self.pending.is_empty() {
            Ok(())
        } else {
            Err(malformed("the server's COPY stream ended in the middle"))
        }
    }
}

impl Decoder {
    /// Fails unless the stream came to its proper end.
    pub(super) fn end(&self) -> Result<()> {
        self.framing.finish()
    }
}

/// The length of the row at the start of the bytes; `None` when its end is not there yet.
fn row_length(bytes: &[u8]) -> Option<usize> {
    let (count, _) = bytes.split_first_chunk::<2>()?;
    let mut at = 2usize;
    for _ in 0..u16::from_be_bytes(*count) {
        let length = i32::from_be_bytes(*bytes.get(at..)?.first_chunk::<4>()?);
        at = at.checked_add(4)?.checked_add(usize::try_from(length).unwrap_or(0))?;
    }
    (at <= bytes.len()).then_some(at)
}

fn decode_row(row: &[u8], builders: &mut [Builder]) -> Result<(), (Option<usize>, Error)> {
    let count = row
        .first_chunk::<2>()
        .map_or(0, |count| usize::from(u16::from_be_bytes(*count)));
    if count != builders.len() {
        return Err((
            None,
            malformed("the server sent another number of columns than was asked for"),
        ));
    }
    let mut rest = &row[2..];
    for (column, builder) in builders.iter_mut().enumerate() {
        let Some((length, after)) = rest.split_first_chunk::<4>() else {
            return Err((Some(column), malformed("a row ended in the middle")));
        };
        let length = i32::from_be_bytes(*length);
        if length < 0 {
            builder.null();
            rest = after;
        } else {
            let Some((field, after)) = after.split_at_checked(length as usize) else {
                return Err((Some(column), malformed("a row ended in the middle")));
            };
            builder.value(field).map_err(|error| (Some(column), error))?;
            rest = after;
        }
    }
    Ok(())
}

fn malformed(why: &str) -> Error {
    Error::new(Code::InvalidData(Side::Source), why).help("if this is a PostgreSQL server, please report it")
}

/// The builders of a schema, in its order.
pub(super) fn builders(wires: &[Option<super::types::Wire>]) -> Vec<Builder> {
    wires
        .iter()
        .map(|wire| wire.as_ref().map_or_else(Builder::native, Builder::typed))
        .collect()
}

/// A schema shared by all batches.
pub(super) fn schema(fields: Vec<arrow_schema::Field>) -> SchemaRef {
    Arc::new(arrow_schema::Schema::new(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([0; 8]);
        for value in [1i32, 2, 3] {
            bytes.extend([0, 2, 0, 0, 0, 4]);
            bytes.extend(value.to_be_bytes());
            bytes.extend((-1i32).to_be_bytes());
        }
        bytes.extend([0xff, 0xff]);
        bytes
    }

    #[test]
    fn rows_are_found_wherever_messages_are_cut() {
        let stream = stream();
        for size in 1..=stream.len() {
            let mut framing = Framing::default();
            let mut rows = Vec::new();
            for message in stream.chunks(size) {
                framing
                    .rows(message, |row| {
                        rows.push(row.to_vec());
                        Ok(())
                    })
                    .unwrap();
            }
            framing.finish().unwrap();
            assert_eq!(rows.len(), 3, "messages of {size} bytes");
            assert_eq!(rows[2][6..10], 3i32.to_be_bytes());
        }
    }

    #[test]
    fn a_cut_stream_is_an_error() {
        let stream = stream();
        for end in 0..stream.len() {
            let mut framing = Framing::default();
            let walked = framing.rows(&stream[..end], |_| Ok(()));
            assert!(walked.and_then(|()| framing.finish()).is_err(), "cut at {end}");
        }
    }
}
