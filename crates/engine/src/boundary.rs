//! What makes increments miss nothing and repeat nothing.
//!
//! The lower bound of an increment is inclusive, so rows at the bound come again: they are known by their hashes, with
//! multiplicity, and taken out. The next lower bound is the greatest value that landed, or the source's horizon where
//! writers unseen by the snapshot may still bring smaller ones. Where rows have a key and are too many to be known, they
//! come again and land as they are already.

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
    /// The greatest value so far.
    through: Option<Scalar>,
    /// The next lower bound, and the rows from there on.
    bound: Bound,
    /// A later one, which is taken where too many rows lie behind the first.
    near: Option<Bound>,
    /// Whether rows that come again find the ones they were: then there may be too many to know them.
    keyed: bool,
    /// Rows that one bound may know.
    most: usize,
    /// What the user should know.
    warning: Option<Error>,
}

/// A next lower bound: the greatest value, but no more than the horizon.
struct Bound {
    horizon: Option<Scalar>,
    /// Rows at or above it.
    landed: HashMap<RowHash, u64>,
    /// Too many to know them.
    forgotten: bool,
}

impl Bound {
    /// The next increment never begins before the last one did: of rows below nothing is known.
    fn new(horizon: Option<Scalar>, last: Option<&Position>) -> Result<Self> {
        let horizon = match (horizon, last) {
            (Some(horizon), Some(last)) if compare(&horizon, &last.cursor)? == Ordering::Less => {
                Some(last.cursor.clone())
            }
            (horizon, _) => horizon,
        };
        Ok(Self {
            horizon,
            landed: HashMap::new(),
            forgotten: false,
        })
    }

    /// Whether a row with this cursor is at or above the bound; `order` is how it stands to the greatest value so far.
    fn wants(&mut self, cursor: &Cursor<'_>, row: usize, order: Ordering, through: Option<&Scalar>) -> Result<bool> {
        let open = match &self.horizon {
            Some(horizon) => cursor.compare(row, horizon)? != Ordering::Less,
            None => false,
        };
        if order == Ordering::Greater {
            // The bound rises with the greatest value, but never past the horizon.
            let rises = match (&self.horizon, through) {
                (Some(horizon), Some(through)) => compare(through, horizon)? == Ordering::Less,
                _ => true,
            };
            if rises {
                self.landed.clear();
                self.forgotten = false;
            }
        }
        Ok((order != Ordering::Less || open) && !self.forgotten)
    }

    fn forget(&mut self) {
        self.landed = HashMap::new();
        self.forgotten = true;
    }
}

impl Boundary {
    pub(crate) fn new(
        column: usize,
        last: Option<&Position>,
        horizon: Option<Scalar>,
        near: Option<Scalar>,
        keyed: bool,
    ) -> Result<Self> {
        let near = near.filter(|_| !keyed).map(|near| Bound::new(Some(near), last));
        Ok(Self {
            column,
            known: last
                .map(|last| last.landed.iter().copied().collect())
                .unwrap_or_default(),
            known_through: last.map(|last| last.through.clone()),
            through: last.map(|last| last.through.clone()),
            bound: Bound::new(horizon, last)?,
            near: near.transpose()?,
            keyed,
            most: MAX_LANDED,
            warning: None,
        })
    }

    /// What the user should know, once.
    pub(crate) fn warning(&mut self) -> Option<Error> {
        self.warning.take()
    }

    /// The batch without the rows that landed before. `first_row` is the number of its first row, from 0.
    pub(crate) fn admit(&mut self, batch: &RecordBatch, first_row: u64) -> Result<RecordBatch> {
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
        if keep.iter().all(|keep| *keep) {
            return Ok(batch.clone());
        }
        arrow_select::filter::filter_record_batch(batch, &BooleanArray::from(keep))
            .map_err(|problem| Error::internal(problem.to_string()))
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
        let through = self.through.as_ref();
        let wanted = self.bound.wants(cursor, row, order, through)?;
        let near = match &mut self.near {
            Some(near) => near.wants(cursor, row, order, through)?,
            None => false,
        };
        if order == Ordering::Greater {
            self.through = Some(cursor.value(row)?);
        }
        if !wanted && !near {
            return Ok(());
        }
        let hash = hash.map_or_else(|| row_hash(batch, row), Ok)?;
        if let Some(near) = self.near.as_mut().filter(|_| near) {
            *near.landed.entry(hash).or_default() += 1;
        }
        if wanted {
            *self.bound.landed.entry(hash).or_default() += 1;
        }
        if self.bound.landed.len() > self.most {
            self.overflow(batch.schema_ref().field(self.column).name())?;
        }
        Ok(())
    }

