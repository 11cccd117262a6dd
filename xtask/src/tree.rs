//! A copy of the tree to try changes on, with what is built already.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repository::Repository;

/// Makes a folder what git knows of the tree. Files that are the same keep their time, so that little is built again.
pub(crate) fn copy(repository: &Repository, place: &Path) -> io::Result<()> {
    let mut wanted = HashSet::new();
    for file in repository.files()? {
        let (from, to) = (repository.root.join(&file), place.join(&file));
        let bytes = fs::read(from)?;
        if fs::read(&to).ok().as_ref() != Some(&bytes) {
            fs::create_dir_all(to.parent().unwrap_or(place))?;
            fs::write(&to, bytes)?;
        }
        wanted.insert(to);
    }
    remove_others(place, &wanted)
}

fn remove_others(folder: &Path, wanted: &HashSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_others(&entry.path(), wanted)?;
        } else if !wanted.contains(&entry.path()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Takes over what another folder has built, unless there is something.
pub(crate) fn seed(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() || !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for part in ["build", "deps", ".fingerprint"] {
        let copied = Command::new("cp")
            .args(["-a", "--reflink=auto"])
            .arg(from.join(part))
            .arg(to)
            .status()?;
        if !copied.success() {
            return Err(io::Error::other(format!("{part} cannot be copied")));
        }
    }
    Ok(())
}
