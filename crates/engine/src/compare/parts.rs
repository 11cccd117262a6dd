//! Encoded rows in memory, or dealt out to temporary files by the hash of their key.
//!
//! The files have no names: whatever ends the process takes them away. Rows of one key are in one part, so that each part
//! is compared on its own. A part that does not fit into memory is dealt out again, by another hash.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufReader, BufWriter, Read, Seek, Write};

use syncapp_model::{Code, Error, Result};

use super::Of;

/// Into how many parts rows are dealt out.
const FAN: usize = 64;
/// How often rows are dealt out again. What still does not fit then are rows of very few keys.
const DEEPEST: u32 = 3;

/// The rows of both sets.
pub(super) struct Parts {
    memory: usize,
    depth: u32,
    held: Rows,
    /// Where rows go once they do not fit.
    files: Vec<Part>,
}

/// Some rows of both sets in memory, each with its length in front.
#[derive(Default)]
pub(super) struct Rows {
    wanted: Vec<u8>,
    present: Vec<u8>,
}

/// Some rows of both sets in files, made when the first row comes.
#[derive(Default)]
struct Part {
    wanted: Option<BufWriter<File>>,
    present: Option<BufWriter<File>>,
}

impl Parts {
    /// None yet; about so many bytes stay in memory.
    pub(super) fn new(memory: usize) -> Self {
        Self::at(memory, 0)
    }

    fn at(memory: usize, depth: u32) -> Self {
        Self {
            memory,
            depth,
            held: Rows::default(),
            files: Vec::new(),
        }
    }

    /// Takes a row in.
    pub(super) fn add(&mut self, of: Of, row: &[u8]) -> Result<()> {
        if !self.files.is_empty() {
            return self.deal(of, row);
        }
        self.held.add(of, row);
        if self.held.bytes() > self.memory && self.depth <= DEEPEST {
            self.files.resize_with(FAN, Part::default);
            let held = std::mem::take(&mut self.held);
            for (of, row) in held.iter() {
                self.deal(of, row)?;
            }
        }
        Ok(())
    }

    /// Hands on parts that fit into memory.
    pub(super) fn each(self, each: &mut impl FnMut(&Rows) -> Result<()>) -> Result<()> {
        if self.files.is_empty() {
            return each(&self.held);
        }
        let (memory, depth) = (self.memory, self.depth + 1);
        for part in self.files {
            let mut parts = Self::at(memory, depth);
            part.each(|of, row| parts.add(of, row))?;
            parts.each(each)?;
        }
        Ok(())
    }

    fn deal(&mut self, of: Of, row: &[u8]) -> Result<()> {
        let key = row
            .split_first_chunk::<4>()
            .and_then(|(length, rest)| rest.get(..u32::from_be_bytes(*length) as usize));
        let mut hasher = DefaultHasher::new();
        (self.depth, key).hash(&mut hasher);
        let at = hasher.finish() % FAN as u64;
        self.files[at as usize].add(of, row)
    }
}

impl Rows {
    /// Each row, and which set it belongs to.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Of, &[u8])> {
        let wanted = rows(&self.wanted).map(|row| (Of::Wanted, row));
        wanted.chain(rows(&self.present).map(|row| (Of::Present, row)))
    }

    fn add(&mut self, of: Of, row: &[u8]) {
        let bytes = match of {
            Of::Wanted => &mut self.wanted,
            Of::Present => &mut self.present,
        };
        bytes.extend((row.len() as u64).to_be_bytes());
        bytes.extend_from_slice(row);
    }

    fn bytes(&self) -> usize {
        self.wanted.len() + self.present.len()
    }
}

impl Part {
    fn add(&mut self, of: Of, row: &[u8]) -> Result<()> {
        let file = match of {
            Of::Wanted => &mut self.wanted,
            Of::Present => &mut self.present,
        };
        let file = match file {
            Some(file) => file,
            None => file.insert(BufWriter::new(
                tempfile::tempfile().map_err(|problem| failed(&problem))?,
            )),
        };
        file.write_all(&(row.len() as u64).to_be_bytes())
            .and_then(|()| file.write_all(row))
            .map_err(|problem| failed(&problem))
    }

    fn each(self, mut each: impl FnMut(Of, &[u8]) -> Result<()>) -> Result<()> {
        for (of, file) in [(Of::Wanted, self.wanted), (Of::Present, self.present)] {
            let Some(file) = file else { continue };
            let mut file = file.into_inner().map_err(|problem| failed(problem.error()))?;
            file.rewind().map_err(|problem| failed(&problem))?;
            let mut reader = BufReader::new(file);
            let mut row = Vec::new();
            while next(&mut reader, &mut row).map_err(|problem| failed(&problem))? {
                each(of, &row)?;
            }
        }
        Ok(())
    }
}

/// Reads the next row; false at the end.
fn next(reader: &mut impl Read, row: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut length = [0; 8];
    match reader.read_exact(&mut length) {
        Err(end) if end.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    row.resize(u64::from_be_bytes(length) as usize, 0);
    reader.read_exact(row)?;
    Ok(true)
}

fn rows(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (row, rest) = rest.split_at_checked(u64::from_be_bytes(*length) as usize)?;
        bytes = rest;
        Some(row)
    })
}

fn failed(problem: &std::io::Error) -> Error {
    Error::new(
        Code::StoreFailed,
        "rows to compare cannot be put aside in a temporary file",
    )
    .help("make room in the folder for temporary files, or choose another one by TMPDIR")
    .driver(problem)
}