    /// Too many rows to know them all.
    fn overflow(&mut self, cursor: &str) -> Result<()> {
        if self.keyed {
            self.bound.forget();
            return Ok(());
        }
        let most = self.most;
        let Some(near) = self.near.take() else {
            return Err(Error::new(
                Code::TooManyEqual,
                format!("more than {most} rows lie where the next increment begins"),
            )
            .column(cursor)
            .help("choose a finer cursor, or `write: merge` with a key, or end the long transactions in the source"));
        };
        self.bound = near;
        let why = format!(
            "more than {most} rows lie within a day of the last `{cursor}`, which has no time zone: rows of sessions whose \
             clocks are behind the server's may be missed"
        );
        let warning = Error::warning(Code::LateRows, why).column(cursor);
        self.warning = Some(warning.help("use a cursor with a time zone, or `write: merge` with a key"));
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
        let cursor = match &self.bound.horizon {
            Some(horizon) if compare(horizon, through)? == Ordering::Less => horizon,
            _ => through,
        };
        let mut landed: Vec<_> = self.bound.landed.iter().map(|(hash, count)| (*hash, *count)).collect();
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
        let mut boundary = Boundary::new(0, last, horizon.map(Scalar::Int), None, false).unwrap();
        let admitted = boundary.admit(&batch(&rows), 0).unwrap();
        (admitted.num_rows(), boundary.position().unwrap())
    }

    /// Admits rows of which no more than `most` may be known.
    fn bounded(near: Option<i64>, keyed: bool, most: usize, rows: &[(i64, &str)]) -> (Result<usize>, Boundary) {
        let mut boundary = Boundary::new(0, None, Some(Scalar::Int(0)), near.map(Scalar::Int), keyed).unwrap();
        boundary.most = most;
        let admitted = boundary.admit(&batch(rows), 0).map(|batch| batch.num_rows());
        (admitted, boundary)
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
        let mut boundary = Boundary::new(0, first.as_ref(), None, None, false).unwrap();
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
    fn the_next_bound_never_falls_back() {
        // Its clock was ahead: the last increment went past every horizon.
        let (_, first) = increment(&[(1, "a"), (90, "ahead")], None, None);
        let (rows, second) = increment(&[(1, "a"), (90, "ahead"), (91, "b")], first.as_ref(), Some(4));
        assert_eq!(rows, 1);
        let second = second.unwrap();
        assert_eq!((&second.cursor, second.landed.len()), (&Scalar::Int(90), 2));
        let (rows, _) = increment(&[(1, "a"), (90, "ahead"), (91, "b")], Some(&second), Some(5));
        assert_eq!(rows, 0);
    }

    #[test]
    fn rows_with_a_key_may_be_too_many_to_be_known() {
        let rows = [(1, "a"), (2, "b"), (3, "c"), (4, "d")];
        let (admitted, boundary) = bounded(None, true, 3, &rows);
        let position = boundary.position().unwrap().unwrap();
        assert_eq!(admitted.unwrap(), 4);
        assert_eq!(
            (&position.cursor, &position.through),
            (&Scalar::Int(0), &Scalar::Int(4))
        );
        assert_eq!(position.landed, []);
        // They come again, all of them.
        assert_eq!(increment(&rows, Some(&position), Some(0)).0, 4);
        let (admitted, boundary) = bounded(None, true, 4, &rows);
        assert_eq!((admitted.unwrap(), boundary.bound.landed.len()), (4, 4));
    }

    #[test]
    fn a_bound_that_rises_knows_its_rows_again() {
        let mut boundary = Boundary::new(0, None, None, None, true).unwrap();
        boundary.most = 1;
        boundary.admit(&batch(&[(1, "a"), (1, "b"), (1, "c")]), 0).unwrap();
        assert_eq!(boundary.position().unwrap().unwrap().landed, []);
        boundary.admit(&batch(&[(2, "d")]), 3).unwrap();
        let position = boundary.position().unwrap().unwrap();
        assert_eq!((&position.cursor, position.landed.len()), (&Scalar::Int(2), 1));
    }

    #[test]
    fn too_many_rows_without_a_key_take_the_near_horizon_or_fail() {
        let rows = [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")];
        let (admitted, mut boundary) = bounded(Some(4), false, 3, &rows);
        let position = boundary.position().unwrap().unwrap();
        assert_eq!(admitted.unwrap(), 5);
        assert_eq!((&position.cursor, position.landed.len()), (&Scalar::Int(4), 2));
        assert_eq!(boundary.warning().unwrap().code(), Code::LateRows);
        assert!(boundary.warning().is_none(), "it is said once");
        assert_eq!(increment(&rows, Some(&position), None).0, 0);
        for near in [None, Some(1)] {
            let (admitted, _) = bounded(near, false, 3, &rows);
            assert_eq!(admitted.unwrap_err().code(), Code::TooManyEqual, "{near:?}");
        }
        assert!(bounded(Some(4), false, 5, &rows).1.warning().is_none());
    }

    #[test]
    fn a_null_cursor_is_an_error() {
        let cursors = Int64Array::from(vec![Some(1), None]);
        let batch = RecordBatch::try_from_iter_with_nullable([("at", Arc::new(cursors) as _, true)]).unwrap();
        let error = Boundary::new(0, None, None, None, false)
            .unwrap()
            .admit(&batch, 10)
            .unwrap_err();
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
