//! Where the rows of a binary COPY begin and end.

use syncapp_model::{Code, Error, Result, Side};

const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
const HEADER: usize = 19;

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

/// The length of the row at the start of the bytes; `None` when its end is not there yet.
fn row_length(bytes: &[u8]) -> Option<usize> {
    let (count, _) = bytes.split_first_chunk::<2>()?;
    fields_end(bytes, u16::from_be_bytes(*count).into())
}

/// Where the first fields of a row end; `None` when they are not all there.
pub(super) fn fields_end(bytes: &[u8], fields: usize) -> Option<usize> {
    let mut at = 2usize;
    for _ in 0..fields {
        let length = i32::from_be_bytes(*bytes.get(at..)?.first_chunk::<4>()?);
        at = at.checked_add(4)?.checked_add(usize::try_from(length).unwrap_or(0))?;
    }
    (at <= bytes.len()).then_some(at)
}

pub(super) fn malformed(why: &str) -> Error {
    Error::new(Code::InvalidData(Side::Source), why).help("if this is a PostgreSQL server, please report it")
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
