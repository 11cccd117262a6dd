//! A transaction of the local store.
//!
//! It has the file's one write lock from its beginning (`begin immediate`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rusqlite::Connection;
use syncapp_model::{Error, Result};

use super::failed;

/// An open transaction that may write.
pub(super) struct SqliteRows<'a> {
    connection: &'a mut Connection,
    file: &'a Path,
    /// Why nothing of it can be kept.
    lost: Option<Error>,
}

impl<'a> SqliteRows<'a> {
    pub(super) fn begin(connection: &'a mut Connection, file: &'a Path) -> Result<Self> {
        let begun = connection.execute_batch("begin immediate");
        begun.map_err(|e| failed(file, e))?;
        Ok(Self {
            connection,
            file,
            lost: None,
        })
    }

    pub(super) fn commit(mut self) -> Result<()> {
        if let Some(lost) = self.lost.take() {
            return Err(lost);
        }
        let committed = self.connection.execute_batch("commit");
        committed.map_err(|e| failed(self.file, e))
    }

    /// What `work` does, or nothing of it where it fails.
    pub(super) fn within<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if let Some(lost) = &self.lost {
            return Err(lost.clone());
        }
        self.step(|c| c.execute_batch("savepoint part"))?;
        let broken = |_| Err(Error::internal("a step of the local store broke off"));
        let done = catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(broken);
        let ended = match &done {
            Ok(_) => self.step(|c| c.execute_batch("release part")),
            // A full disk takes back all of the transaction at once.
            Err(error) if self.connection.is_autocommit() => Err(error.clone()),
            Err(_) => self.step(|c| c.execute_batch("rollback to part; release part")),
        };
        self.lost = ended.err();
        self.lost.clone().map_or(done, Err)
    }

    /// One step of it.
    pub(super) fn step<T>(&self, step: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
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
