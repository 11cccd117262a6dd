//! The control plane in SQLite.
//!
//! Invariants:
//! - No step meets another writer, and no row needs a lock of its own: see [`super::transaction`].
//! - The time is the database's, in whole microseconds.
//! - SQLite knows nothing of how often a value comes: where it would take the index of a list for the few rows of a partial
//!   one, the statement names it (`indexed by`).

mod access;
mod access_rows;
mod columns;
mod figures;
mod limits;
mod lists;
mod log;
mod notices;
mod outbox;
mod projects;
mod retention;
mod rows;
mod schedules;
mod submissions;
mod tasks;
mod vault;
mod workers;

use futures_util::FutureExt as _;
use syncapp_model::{Error, Result};

use super::SqliteStore;
use super::transaction::SqliteRows;

/// The database's time as an expression. It is the same in all of a statement.
const NOW: &str = "cast(round(unixepoch('subsec') * 1000000) as integer)";

/// What a step comes to. Nothing in here waits for anything but the file.
fn at_once<T>(step: impl Future<Output = Result<T>>) -> Result<T> {
    let nothing = || Err(Error::internal("a step of the local store waits"));
    step.now_or_never().unwrap_or_else(nothing)
}
