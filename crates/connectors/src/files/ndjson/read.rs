//! From lines of JSON to typed batches: each value is taken as the text it is, so that no number is rounded.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use syncapp_connector::{Marked, Unread};
use syncapp_model::{Code, Error, Result, Side};

use crate::files::blocks::{Blocks, MAX_CELL, MAX_ROW};
use crate::files::read::{Aside, FileColumn, Limits, Reader as FileReader, Table};

/// The lines of a file.
pub(super) struct Lines {
    pub(super) blocks: Blocks,
    length: usize,
}

impl Lines {
    pub(super) fn new(blocks: Blocks) -> Self {
        Self { blocks, length: 0 }
    }

    /// Finds the next line that is not empty; its length with its end, or `None` at the end of the file.
    pub(super) fn find(&mut self) -> Result<Option<usize>> {
        let mut searched = 0;
        loop {
            let text = self.blocks.text();
            let end = memchr::memchr(b'\n', &text[searched..]).map(|at| searched + at + 1);
            let length = match end {
                Some(end) => end,
                None if !self.blocks.ended() => {
                    searched = text.len();
                    self.blocks.more()?;
                    continue;
                }
                None if text.is_empty() => return Ok(None),
                None => text.len(),
            };
            if length > MAX_ROW {
                return Err(self.blocks.too_large("row", MAX_ROW, 0));
            }
            self.length = length;
            if !text[..length].trim_ascii().is_empty() {
                return Ok(Some(length));
            }
            self.pass();
            searched = 0;
        }
    }

    /// Passes the found line by.
    pub(super) fn pass(&mut self) {
        self.blocks.pass(self.length);
    }

    /// The found line.
    fn found(&self) -> &[u8] {
        &self.blocks.text()[..self.length]
    }

    /// Shows each key and raw value of the found line, in their order.
    pub(super) fn each(&self, mut take: impl FnMut(&str, &str) -> Result<()>) -> Result<()> {
        let line = &self.blocks.text()[..self.length];
        let mut failed = None;
        let mut json = serde_json::Deserializer::from_slice(line);
        let members = Members {
            take: &mut |key, value| {
                let taken = if value.len() > MAX_CELL && length(value) > MAX_CELL {
                    Err(self.blocks.too_large("value", MAX_CELL, 0).column(key))
                } else {
                    take(key, value)
                };
                taken.map_err(|error| failed = Some(error)).is_ok()
            },
        };
        let read = json.deserialize_map(members).and_then(|()| json.end());
        match (failed, read) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(()),
            (None, Err(problem)) => {
                let why = "the line is not one JSON object";
                let at = problem.column().saturating_sub(1);
                let error = self
                    .blocks
                    .error(Code::InvalidData(Side::Source), why, at)
                    .driver(problem);
                Err(error.help("NDJSON holds one object a line, and nothing around them"))
            }
        }
    }

    /// An error in the found line.
    pub(super) fn error(&self, why: impl Into<String>) -> Error {
        self.blocks.error(Code::InvalidData(Side::Source), why, 0)
    }
}

/// The length of a value: a text has neither quotes nor escapes.
#[cold]
fn length(value: &str) -> usize {
    serde_json::from_str::<String>(value).map_or(value.len(), |text| text.len())
}

