//! What the file system and the libraries say, in the words of the model.

use std::fmt::Display;
use std::io;

use arrow_schema::ArrowError;
use syncapp_model::{Code, Error, ErrorKind, Side};

/// An error of the file system while it did something with a file.
pub(super) fn io(side: Side, doing: &str, file: impl Display, problem: &io::Error) -> Error {
    let (code, help) = match problem.kind() {
        io::ErrorKind::NotFound => match side {
            Side::Source => (Code::StreamNotFound, "check `path` and the stream's name"),
            Side::Destination => (Code::NamespaceNotFound(side), "make the folder, or correct `path`"),
        },
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => (
            Code::PermissionDenied(side),
            "give this user rights on the file and its folder, or run as a user who has them",
        ),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            (Code::DiskFull(side), "make room and run again")
        }
        io::ErrorKind::InvalidFilename => (Code::InvalidValue, "the system takes no name of this length"),
        io::ErrorKind::NotADirectory => (
            Code::NamespaceNotFound(side),
            "a part of the path is a file: correct `path` or the stream's name",
        ),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => (
            Code::InvalidData(side),
            "the file is damaged, cut short, or not what its ending, `compression` or `encoding` says",
        ),
        _ => (
            Code::Failed(side),
            "the driver's words say why the system refused; correct that and run again",
        ),
    };
    Error::new(code, format!("cannot {doing} `{file}`"))
        .help(help)
        .file(file)
        .driver(problem)
}

/// A batch that Arrow refuses.
pub(super) fn arrow(file: impl Display, problem: &ArrowError) -> Error {
    Error::internal("a batch could not be made").file(file).driver(problem)
}

/// A file that is not as it was when reading began.
pub(super) fn changed(file: impl Display) -> Error {
    Error::new(
        Code::Failed(Side::Source),
        format!("`{file}` changed while it was read"),
    )
    .file(file)
    .kind(ErrorKind::Transient)
    .help("let whoever writes it finish, best by renaming a finished file into place")
}

/// Runs work that blocks where it may.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|problem| Err(Error::internal("a worker thread failed").driver(problem)))
}
