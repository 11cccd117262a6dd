//! Two sets of rows compared by key, whatever their number.
//!
//! Rows come in batches of one schema, in any order: those that are wanted, and those that are there. They are held in
//! memory while they fit; beyond that they are dealt out to temporary files by the hash of their key, and compared part by
//! part. Values are compared as they are: NULL is not the empty string, `-0.0` is not `0.0`, and NaN equals itself. Rows
//! that are equal are never decoded.
//!
//! Invariant: what is reported turns the rows that are there into those that are wanted, and nothing less does.

mod layout;
mod pairs;
mod parts;
mod row;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use syncapp_model::Result;

use layout::Layout;
use parts::Parts;
pub use row::Row;

/// How many bytes of encoded rows are held in memory.
const MEMORY: usize = 64 << 20;

/// One thing in which the two sets differ.
#[derive(Debug, Clone, Copy)]
pub enum Difference<'a> {
    /// The row is wanted, and its key is not there.
    Insert(Row<'a>),
    /// The key is there with other values.
    Update {
        /// As it is wanted.
        new: Row<'a>,
        /// As it is there.
        old: Row<'a>,
    },
    /// The row is there, and its key is not wanted.
    Delete(Row<'a>),
}

/// What rows of one key are, among those that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeats {
    /// Rows of their own: how often each stands there counts.
    Kept,
    /// One row: that with the greatest value in the column of that place. Rows without a greater one that differ are an
    /// error.
    Settled(Option<usize>),
}

/// Which columns tell rows apart, and how.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The columns of both sets.
    pub schema: SchemaRef,
    /// Places of the key's columns. Without any, a row is its own key: there are no updates then.
    pub key: Vec<usize>,
    /// Places of the columns whose difference makes a row another one.
    pub compared: Vec<usize>,
    /// What rows of one key are.
    pub repeats: Repeats,
}

/// Which of the two sets a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Those that are to be.
    Wanted,
    /// Those that are.
    Present,
}

/// Two sets of rows while they come in.
pub struct Comparison {
    layout: Arc<Layout>,
    parts: Parts,
}

impl Comparison {
    /// Both sets are empty.
    pub fn new(rule: Rule) -> Result<Self> {
        Self::within(rule, MEMORY)
    }

    /// Both sets are empty; about so many bytes are held in memory.
    pub(crate) fn within(rule: Rule, memory: usize) -> Result<Self> {
        Ok(Self {
            layout: Arc::new(Layout::new(rule)?),
            parts: Parts::new(memory),
        })
    }

    /// Takes rows in.
    pub fn add(&mut self, of: Of, batch: &RecordBatch) -> Result<()> {
        let Self { layout, parts } = self;
        layout.encode(batch, |row| parts.add(of, row))
    }

    /// Hands every difference on: in the order of the keys where all rows fit into memory.
    pub fn finish(self, mut each: impl FnMut(Difference<'_>) -> Result<()>) -> Result<()> {
        let Self { layout, parts } = self;
        parts.each(&mut |rows| pairs::compare(&layout, rows, &mut each))
    }
}
