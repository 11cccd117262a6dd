//! The root folder: which files lie below it, and that no name leads out of it.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use syncapp_model::{Code, Error, Result, Side};

use super::errors;
use super::glob::Glob;

/// A file below a root as it was when it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its path below the root, with slashes.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its size in bytes.
    pub(super) bytes: u64,
    /// When it was last written.
    pub(super) modified: Option<SystemTime>,
}

impl Listed {
    fn new(name: String, path: PathBuf, metadata: &fs::Metadata) -> Self {
        Self {
            name,
            path,
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }

    /// Fails where the open file is not the one that was listed.
    pub(super) fn unchanged(&self, file: &fs::File) -> Result<()> {
        let metadata = file
            .metadata()
            .map_err(|problem| errors::io(Side::Source, "read", &self.name, &problem))?;
        if Self::new(self.name.clone(), self.path.clone(), &metadata) == *self {
            Ok(())
        } else {
            Err(errors::changed(&self.name))
        }
    }
}

/// The path below the root that a name stands for, checked by its text alone.
pub(super) fn below(name: &str) -> Result<PathBuf> {
    let path = Path::new(name);
    let plain = !name.is_empty()
        && !name.contains('\0')
        && path
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if plain && path.file_name().is_some() {
        Ok(path
            .components()
            .filter(|part| matches!(part, Component::Normal(_)))
            .collect())
    } else {
        Err(Error::new(
            Code::InvalidValue,
            format!("`{name}` is no path below the connection's folder"),
        )
        .help("name a file below `path`, without `..` and without a slash in front"))
    }
}

fn leads_out(side: Side, name: &str) -> Error {
    Error::new(
        Code::PermissionDenied(side),
        format!("`{name}` is a link that leads out of the connection's folder"),
    )
    .help("name a file below `path`, or make its real folder a connection")
}

/// The root as the system knows it.
pub(super) fn real(root: &Path, side: Side) -> Result<PathBuf> {
    let shown = root.display();
    let real = fs::canonicalize(root).map_err(|problem| match problem.kind() {
        io::ErrorKind::NotFound => Error::new(Code::NamespaceNotFound(side), format!("there is no folder `{shown}`"))
            .file(shown)
            .help("make the folder, or correct `path`; a relative one begins at the sync file's folder"),
        _ => errors::io(side, "open the folder", shown, &problem),
    })?;
    if real.is_dir() {
        Ok(real)
    } else {
        Err(Error::new(
            Code::NamespaceNotFound(side),
            format!("`{}` is not a folder", root.display()),
        )
        .file(root.display())
        .help("`path` names the folder; the file below it is the stream"))
    }
}

/// One file below the root.
pub(super) fn file(root: &Path, name: &str) -> Result<Option<Listed>> {
    let side = Side::Source;
    let root = real(root, side)?;
    let path = match fs::canonicalize(root.join(below(name)?)) {
        Ok(path) => path,
        Err(problem) if matches!(problem.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(problem) => return Err(errors::io(side, "open", name, &problem)),
    };
    if !path.starts_with(&root) {
        return Err(leads_out(side, name));
    }
    let metadata = fs::metadata(&path).map_err(|problem| errors::io(side, "open", name, &problem))?;
    Ok(metadata
        .is_file()
        .then(|| Listed::new(name.to_owned(), path, &metadata)))
}

/// The files below the root that a glob covers, in the order of their names. Hidden files and folders, SyncApp's own
/// files, links to folders and links out of the root are passed by.
pub(super) fn list(root: &Path, glob: &Glob) -> Result<Vec<Listed>> {
    let root = real(root, Side::Source)?;
    let mut found = Vec::new();
    walk(&root, &root, "", glob, &mut found)?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn walk(root: &Path, folder: &Path, prefix: &str, glob: &Glob, found: &mut Vec<Listed>) -> Result<()> {
    let failed = |problem| errors::io(Side::Source, "list the folder", folder.display(), &problem);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') || name.starts_with("_syncapp") {
            continue;
        }
        let name = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            if name.matches('/').count() < glob.depth() {
                walk(root, &entry.path(), &format!("{name}/"), glob, found)?;
            }
            continue;
        }
        if !glob.covers(&name) {
            continue;
        }
        // A link may be broken, or a file may be gone since the folder was read.
        let Ok(path) = fs::canonicalize(entry.path()) else {
            continue;
        };
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() && path.starts_with(root) => {
                found.push(Listed::new(name, path, &metadata));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where a target file will lie; makes the folders on the way when `create` says so.
pub(super) fn target(root: &Path, name: &str, create: bool) -> Result<PathBuf> {
    let side = Side::Destination;
    let relative = below(name)?;
    if create {
        fs::create_dir_all(root).map_err(|problem| errors::io(side, "make the folder", root.display(), &problem))?;
    } else if !root.exists() {
        return Ok(root.join(relative));
    }
    let root = real(root, side)?;
    let mut folder = root.clone();
    for part in relative.parent().into_iter().flat_map(Path::components) {
        folder.push(part);
        match fs::canonicalize(&folder) {
            Ok(real) if !real.starts_with(&root) => return Err(leads_out(side, name)),
            Ok(_) => {}
            Err(problem) if problem.kind() == io::ErrorKind::NotFound && create => fs::create_dir(&folder)
                .map_err(|problem| errors::io(side, "make the folder", folder.display(), &problem))?,
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => break,
            Err(problem) => return Err(errors::io(side, "open the folder", folder.display(), &problem)),
        }
    }
    Ok(root.join(relative))
}

/// Whether the root can be listed.
pub(super) fn readable(root: &Path) -> Result<()> {
    let side = Side::Source;
    let root = real(root, side)?;
    match fs::read_dir(&root) {
        Ok(_) => Ok(()),
        Err(problem) => Err(errors::io(side, "list the folder", root.display(), &problem)),
    }
}

/// Whether files can be made in the root, or in the nearest folder above it that is there.
pub(super) fn writable(root: &Path) -> Result<()> {
    let side = Side::Destination;
    let there = root.ancestors().find(|folder| folder.exists()).unwrap_or(root);
    let there = real(
        if there.as_os_str().is_empty() {
            Path::new(".")
        } else {
            there
        },
        side,
    )?;
    let probe = there.join(format!(".syncapp-check-{}.tmp", std::process::id()));
    fs::File::create(&probe)
        .and_then(|_| fs::remove_file(&probe))
        .map_err(|problem| errors::io(side, "write in the folder", there.display(), &problem))
}
