//! Connections that only read: none of them waits for a commit, nor for the disk that a commit waits for.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};
use syncapp_model::{Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::PATIENCE;

/// How many read at once.
const AT_ONCE: usize = 4;

/// The connections of a store, opened when they are first needed.
#[derive(Debug)]
pub(super) struct Readers {
    file: PathBuf,
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn of(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            idle: Mutex::default(),
        }
    }

    /// Waits until one of them is free.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        let turn = self.turns.clone().acquire_owned().await;
        turn.map_err(|e| Error::internal("the local store is read no more").driver(e))
    }

    /// Blocks while it reads; all of it is of one instant. A panic costs the connection.
    pub(super) fn read<T>(
        &self,
        turn: OwnedSemaphorePermit,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let free = idle().pop();
        let mut connection = free.map_or_else(|| open(&self.file), Ok)?;
        let instant = connection.transaction()?;
        let done = work(&instant);
        instant.finish()?;
        idle().push(connection);
        drop(turn);
        done
    }
}

fn open(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}
