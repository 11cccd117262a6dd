//! What makes increments miss nothing and repeat nothing.
//!
//! The lower bound of an increment is inclusive, so rows at the bound come again: they are known by their hashes, with
//! multiplicity, and taken out. The next lower bound is the greatest value that landed, or the source's horizon where
//! writers unseen by the snapshot may still bring smaller ones.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow_array::{Array, BooleanArray, RecordBatch};
use syncapp_model::{Code, Error, Position, Result, RowHash, Scalar};

use crate::cursor::{Cursor, compare};
use crate::row_hash::row_hash;

/// How many boundary rows a checkpoint may hold (32 MiB in memory).
const MAX_LANDED: usize = 1_000_000;

/// Follows one increment.
pub(crate) struct Boundary {
    /// Place of the typed cursor in each batch that was read.
    column: usize,
    /// Rows of the last increment that will come again, and up to which value.
    known: HashMap<RowHash, u64>,
    known_through: Option<Scalar>,
    horizon: Option<Scalar>,
    /// The greatest value so far.
    through: Option<Scalar>,
    /// Rows at or above the next lower bound.
    landed: HashMap<RowHash, u64>,
}

impl Boundary {
    pub(crate) fn new(column: usize, last: Option<&Position>, horizon: Option<Scalar>) -> Self {
        Self {
            column,
            known: last
                .map(|last| last.landed.iter().copied().collect())
                .unwrap_or_default(),
            known_through: last.map(|last| last.through.clone()),
            horizon,
            through: last.map(|last| last.through.clone()),
            landed: HashMap::new(),
        }
    }

    /// The batch without the rows that landed before. `first_row` is the number of its first row, from 0.
    pub(crate) fn admit(&mut self, batch: &RecordBatch, first_row: u64) -> Result<RecordBatch> {
        let keep = self.admitted(batch, first_row)?;
        if keep.iter().all(|keep| *keep) {
            return Ok(batch.clone());
        }
        arrow_select::filter::filter_record_batch(batch, &BooleanArray::from(keep))
            .map_err(|problem| Error::internal(problem.to_string()))
    }

    /// For each row of the batch, whether it did not land before.
    pub(crate) fn admitted(&mut self, batch: &RecordBatch, first_row: u64) -> Result<Vec<bool>> {
        let nulls = batch.column(self.column);
        if let Some(row) = (0..batch.num_rows()).find(|row| nulls.is_null(*row)) {
            return Err(self
                .no_place(batch)
                .row(format!("number {}", first_row + row as u64 + 1)));
        }
        let cursor = Cursor::of(batch, self.column)?;
        let mut keep = vec![true; batch.num_rows()];
        for (row, keep) in keep.iter_mut().enumerate() {
            let hash = self.take_known(batch, &cursor, row)?;
            *keep = hash.is_none();
            self.follow(batch, &cursor, row, hash)?;
        }
        Ok(keep)
    }

    /// The rows that have a cursor value, and those that have none.
    pub(crate) fn without_cursor(&self, batch: &RecordBatch) -> Result<(RecordBatch, RecordBatch)> {
        let cursor = batch.column(self.column);
        if cursor.null_count() == 0 {
            return Ok((batch.clone(), batch.slice(0, 0)));
        }
        let part = |null: bool| {
            let rows: BooleanArray = (0..batch.num_rows())
                .map(|row| Some(cursor.is_null(row) == null))
                .collect();
            arrow_select::filter::filter_record_batch(batch, &rows)
                .map_err(|problem| Error::internal(problem.to_string()))
        };
        Ok((part(false)?, part(true)?))
    }

    /// What is wrong with a row without a cursor value.
    pub(crate) fn no_place(&self, batch: &RecordBatch) -> Error {
        let why = "the cursor is NULL, so the row has no place in any increment";
        Error::new(Code::NullCursor, why)
            .column(batch.schema_ref().field(self.column).name())
            .help("choose a cursor that is never NULL, or leave such rows out by a `query`")
    }

    /// The row's hash if it has landed before; it is used up.
    fn take_known(&mut self, batch: &RecordBatch, cursor: &Cursor<'_>, row: usize) -> Result<Option<RowHash>> {
        let Some(through) = self.known_through.as_ref().filter(|_| !self.known.is_empty()) else {
            return Ok(None);
        };
        if cursor.compare(row, through)? == Ordering::Greater {
            return Ok(None);
        }
        let hash = row_hash(batch, row)?;
        let Some(count) = self.known.get_mut(&hash) else {
            return Ok(None);
        };
        *count -= 1;
        if *count == 0 {
            self.known.remove(&hash);
        }
        Ok(Some(hash))
    }

    /// Keeps the hashes of rows at or above the next lower bound.
    fn follow(&mut self, batch: &RecordBatch, cursor: &Cursor<'_>, row: usize, hash: Option<RowHash>) -> Result<()> {
        let order = match &self.through {
            Some(through) => cursor.compare(row, through)?,
            None => Ordering::Greater,
        };
        let open = match &self.horizon {
            Some(horizon) => cursor.compare(row, horizon)? != Ordering::Less,
            None => false,
        };
        if order == Ordering::Greater {
            // The next lower bound rises with the greatest value, but never past the horizon.
            let rises = match (&self.horizon, &self.through) {
                (Some(horizon), Some(through)) => compare(through, horizon)? == Ordering::Less,
                _ => true,
            };
            if rises {
                self.landed.clear();
            }
            self.through = Some(cursor.value(row)?);
        }
        if order != Ordering::Less || open {
            *self
                .landed
                .entry(hash.map_or_else(|| row_hash(batch, row), Ok)?)
                .or_default() += 1;
        }
        if self.landed.len() > MAX_LANDED {
            return Err(Error::new(
                Code::TooManyEqual,
                format!("more than {MAX_LANDED} rows lie at one value of the cursor"),
            )
            .help("choose a finer cursor, or end the long transactions in the source"));
        }
        Ok(())
    }

