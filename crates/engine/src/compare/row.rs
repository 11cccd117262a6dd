//! An encoded row, decoded where somebody looks at it.

use arrow_array::{ArrayRef, RecordBatch};
use syncapp_model::{Error, Result};

use super::layout::{Layout, internal};

/// One row of a [`Difference`](super::Difference).
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub(super) layout: &'a Layout,
    /// The whole row.
    bytes: &'a [u8],
}

impl<'a> Row<'a> {
    pub(super) fn new(layout: &'a Layout, bytes: &'a [u8]) -> Self {
        Self { layout, bytes }
    }

    pub(super) fn key(&self) -> &'a [u8] {
        self.parts().0
    }

    /// The bytes of a column's value.
    pub(super) fn cell(&self, column: usize) -> &'a [u8] {
        cells(self.parts().1).nth(column).unwrap_or_default()
    }

    /// The bytes of the values that make the row what it is.
    pub(super) fn image(&self) -> Vec<&'a [u8]> {
        let all: Vec<&[u8]> = cells(self.parts().1).collect();
        self.layout.compared.iter().map(|at| all[*at]).collect()
    }

    /// A column's value: an array of one.
    pub fn value(&self, column: usize) -> Result<ArrayRef> {
        self.layout.decode(column, std::iter::once(self.cell(column)))
    }

    /// The row as a batch of one.
    pub fn batch(&self) -> Result<RecordBatch> {
        let values = (0..self.layout.schema.fields().len()).map(|column| self.value(column));
        RecordBatch::try_new(self.layout.schema.clone(), values.collect::<Result<_>>()?).map_err(internal)
    }

    /// Places of the compared columns in which this row is not as the other one.
    pub fn differs(&self, other: &Self) -> Vec<usize> {
        let pairs = self.image().into_iter().zip(other.image()).zip(&self.layout.compared);
        pairs
            .filter(|((one, other), _)| one != other)
            .map(|(_, at)| *at)
            .collect()
    }

    fn parts(&self) -> (&'a [u8], &'a [u8]) {
        let (length, rest) = split(self.bytes);
        rest.split_at(length.min(rest.len()))
    }
}

impl std::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.batch() {
            Ok(batch) => batch.fmt(f),
            Err(error) => Error::fmt(&error, f),
        }
    }
}

/// The cells one after the other.
fn cells(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let (length, rest) = split(bytes);
        let (cell, rest) = rest.split_at(length.min(rest.len()));
        bytes = rest;
        Some(cell)
    })
}

/// A length, and what stands behind it.
fn split(bytes: &[u8]) -> (usize, &[u8]) {
    match bytes.split_first_chunk::<4>() {
        Some((length, rest)) => (u32::from_be_bytes(*length) as usize, rest),
        None => (0, &[]),
    }
}
