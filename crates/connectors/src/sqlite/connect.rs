//! Opening the file.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use syncapp_model::{Code, Error, ErrorKind, Result, Side};

use super::error::{At, explain};
use super::order;

/// How long to wait for another connection's lock.
const BUSY: Duration = Duration::from_secs(5);

/// Runs work that blocks away from the asynchronous threads.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failure) => Err(Error::internal(format!("work on an SQLite file broke off: {failure}"))),
    }
}

/// Opens an existing file that is only read.
pub(super) fn reader(path: &Path, side: Side) -> Result<Connection> {
    if !path.is_file() {
        let file = path.display();
        return Err(
            Error::new(Code::Unreachable(side), format!("there is no file `{file}`"))
                .kind(ErrorKind::Config)
                .help("check `path`; it is relative to the sync file")
                .file(file),
        );
    }
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY, side)
}

/// Opens the file that is written, and makes it where it is not there. What is committed is on the disk.
pub(super) fn writer(path: &Path) -> Result<Connection> {
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
        let folder = folder.display();
        return Err(Error::new(
            Code::NamespaceNotFound(Side::Destination),
            format!("there is no folder `{folder}`"),
        )
        .help("make the folder, or correct `path`"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = open(path, flags, Side::Destination)?;
    connection
        .execute_batch("PRAGMA main.synchronous = FULL; PRAGMA main.cache_size = -16384; PRAGMA foreign_keys = ON")
        .writing()?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags, side: Side) -> Result<Connection> {
    let attempt = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY)?;
        order::register(&connection)?;
        // The first look at the file: what is no database is known here.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    attempt().map_err(|error| explain(&error, side).file(path.display()))
}

/// Whether the file can be used as this end, without changing it.
pub(super) fn check(path: &Path, side: Side) -> Result<()> {
    if side == Side::Source {
        return reader(path, side).map(drop);
    }
    if path.exists() {
        return writer(path)?.execute_batch("BEGIN IMMEDIATE; ROLLBACK").writing();
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    match folder.metadata() {
        Ok(folder) if folder.is_dir() && !folder.permissions().readonly() => Ok(()),
        Ok(_) => Err(Error::new(
            Code::PermissionDenied(side),
            format!("no file can be made in `{}`", folder.display()),
        )
        .help("give the user the right to write there, or correct `path`")),
        Err(error) => Err(Error::new(
            Code::NamespaceNotFound(side),
            format!("there is no folder `{}`", folder.display()),
        )
        .help("make the folder, or correct `path`")
        .driver(error)),
    }
}
