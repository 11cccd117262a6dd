//! The store of a desktop and of a single server: one SQLite file in `SYNCAPP_HOME`.
//!
//! A run is alive while its process holds a lock on `running/ID`: the system lets go of it however the process ends, so
//! that a killed run is told from a long one without heartbeats.

mod control;
mod group;
mod liveness;
mod migrate;
mod readers;
mod rows;
mod runs;
mod transaction;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use syncapp_model::{Code, Error, ErrorKind, Result};
use tokio::task::JoinError;

use group::Queue;
use liveness::Liveness;
use readers::Readers;

/// A store in a folder. Clones share one connection that writes, and those that read.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: PathBuf,
    connection: Mutex<Connection>,
    queue: Queue,
    readers: Readers,
    liveness: Liveness,
}

impl SqliteStore {
    /// Opens the store in `folder`, and makes it where there is none. Blocks for as long as another process migrates.
    pub fn open(folder: &Path) -> Result<Self> {
        let file = folder.join("syncapp.db");
        let unusable = |e: std::io::Error| {
            Error::new(Code::StoreFailed, "the local store's folder cannot be used")
                .file(folder.display())
                .help("make the folder writable, or choose another one by SYNCAPP_HOME")
                .driver(e)
        };
        create_private(folder).map_err(unusable)?;
        let liveness = Liveness::within(folder).map_err(unusable)?;
        // Switching to WAL and migrating do not wait for each other in SQLite itself.
        let door = File::create(folder.join("syncapp.lock")).map_err(unusable)?;
        door.lock().map_err(unusable)?;
        let connection = connect(&file).map_err(|e| failed(&file, e))?;
        migrate::run(&connection, &file)?;
        connection
            .pragma_update(None, "synchronous", "full")
            .map_err(|e| failed(&file, e))?;
        drop(door);
        Ok(Self {
            inner: Arc::new(Inner {
                readers: Readers::of(&file),
                file,
                connection: Mutex::new(connection),
                queue: Queue::default(),
                liveness,
            }),
        })
    }

    /// Runs `work` on the connection that writes, apart from the asynchronous threads.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection, &Liveness) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = self.inner.clone();
        let task = tokio::task::spawn_blocking(move || {
            // A panic elsewhere leaves no open transaction: dropping one rolls it back.
            let mut connection = inner.connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection, &inner.liveness).map_err(|e| failed(&inner.file, e))
        });
        ended(task.await)?
    }

    /// Runs `work`, which changes nothing, on a connection that waits for no other.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let inner = self.inner.clone();
        let turn = inner.readers.turn().await?;
        let task = tokio::task::spawn_blocking(move || {
            let done = inner.readers.read(turn, work);
            done.map_err(|e| failed(&inner.file, e))
        });
        ended(task.await)?
    }
}

/// What has become of work apart from the asynchronous threads.
fn ended<T>(task: std::result::Result<T, JoinError>) -> Result<T> {
    task.map_err(|e| Error::internal("a task of the local store ended early").driver(e))
}

/// How long a connection waits for another one of this machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    // Until the store has its form: what a power cut takes of that is made again.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is in the log is as safe there: moving it at the end of each short command would take two more syncs. But the
    // next command reads all of it, so it stays short.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 64)?;
    Ok(connection)
}

/// Others on the machine have no business with names of syncs and tables.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn failed(file: &Path, error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    if let rusqlite::Error::FromSqlConversionFailure(_, _, cause) = &error
        && let Some(ours) = cause.downcast_ref::<Error>()
    {
        return ours.clone().file(file.display());
    }
    let (why, help) = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            "the local store is damaged",
            "move the file away, or put a backup in its place: the history of runs is in it, and what an agent was to do; \
             checkpoints lie in the targets",
        ),
        Some(ErrorCode::DiskFull) => ("the local store's disk is full", "make room on the disk"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            "another program keeps the local store locked",
            "close whatever else has the file open",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            "the local store cannot be opened for writing",
            "make the file writable, or choose another folder by SYNCAPP_HOME",
        ),
        _ => ("the local store failed", "see the database's own words below"),
    };
    let failed = Error::new(Code::StoreFailed, why).file(file.display()).help(help);
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => failed.kind(ErrorKind::Transient),
        _ => failed,
    }
    .driver(error)
}

#[cfg(test)]
mod tests;
