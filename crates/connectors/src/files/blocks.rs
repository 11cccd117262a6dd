//! A text file as one growing and sliding block of valid UTF-8.
//!
//! Invariants: what [`Blocks::text`] shows is valid UTF-8 without a byte order mark; the block never grows beyond
//! [`MAX_ROW`] and a bit, however long the file and its rows are.

use std::io::{self, Read};

use syncapp_model::{Code, Error, Result, Side};

use super::errors;

/// No row may be larger.
pub(super) const MAX_ROW: usize = 256 << 20;
/// No cell may be larger.
pub(super) const MAX_CELL: usize = 64 << 20;
/// Rows from here on are large.
const LARGE: usize = 16 << 20;
/// How much is read at once.
const BLOCK: usize = 1 << 20;

/// A text file while it is read.
pub(super) struct Blocks {
    input: Box<dyn Read + Send>,
    name: String,
    buffer: Vec<u8>,
    /// Where unread text begins.
    start: usize,
    /// Where valid text ends.
    valid: usize,
    /// Where read bytes end.
    end: usize,
    /// Lines that ended before the buffer; those in it are counted only when they leave it or something is wrong.
    lines: usize,
    step: usize,
    begun: bool,
    ended: bool,
}

impl Blocks {
    pub(super) fn new(input: Box<dyn Read + Send>, name: &str) -> Self {
        Self::with_step(input, name, BLOCK)
    }

    /// Reading so many bytes at once.
    pub(super) fn with_step(input: Box<dyn Read + Send>, name: &str, step: usize) -> Self {
        Self {
            input,
            name: name.to_owned(),
            buffer: Vec::new(),
            start: 0,
            valid: 0,
            end: 0,
            lines: 0,
            step,
            begun: false,
            ended: false,
        }
    }

    /// The file's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The text that is read and not passed by.
    #[inline]
    pub(super) fn text(&self) -> &[u8] {
        &self.buffer[self.start..self.valid]
    }

    /// Whether the file ends where the text ends.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Passes by so many bytes of the text.
    #[inline]
    pub(super) fn pass(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Reads more behind the text.
    pub(super) fn more(&mut self) -> Result<()> {
        if self.end - self.start > MAX_ROW {
            return Err(self.too_large("row", MAX_ROW, 0));
        }
        self.lines += line_ends(&self.buffer[..self.start]);
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.valid -= self.start;
        self.start = 0;
        // In proportion to the text: so is what is scanned again. A large row takes little more than its own size.
        let grown = if self.end < LARGE {
            self.end * 2
        } else {
            self.end / 4 * 5
        };
        let room = grown.max(self.step).min(MAX_ROW + BLOCK);
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
        let room = if self.step < BLOCK {
            (self.end + self.step).min(room)
        } else {
            room
        };
        while self.end < room && !self.ended {
            match self.input.read(&mut self.buffer[self.end..room]) {
                Ok(0) => self.ended = true,
                Ok(read) => self.end += read,
                Err(problem) if problem.kind() == io::ErrorKind::Interrupted => {}
                Err(problem) => {
                    let row = format!("behind line {}", self.lines + line_ends(self.text()));
                    return Err(errors::io(Side::Source, "read", &self.name, &problem).row(row));
                }
            }
        }
        self.check()
    }

    fn check(&mut self) -> Result<()> {
        if !self.begun {
            self.begun = self.end >= 3 || self.ended;
            if self.begun && self.buffer[..self.end].starts_with(b"\xef\xbb\xbf") {
                self.start = 3;
                self.valid = 3;
            } else if !self.begun {
                return Ok(());
            }
        }
        match std::str::from_utf8(&self.buffer[self.valid..self.end]) {
            Ok(_) => self.valid = self.end,
            Err(problem) => {
                self.valid += problem.valid_up_to();
                if problem.error_len().is_some() || self.ended {
                    return Err(self.invalid());
                }
            }
        }
        Ok(())
    }

    fn invalid(&self) -> Error {
        let mark = matches!(&self.buffer[..self.end.min(2)], [0xff, 0xfe] | [0xfe, 0xff]) && self.lines == 0;
        let encoding = if mark { "utf-16" } else { "latin-1" };
        self.error(
            Code::InvalidData(Side::Source),
            format!(
                "the text is not valid UTF-8 at the byte {:#04x}",
                self.buffer[self.valid]
            ),
            self.valid - self.start,
        )
        .help(format!(
            "set `encoding` on the connection if the file has another one, such as {encoding}"
        ))
    }

    /// An error at a byte of the text.
    pub(super) fn error(&self, code: Code, why: impl Into<String>, at: usize) -> Error {
        let before = &self.buffer[..(self.start + at).min(self.valid)];
        let line = self.lines + line_ends(before) + 1;
        let row = before
            .iter()
            .rposition(|b| matches!(b, b'\n' | b'\r'))
            .map_or(0, |end| end + 1);
        let character = String::from_utf8_lossy(&before[row..]).chars().count() + 1;
        Error::new(code, why.into())
            .file(&self.name)
            .span(line, character, 0)
            .row(format!("line {line} of {}", self.name))
    }

    /// A row or cell at a byte of the text that is larger than the bound.
    pub(super) fn too_large(&self, what: &str, bound: usize, at: usize) -> Error {
        self.error(
            Code::TooLarge(Side::Source),
            format!("a {what} is larger than {} MiB", bound >> 20),
            at,
        )
        .help("check `quote` and `delimiter`: a quote that is not closed makes one cell of all that follows")
    }
}

/// How many lines end in a text: by LF, CR LF or CR.
fn line_ends(text: &[u8]) -> usize {
    let feeds = memchr::memchr_iter(b'\n', text).count();
    if memchr::memchr(b'\r', text).is_none() {
        return feeds;
    }
    let alone = memchr::memchr_iter(b'\r', text).filter(|at| text.get(at + 1) != Some(&b'\n'));
    feeds + alone.count()
}
