//! Temporary files and how they become the target's.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use syncapp_model::{Epoch, Error, Result, Side, StreamKey};

use super::errors;
use super::format::FileName;
use crate::hash::fnv;

/// A temporary file, removed when dropped.
#[derive(Debug)]
pub(super) struct Staged {
    path: PathBuf,
}

impl Staged {
    /// Makes the file.
    pub(super) fn create(path: PathBuf) -> Result<(Self, File)> {
        let file = File::create(&path).map_err(|problem| failed("make", &path, &problem))?;
        Ok((Self { path }, file))
    }

    /// Gives the file its final name, in place of one that has it.
    pub(super) fn publish(self, to: &Path) -> Result<()> {
        fs::rename(&self.path, to).map_err(|problem| failed("replace", to, &problem))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next claim; after publishing there is nothing to remove.
        let _ = fs::remove_file(&self.path);
    }
}

fn failed(doing: &str, path: &Path, problem: &std::io::Error) -> Error {
    errors::io(Side::Destination, doing, path.display(), problem)
}

/// Makes what happened to a folder's names last.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|problem| failed("sync the folder", folder, &problem))
}

/// Removes a file if it is there.
pub(super) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(problem) if problem.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", path, &problem)),
        _ => Ok(()),
    }
}

/// How the temporary files of a stream's target begin, up to the epoch.
fn prefix(key: &StreamKey, name: &str) -> String {
    let hash = fnv(format!("{key}\0{name}").as_bytes(), 0);
    format!(".syncapp-{hash:016x}-")
}

/// How the temporary files of a claim begin.
pub(super) fn prefix_of(key: &StreamKey, name: &str, epoch: Epoch) -> String {
    format!("{}{}-", prefix(key, name), epoch.0)
}

/// Removes the temporary files of older claims.
pub(super) fn clear_older(folder: &Path, key: &StreamKey, name: &str, epoch: Epoch) -> Result<()> {
    let prefix = prefix(key, name);
    for entry in fs::read_dir(folder).map_err(|problem| failed("list the folder", folder, &problem))? {
        let entry = entry.map_err(|problem| failed("list the folder", folder, &problem))?;
        let file = entry.file_name();
        let older = file
            .to_str()
            .and_then(|file| file.strip_prefix(&prefix)?.strip_suffix(".tmp")?.split_once('-'))
            .and_then(|(of, _)| of.parse::<i64>().ok())
            .is_some_and(|of| of < epoch.0);
        if older {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// The name of a part of a target that is partitioned by size.
pub(super) fn part_name(name: &str, part: usize) -> String {
    let FileName { stem, ending, packed } = FileName::of(name);
    format!("{stem}-{part:05}{ending}{packed}")
}

/// The name of a file that an append adds.
pub(super) fn appended_name(name: &str, sequence: u64, part: usize) -> String {
    let FileName { stem, ending, packed } = FileName::of(name);
    format!("{stem}-{sequence:06}-{part:02}{ending}{packed}")
}

/// A glob that covers all parts of a target, and more.
pub(super) fn part_glob(name: &str) -> String {
    let FileName { stem, ending, packed } = FileName::of(name);
    let wild = |text: &str| text.replace('*', "?");
    format!("{}-*{}{}", wild(stem), wild(ending), packed)
}

/// Which part of a target a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it, in one file.
    Whole,
    /// One of those that [`part_name`] names.
    Numbered(usize),
    /// One of those that [`appended_name`] names, by the append's number.
    Appended(u64),
}

/// Which part of the target `name` a file is, by its name.
pub(super) fn part_of(name: &str, file: &str) -> Option<Part> {
    if file == name {
        return Some(Part::Whole);
    }
    let FileName { stem, ending, packed } = FileName::of(name);
    let number = file
        .strip_prefix(stem)?
        .strip_prefix('-')?
        .strip_suffix(packed)?
        .strip_suffix(ending)?;
    let digits = |text: &str, least| text.len() >= least && text.bytes().all(|b| b.is_ascii_digit());
    match number.split_once('-') {
        None if digits(number, 5) => number.parse().ok().map(Part::Numbered),
        Some((number, part)) if digits(number, 6) && digits(part, 2) => number.parse().ok().map(Part::Appended),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_their_names() {
        for name in ["orders.csv", "d.x/orders.csv.gz", "orders"] {
            assert_eq!(part_of(name, name), Some(Part::Whole));
            assert_eq!(part_of(name, &part_name(name, 7)), Some(Part::Numbered(7)));
            assert_eq!(
                part_of(name, &appended_name(name, 1_234_567, 100)),
                Some(Part::Appended(1_234_567))
            );
        }
        for file in [
            "orders-2024.csv",
            "orders-00001.parquet",
            "orders-000001-x0.csv",
            "orders2.csv",
        ] {
            assert_eq!(part_of("orders.csv", file), None, "{file}");
        }
    }

    #[test]
    fn a_file_that_is_gone_is_removed_and_what_stays_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        remove(&folder.path().join("gone")).unwrap();
        assert!(remove(folder.path()).is_err());
    }
}
