//! Text in other encodings, turned into UTF-8 as it is read.

use std::io::{self, Read};

use super::config::Encoding;

/// A reader of UTF-8, whatever the file is written in. UTF-8 itself is passed through unchecked.
pub(super) fn utf8(mut input: Box<dyn Read + Send>, encoding: Encoding) -> io::Result<Box<dyn Read + Send>> {
    let unit = match encoding {
        Encoding::Utf8 => return Ok(input),
        Encoding::Latin1 => Unit::Latin1,
        Encoding::Utf16Le => Unit::Little,
        Encoding::Utf16Be => Unit::Big,
        Encoding::Utf16 => {
            let mut mark = [0; 2];
            let mut read = 0;
            while read < 2 {
                match input.read(&mut mark[read..])? {
                    0 => break,
                    more => read += more,
                }
            }
            match (read, mark) {
                (0, _) => return Ok(input),
                (2, [0xff, 0xfe]) => Unit::Little,
                (2, [0xfe, 0xff]) => Unit::Big,
                _ => {
                    return Err(invalid(
                        "there is no byte order mark of UTF-16: say utf-16le or utf-16be",
                    ));
                }
            }
        }
    };
    Ok(Box::new(Decoder {
        input,
        unit,
        raw: vec![0; 64 << 10],
        kept: 0,
        high: None,
        text: Vec::new(),
        given: 0,
        ended: false,
    }))
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    Latin1,
    Little,
    Big,
}

struct Decoder {
    input: Box<dyn Read + Send>,
    unit: Unit,
    raw: Vec<u8>,
    /// Bytes at the start of `raw` that are half a unit.
    kept: usize,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

impl Decoder {
    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.given = 0;
        while self.text.is_empty() && !self.ended {
            let read = self.input.read(&mut self.raw[self.kept..])?;
            let length = self.kept + read;
            if read == 0 {
                self.ended = true;
                if self.kept > 0 || self.high.is_some() {
                    return Err(invalid("the UTF-16 text ends in the middle of a character"));
                }
            } else if matches!(self.unit, Unit::Latin1) {
                self.text.extend(self.raw[..length].iter().flat_map(|byte| {
                    let mut utf8 = [0; 2];
                    let length = char::from(*byte).encode_utf8(&mut utf8).len();
                    utf8.into_iter().take(length)
                }));
            } else {
                self.decode_utf16(length)?;
            }
        }
        Ok(())
    }

    fn decode_utf16(&mut self, length: usize) -> io::Result<()> {
        let (pairs, odd) = self.raw[..length].as_chunks::<2>();
        for pair in pairs {
            let unit = match self.unit {
                Unit::Big => u16::from_be_bytes(*pair),
                _ => u16::from_le_bytes(*pair),
            };
            let decoded = match (self.high.take(), unit) {
                (None, 0xd800..=0xdbff) => {
                    self.high = Some(unit);
                    continue;
                }
                (None, _) => char::decode_utf16([unit]).next(),
                (Some(high), _) => char::decode_utf16([high, unit]).next(),
            };
            match decoded {
                Some(Ok(character)) => {
                    let mut utf8 = [0; 4];
                    self.text.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
                }
                _ => return Err(invalid("half a surrogate pair stands alone in the UTF-16 text")),
            }
        }
        let odd = odd.first().copied();
        self.kept = usize::from(odd.is_some());
        self.raw[0] = odd.unwrap_or(0);
        Ok(())
    }
}

impl Read for Decoder {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.refill()?;
        }
        let length = out.len().min(self.text.len() - self.given);
        out[..length].copy_from_slice(&self.text[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}
