//! What makes increments miss nothing and repeat nothing.
//!
//! The lower bound of an increment is inclusive, so rows at the bound come again: they are known by their hashes, with
//! multiplicity, and taken out. The next lower bound is the greatest value that landed, or the source's horizon where
//! writers unseen by the snapshot may still bring smaller ones. Where rows have a key and are too many to be known, they
//! come again and land as they are already.

use std::cmp::Ordering;
use std::collections::HashMap;

use arrow_array::{Array, BooleanArray, RecordBatch};
use syncapp_connector::{Marked, PassingRows};
use syncapp_model::{Code, Error, Position, Result, RowHash, Scalar};

use crate::cursor::{Cursor, compare};
use crate::passing_hash::passing_hash;
use crate::row_hash::row_hash;
use crate::unread::by_value;

/// How many boundary rows a checkpoint may hold (32 MiB in memory).
const MAX_LANDED: usize = 1_000_000;

/// Follows one increment.
pub(crate) struct Boundary {
    /// Place of the typed cursor among the columns that were read, or among those beside native rows.
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

    /// The bound, for the greatest value so far.
    fn at<'a>(&'a self, through: &'a Scalar) -> Result<&'a Scalar> {
        Ok(match &self.horizon {
            Some(horizon) if compare(horizon, through)? == Ordering::Less => horizon,
            _ => through,
        })
    }

    /// The greatest value is another one than `before`. The bound rises with it, but never past the horizon.
    fn rise(&mut self, before: Option<&Scalar>) -> Result<()> {
        let rises = match (&self.horizon, before) {
            (Some(horizon), Some(before)) => compare(before, horizon)? == Ordering::Less,
            _ => true,
        };
        if rises {
            self.landed.clear();
            self.forgotten = false;
        }
        Ok(())
    }

    /// Whether a row is to be known: its cursor is at or above the bound.
    fn wants(&self, cursor: &Cursor<'_>, row: usize, through: &Scalar) -> Result<bool> {
        Ok(!self.forgotten && cursor.compare(row, self.at(through)?)? != Ordering::Less)
    }

    fn forget(&mut self) {
        self.landed = HashMap::new();
        self.forgotten = true;
    }
}

/// Rows that an increment follows.
#[derive(Clone, Copy)]
enum Followed<'a> {
    Columns(&'a RecordBatch),
    Passing(&'a PassingRows),
}

impl<'a> Followed<'a> {
    /// Where the cursor is.
    fn columns(self) -> &'a RecordBatch {
        match self {
            Self::Columns(columns) => columns,
            Self::Passing(rows) => &rows.beside,
        }
    }

    fn hash(self, row: usize) -> Result<RowHash> {
        match self {
            Self::Columns(columns) => row_hash(columns, row),
            Self::Passing(rows) => passing_hash(rows, row),
        }
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
    pub(crate) fn admit(&mut self, rows: &Marked, first_row: u64) -> Result<Marked> {
        let keep = self.admitted(&rows.columns, first_row)?;
        if keep.iter().all(|keep| *keep) {
            return Ok(rows.clone());
        }
        rows.filter(&BooleanArray::from(keep))
    }

    /// For each row of the batch, whether it did not land before.
    pub(crate) fn admitted(&mut self, batch: &RecordBatch, first_row: u64) -> Result<Vec<bool>> {
        self.follow(Followed::Columns(batch), first_row)
    }

    /// The same of native rows.
    pub(crate) fn passed(&mut self, rows: &PassingRows, first_row: u64) -> Result<Vec<bool>> {
        self.follow(Followed::Passing(rows), first_row)
    }

    fn follow(&mut self, rows: Followed<'_>, first_row: u64) -> Result<Vec<bool>> {
        let batch = rows.columns();
        let nulls = batch.column(self.column);
        let null = || (0..batch.num_rows()).find(|row| nulls.is_null(*row));
        if nulls.null_count() > 0
            && let Some(row) = null()
        {
            return Err(self
                .no_place(batch)
                .row(format!("number {}", first_row + row as u64 + 1)));
        }
        let cursor = Cursor::of(batch, self.column)?;
        self.rise(&cursor, batch.num_rows())?;
        let mut keep = vec![true; batch.num_rows()];
        for (row, keep) in keep.iter_mut().enumerate() {
            let hash = self.take_known(rows, &cursor, row)?;
            *keep = hash.is_none();
            self.know(rows, &cursor, row, hash)?;
        }
        Ok(keep)
    }

    /// Looks for the greatest value, so that only rows at the bound that it makes are hashed.
    fn rise(&mut self, cursor: &Cursor<'_>, rows: usize) -> Result<()> {
        let before = self.through.clone();
        for row in 0..rows {
            let greater = match &self.through {
                Some(through) => cursor.compare(row, through)? == Ordering::Greater,
                None => true,
            };
            if greater {
                self.through = Some(cursor.value(row)?);
            }
        }
        if self.through == before {
            return Ok(());
        }
        self.bound.rise(before.as_ref())?;
        match &mut self.near {
            Some(near) => near.rise(before.as_ref()),
            None => Ok(()),
        }
    }

    /// The rows that have a cursor value, and those that have none.
    pub(crate) fn without_cursor(&self, rows: &Marked) -> Result<(Marked, Option<Marked>)> {
        if rows.columns.column(self.column).null_count() == 0 {
            return Ok((rows.clone(), None));
        }
        let (with, without) = by_value(rows, self.column)?;
        Ok((with, Some(without)))
    }

    /// What is wrong with a row without a cursor value.
    pub(crate) fn no_place(&self, batch: &RecordBatch) -> Error {
        let why = "the cursor is NULL, so the row has no place in any increment";
        Error::new(Code::NullCursor, why)
            .column(batch.schema_ref().field(self.column).name())
            .help("choose a cursor that is never NULL, or leave such rows out by a `query`")
    }

    /// The row's hash if it has landed before; it is used up.
    fn take_known(&mut self, rows: Followed<'_>, cursor: &Cursor<'_>, row: usize) -> Result<Option<RowHash>> {
        let Some(through) = self.known_through.as_ref().filter(|_| !self.known.is_empty()) else {
            return Ok(None);
        };
        if cursor.compare(row, through)? == Ordering::Greater {
            return Ok(None);
        }
        let hash = rows.hash(row)?;
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
    fn know(&mut self, rows: Followed<'_>, cursor: &Cursor<'_>, row: usize, hash: Option<RowHash>) -> Result<()> {
        let Some(through) = &self.through else { return Ok(()) };
        let wanted = self.bound.wants(cursor, row, through)?;
        let near = match &self.near {
            Some(near) => near.wants(cursor, row, through)?,
            None => false,
        };
        if !wanted && !near {
            return Ok(());
        }
        let hash = hash.map_or_else(|| rows.hash(row), Ok)?;
        if let Some(near) = self.near.as_mut().filter(|_| near) {
            *near.landed.entry(hash).or_default() += 1;
        }
        if wanted {
            *self.bound.landed.entry(hash).or_default() += 1;
        }
        if self.bound.landed.len() > self.most {
            self.overflow(rows.columns().schema_ref().field(self.column).name())?;
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
        let cursor = self.bound.at(through)?;
        let mut landed: Vec<_> = self.bound.landed.iter().map(|(hash, count)| (*hash, *count)).collect();
        landed.sort_unstable();
        Ok(Some(Position {
            cursor: cursor.clone(),
            through: through.clone(),
            table: None,
            landed,
        }))
    }
}

#[cfg(test)]
mod tests;
