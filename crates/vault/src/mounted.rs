//! Secrets that somebody has mounted: a folder with a file for each, as Kubernetes and Docker make them.
//!
//! Invariants: no file outside the folder is read, whatever the name says and wherever links in it lead; links within it are
//! followed, as Kubernetes swaps a folder by one.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use syncapp_model::sync_file::secret_name;
use syncapp_model::{Code, Error, Result, Secret};
use zeroize::Zeroizing;

/// The longest secret, in bytes.
pub const MAX_SECRET: usize = 64 << 10;

/// How often a file is looked for that is swapped meanwhile.
const TRIES: usize = 3;

/// A folder of secrets.
#[derive(Debug, Clone)]
pub struct Mounted {
    folder: PathBuf,
}

impl Mounted {
    /// The secrets of a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The secret of that name, if there is a file of it. Blocks.
    pub fn get(&self, name: &str) -> Result<Option<Secret>> {
        let path = self.folder.join(secret_name(name)?);
        let mut tried = 1;
        loop {
            match self.read(&path) {
                Err(problem) if problem.kind() == ErrorKind::NotFound && tried < TRIES => tried += 1,
                Err(problem) if is_absent(&problem) => return Ok(None),
                Err(problem) => {
                    let error = Error::new(
                        Code::UnreadableFile,
                        format!("the file of the secret `{name}` cannot be read"),
                    );
                    let help = "check that the agent may read it, and that no link in it leads out of `secrets_dir`";
                    return Err(error.file(path.display()).help(help).driver(problem));
                }
                Ok(file) => return secret_of(file).map(Some).map_err(|error| error.file(path.display())),
            }
        }
    }

    fn read(&self, path: &Path) -> std::io::Result<File> {
        let (folder, path) = (self.folder.canonicalize()?, path.canonicalize()?);
        if !path.starts_with(&folder) {
            return Err(std::io::Error::new(
                ErrorKind::PermissionDenied,
                "it lies outside of the folder",
            ));
        }
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        Ok(file)
    }
}

fn is_absent(problem: &std::io::Error) -> bool {
    let kinds = [ErrorKind::NotFound, ErrorKind::NotADirectory, ErrorKind::IsADirectory];
    kinds.contains(&problem.kind())
}

/// All that can be read, as a secret: a text, without the newline at its end.
pub fn secret_of(read: impl Read) -> Result<Secret> {
    let wrong = |why: &str| Error::new(Code::InvalidValue, why).help(format!("give a text of 1 to {MAX_SECRET} bytes"));
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_SECRET + 3));
    let mut read = read.take(MAX_SECRET as u64 + 3);
    read.read_to_end(&mut text)
        .map_err(|problem| wrong("the secret cannot be read").driver(problem))?;
    let text = std::str::from_utf8(&text).map_err(|_| wrong("the secret is no text"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    match text.len() {
        0 => Err(wrong("the secret is empty")),
        1..=MAX_SECRET => Ok(Secret::new(text)),
        _ => Err(wrong("the secret is too long")),
    }
}

#[cfg(test)]
mod tests;