    /// The first row of an ordered batch behind the group of equal values that is open: there a commit may fall. `None`
    /// while the group goes on, and while rows of the last increment may still come again.
    pub(crate) fn group_end(&self, batch: &RecordBatch) -> Result<Option<usize>> {
        let Some(through) = &self.through else { return Ok(None) };
        let repeating = match &self.known_through {
            Some(known) => compare(through, known)? != Ordering::Greater,
            None => false,
        };
        if repeating || batch.column(self.column).null_count() > 0 {
            return Ok(None);
        }
        let cursor = Cursor::of(batch, self.column)?;
        for row in 0..batch.num_rows() {
            if cursor.compare(row, through)? == Ordering::Greater {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Where the next increment begins; `None` while nothing ever landed.
    pub(crate) fn position(&self) -> Result<Option<Position>> {
        let Some(through) = &self.through else { return Ok(None) };
        let cursor = match &self.horizon {
            Some(horizon) if compare(horizon, through)? == Ordering::Less => horizon,
            _ => through,
        };
        let mut landed: Vec<_> = self.landed.iter().map(|(hash, count)| (*hash, *count)).collect();
        landed.sort_unstable();
        Ok(Some(Position {
            cursor: cursor.clone(),
            through: through.clone(),
            landed,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};
    use proptest::prelude::*;

    use super::*;

    fn batch(rows: &[(i64, &str)]) -> RecordBatch {
        let cursors: Int64Array = rows.iter().map(|(cursor, _)| *cursor).collect();
        let texts = StringArray::from(rows.iter().map(|(_, text)| *text).collect::<Vec<_>>());
        RecordBatch::try_from_iter([("at", Arc::new(cursors) as _), ("text", Arc::new(texts) as _)]).unwrap()
    }

    /// Reads what is at or above the position, as a source would.
    fn increment(source: &[(i64, &str)], last: Option<&Position>, horizon: Option<i64>) -> (usize, Option<Position>) {
        let from = last.map(|last| match last.cursor {
            Scalar::Int(value) => value,
            _ => unreachable!(),
        });
        let rows: Vec<_> = source
            .iter()
            .copied()
            .filter(|(at, _)| from.is_none_or(|from| *at >= from))
            .collect();
        let mut boundary = Boundary::new(0, last, horizon.map(Scalar::Int));
        let admitted = boundary.admit(&batch(&rows), 0).unwrap();
        (admitted.num_rows(), boundary.position().unwrap())
    }

    #[test]
    fn rows_at_the_bound_come_once_each() {
        let (rows, first) = increment(&[(1, "a"), (2, "b"), (2, "b")], None, None);
        assert_eq!(rows, 3);
        let (rows, second) = increment(&[(1, "a"), (2, "b"), (2, "b")], first.as_ref(), None);
        assert_eq!((rows, &second), (0, &first));
        // A third equal row and another at the bound are new.
        let (rows, _) = increment(&[(2, "b"), (2, "b"), (2, "b"), (2, "c")], second.as_ref(), None);
        assert_eq!(rows, 2);
    }

    #[test]
    fn an_empty_increment_leaves_the_position() {
        let (_, first) = increment(&[(5, "a")], None, None);
        let mut boundary = Boundary::new(0, first.as_ref(), None);
        boundary.admit(&batch(&[]), 0).unwrap();
        assert_eq!(boundary.position().unwrap().unwrap().cursor, Scalar::Int(5));
    }

    #[test]
    fn a_horizon_holds_the_next_bound_back() {
        let (rows, first) = increment(&[(1, "a"), (5, "b"), (9, "c")], None, Some(4));
        let first = first.unwrap();
        assert_eq!(
            (rows, &first.cursor, &first.through, first.landed.len()),
            (3, &Scalar::Int(4), &Scalar::Int(9), 2)
        );
        // A row committed late at 6 is found, and the others are not repeated.
        let (rows, second) = increment(&[(1, "a"), (5, "b"), (6, "late"), (9, "c")], Some(&first), None);
        assert_eq!((rows, second.unwrap().cursor), (1, Scalar::Int(9)));
    }

    #[test]
    fn a_null_cursor_is_an_error() {
        let cursors = Int64Array::from(vec![Some(1), None]);
        let batch = RecordBatch::try_from_iter_with_nullable([("at", Arc::new(cursors) as _, true)]).unwrap();
        let error = Boundary::new(0, None, None).admit(&batch, 10).unwrap_err();
        assert_eq!(
            (error.code(), error.report().at.row.as_deref()),
            (Code::NullCursor, Some("number 12"))
        );
    }

    proptest! {
        /// Whatever arrives in whatever order between runs, as long as nothing arrives below the horizon: all rows
        /// land exactly once.
        #[test]
        fn everything_lands_once(steps in prop::collection::vec(
            (prop::collection::vec((0i64..8, 0usize..3), 0..8), prop::option::of(0i64..8)), 1..6))
        {
            let mut source: Vec<(i64, &str)> = Vec::new();
            let mut position: Option<Position> = None;
            let mut landed = 0;
            for (arrivals, horizon) in steps {
                let floor = position.as_ref().map_or(0, |last| match last.cursor { Scalar::Int(value) => value, _ => 0 });
                source.extend(arrivals.iter().map(|(at, text)| (floor + at, ["x", "y", "z"][*text])));
                let horizon = horizon.map(|horizon| floor + horizon);
                let (rows, next) = increment(&source, position.as_ref(), horizon);
                landed += rows;
                position = next;
                prop_assert_eq!(landed, source.len());
            }
        }
    }
}
