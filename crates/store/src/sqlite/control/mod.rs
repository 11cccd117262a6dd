//! The control plane in SQLite.
//!
//! Invariants:
//! - Whatever writes has the file's one write lock from its beginning (`begin immediate`): no step of it meets another writer,
//!   and no row needs a lock of its own.
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

use std::path::Path;
use std::sync::PoisonError;

use futures_util::FutureExt as _;
use rusqlite::Connection;
use syncapp_model::{Error, Result};

use super::{SqliteStore, ended, failed};

/// The database's time as an expression. It is the same in all of a statement.
const NOW: &str = "cast(round(unixepoch('subsec') * 1000000) as integer)";

/// An open transaction that may write.
struct SqliteRows<'a> {
    connection: &'a mut Connection,
    file: &'a Path,
}

impl<'a> SqliteRows<'a> {
    fn begin(connection: &'a mut Connection, file: &'a Path) -> Result<Self> {
        let begun = connection.execute_batch("begin immediate");
        begun.map_err(|e| failed(file, e))?;
        Ok(Self { connection, file })
    }

    fn commit(self) -> Result<()> {
        let committed = self.connection.execute_batch("commit");
        committed.map_err(|e| failed(self.file, e))
    }

    /// One step of it.
    fn step<T>(&self, step: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        step(self.connection).map_err(|e| failed(self.file, e))
    }
}

impl Drop for SqliteRows<'_> {
    fn drop(&mut self) {
        if !self.connection.is_autocommit() {
            // What cannot be taken back now is taken back when the file is opened again.
            let _ = self.connection.execute_batch("rollback");
        }
    }
}

impl SqliteStore {
    /// Runs `work` in a transaction, apart from the asynchronous threads.
    async fn transaction<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteRows<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = self.inner.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut connection = inner.connection.lock().unwrap_or_else(PoisonError::into_inner);
            let mut rows = SqliteRows::begin(&mut connection, &inner.file)?;
            let done = work(&mut rows)?;
            rows.commit()?;
            Ok(done)
        });
        ended(task.await)?
    }
}

/// What a step comes to. Nothing in here waits for anything but the file.
fn at_once<T>(step: impl Future<Output = Result<T>>) -> Result<T> {
    let nothing = || Err(Error::internal("a step of the local store waits"));
    step.now_or_never().unwrap_or_else(nothing)
}