/// Visits an object's members; `take` says whether to go on.
struct Members<'a> {
    take: &'a mut dyn FnMut(&str, &str) -> bool,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut key = String::new();
        while map.next_key_seed(Key(&mut key))?.is_some() {
            let value = map.next_value::<&'de RawValue>()?;
            if !(self.take)(&key, value.get()) {
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// Reads a key into a buffer that is used again.
struct Key<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<(), E> {
        self.0.clear();
        self.0.push_str(key);
        Ok(())
    }
}

/// Reads an NDJSON file's rows.
pub(in crate::files) struct Reader {
    lines: Lines,
    keys: Keys,
    table: Table,
    aside: Aside,
}

/// Where the values of a row go.
struct Keys {
    /// The stream's columns by name.
    columns: HashMap<String, usize>,
    names: Vec<String>,
    /// Where each stream's column lies in the table, if it is read.
    slots: Vec<Option<usize>>,
    /// The row in which each column was last seen.
    seen: Vec<u64>,
    /// The row's number, from 1.
    row: u64,
}

impl Keys {
    /// The number of the column of that name. Rows mostly have the same keys in the same order: `guess` comes first.
    fn find(&self, guess: usize, key: &str) -> Option<usize> {
        match self.names.get(guess) {
            Some(name) if name == key => Some(guess),
            _ => self.columns.get(key).copied(),
        }
    }
}

impl Reader {
    pub(in crate::files) fn new(
        blocks: Blocks,
        all: &[FileColumn],
        wanted: &[usize],
        (limits, lenient): (Limits, bool),
    ) -> Self {
        let slot = |column| wanted.iter().position(|at| *at == column);
        Self {
            lines: Lines::new(blocks),
            keys: Keys {
                columns: all
                    .iter()
                    .enumerate()
                    .map(|(at, column)| (column.name.clone(), at))
                    .collect(),
                names: all.iter().map(|column| column.name.clone()).collect(),
                slots: (0..all.len()).map(slot).collect(),
                seen: vec![0; all.len()],
                row: 0,
            },
            table: Table::new(all, wanted, (limits, lenient)),
            aside: Aside::new(lenient),
        }
    }

    fn row(&mut self) -> Result<()> {
        let Self { lines, keys, table, .. } = self;
        keys.row += 1;
        let mut guess = 0;
        let mut scratch = String::new();
        lines.each(|key, value| {
            let Some(column) = keys.find(guess, key) else {
                return if value == "null" {
                    Ok(())
                } else {
                    Err(unknown(lines, key))
                };
            };
            guess = column + 1;
            if std::mem::replace(&mut keys.seen[column], keys.row) == keys.row {
                return Err(lines.error(format!("the key `{key}` stands twice in the object")));
            }
            match keys.slots[column] {
                Some(slot) if !table.cells[slot].push_json(value, &mut scratch) => {
                    let error = table.misfit(&lines.blocks, slot, value.as_bytes(), 0);
                    table.put_null(slot, error, value.as_bytes())
                }
                _ => Ok(()),
            }
        })?;
        for (seen, slot) in keys.seen.iter().zip(&keys.slots) {
            if let (true, Some(slot)) = (*seen != keys.row, slot) {
                table.cells[*slot].push_null();
            }
        }
        Ok(())
    }
}

impl Reader {
    /// Sets the found line aside, or ends the reading.
    #[cold]
    fn set_aside(&mut self, error: Error) -> Result<()> {
        self.table.take_back();
        // What is wrong with the line as a whole comes first: the sample has passed such a line by.
        let error = self.lines.each(|_, _| Ok(())).err().unwrap_or(error);
        let line = self.lines.found();
        // An object that says a key twice is none whose columns could be told.
        let mut keys = HashSet::new();
        let once = |key: &str, _: &str| {
            let new = keys.insert(key.to_owned());
            if new { Ok(()) } else { Err(self.lines.error("")) }
        };
        let columns = self.lines.each(once).is_ok();
        let columns = columns.then(|| String::from_utf8_lossy(line.trim_ascii()).into_owned());
        self.aside.put(error, columns, line)
    }
}

fn unknown(lines: &Lines, key: &str) -> Error {
    lines
        .error(format!(
            "the key `{key}` was not in the sample that the columns come from"
        ))
        .help("set a larger `sample_rows` on the connection, 0 for all rows")
}

impl FileReader for Reader {
    fn next(&mut self) -> Result<Option<Marked>> {
        while let Some(length) = self.lines.find()? {
            if self.table.full(length) || self.aside.is_full() {
                return self.table.batch(self.lines.blocks.name()).map(Some);
            }
            match self.row() {
                Ok(()) => self.table.count(length),
                Err(error) => self.set_aside(error)?,
            }
            self.lines.pass();
        }
        if self.table.rows == 0 && self.aside.is_empty() {
            return Ok(None);
        }
        self.table.batch(self.lines.blocks.name()).map(Some)
    }

    fn unread(&mut self) -> Vec<Unread> {
        self.aside.take()
    }
}
