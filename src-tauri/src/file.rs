//! Small files of the data folder: JSON, for their user only, whole or not at all.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use syncapp_model::{Code, Error, Result};
use tempfile::NamedTempFile;

/// What a file holds, if it is there.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(problem) if problem.kind() == ErrorKind::NotFound => return Ok(None),
        Err(problem) => return Err(failed(path, "cannot be read").driver(problem)),
    };
    let value = serde_json::from_slice(&text);
    value
        .map(Some)
        .map_err(|problem| failed(path, "was changed, and is understood no more").driver(problem))
}

/// Puts a value into a file, in the place of what it held.
pub(crate) fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        // Readable by its user only from the first byte on.
        let mut file = NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, value)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|problem| failed(path, "cannot be written").driver(problem))
}

fn failed(path: &Path, what: &str) -> Error {
    Error::new(Code::UnreadableFile, format!("a file of the data folder {what}"))
        .file(path.display())
        .help("look at the file and at the rights of its folder")
}
