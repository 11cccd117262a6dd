//! Rejected rows, in `_syncapp_rejects.ndjson` in the connection's folder: a JSON object a line, replaced as a whole.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use syncapp_connector::{Reject, RejectFilter, Rejects};
use syncapp_model::{Error, Result, Side, StreamKey};

use super::errors;
use super::stage::Staged;

const NAME: &str = "_syncapp_rejects.ndjson";

/// Adds a load's rejected rows; the folder is locked. An overwrite forgets those of earlier runs.
pub(super) fn keep(root: &Path, key: &StreamKey, overwrites: bool, rejects: Rejects) -> Result<()> {
    let path = root.join(NAME);
    if rejects.count() == 0 && !(overwrites && path.exists()) {
        return Ok(());
    }
    let failed = |problem: &io::Error| errors::io(Side::Destination, "write", NAME, problem);
    let (staged, file) = Staged::create(root.join(format!(".{NAME}.tmp")))?;
    let mut out = BufWriter::new(file);
    let mut put = |reject: &Reject| -> Result<()> {
        let mut line = serde_json::to_vec(reject).map_err(|problem| Error::internal(problem.to_string()))?;
        line.push(b'\n');
        out.write_all(&line).map_err(|problem| failed(&problem))
    };
    let mut known = HashSet::new();
    for old in read(root)? {
        let old = old?;
        let own = old.key == *key;
        if !own || !overwrites {
            put(&old)?;
        }
        if own && !overwrites {
            known.insert(old.id);
        }
    }
    for some in rejects.chunks()? {
        for reject in some? {
            if !known.contains(&reject.id) {
                put(&reject)?;
            }
        }
    }
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(|problem| failed(&problem))?;
    staged.publish(&path)
}

/// The rejected rows of the folder.
pub(super) fn list(root: &Path, wanted: &RejectFilter) -> Result<Vec<Reject>> {
    read(root)?
        .filter(|reject| reject.as_ref().map_or(true, |reject| wanted.takes(reject)))
        .take(wanted.limit)
        .collect()
}

fn read(root: &Path) -> Result<impl Iterator<Item = Result<Reject>>> {
    let failed = |problem: &io::Error| errors::io(Side::Destination, "read", NAME, problem);
    let file = match File::open(root.join(NAME)) {
        Ok(file) => Some(file),
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => None,
        Err(problem) => return Err(failed(&problem)),
    };
    let lines = file.into_iter().flat_map(|file| BufReader::new(file).lines());
    Ok(lines.map(move |line| {
        let line = line.map_err(|problem| failed(&problem))?;
        serde_json::from_str(&line).map_err(|problem| failed(&problem.into()))
    }))
}
