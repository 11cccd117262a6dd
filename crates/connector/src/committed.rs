//! How the commit of a load ends.

use std::fmt;

use serde::Serialize;
use syncapp_model::{Error, Result};

use crate::Load;

/// How a commit ended that did not fail.
#[derive(Debug)]
pub enum Committed<T> {
    /// Everything is in place.
    Done(T),
    /// The table refuses rows. Nothing is in place, and the load has all others.
    Refused(Refused),
}

/// A load without the rows that its table refuses.
pub struct Refused {
    /// It can be committed, or aborted.
    pub load: Box<dyn Load>,
    /// What it lost, in the order of the rows: one at least.
    pub rows: Vec<RefusedRow>,
}

/// A row that its table refuses.
#[derive(Debug, Clone)]
pub struct RefusedRow {
    /// Its number among all rows that were written, from 0.
    pub number: u64,
    /// Why, in the system's words.
    pub error: Error,
}

impl<T> Committed<T> {
    /// What a load did of which no row may be refused.
    pub fn done(self) -> Result<T> {
        match self {
            Self::Done(done) => Ok(done),
            Self::Refused(_) => Err(Error::internal("a load took rows out that nobody expects to miss")),
        }
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// What became of a row that was kept and sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is in the target.
    Landed,
    /// The target, or another row that was sent, has a newer version of it.
    Superseded,
    /// There is another version of it, and nothing tells which is newer: it is still kept.
    Undecided,
}

/// What a commit did, as far as the system says. In a history, new versions are inserted, replaced ones updated, and
/// those of vanished keys deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Rows that are new in the target.
    pub inserted: u64,
    /// Rows that were there and changed.
    pub updated: u64,
    /// Rows that are gone.
    pub deleted: u64,
}
