//! Rejected rows, in `_syncapp_rejects.ndjson` in the connection's folder: a JSON object a line, replaced as a whole.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use syncapp_connector::{Reject, RejectFilter, Rejects};
use syncapp_model::{Error, Result, Side, StreamKey};

use super::errors;
use super::stage::Staged;

const NAME: &str = "_syncapp_rejects.ndjson";

/// Adds a load's rejected rows; the folder is locked. An overwrite forgets those of earlier runs. What has the id of a
/// row that is kept takes its place.
pub(super) fn keep(root: &Path, key: &StreamKey, overwrites: bool, rejects: Rejects) -> Result<()> {
    if rejects.count() == 0 && !(overwrites && root.join(NAME).exists()) {
        return Ok(());
    }
    let mut list = List::begin(root)?;
    let mut known = HashSet::new();
    for some in rejects.chunks()? {
        for reject in some? {
            if known.insert(reject.id.clone()) {
                list.put(&reject)?;
            }
        }
    }
    for old in read(root)? {
        let old = old?;
        if old.key != *key || !(overwrites || known.contains(&old.id)) {
            list.put(&old)?;
        }
    }
    list.publish(root)
}

/// Takes rows off the list; the folder is locked.
pub(super) fn forget(root: &Path, key: &StreamKey, ids: &[String]) -> Result<()> {
    let ids: HashSet<&String> = ids.iter().collect();
    let mut list = List::begin(root)?;
    for old in read(root)? {
        let old = old?;
        if old.key != *key || !ids.contains(&old.id) {
            list.put(&old)?;
        }
    }
    list.publish(root)
}

/// The rejected rows of the folder but for those that are settled, in the order of their streams and ids.
pub(super) fn list(root: &Path, wanted: &RejectFilter, settled: impl Fn(&Reject) -> bool) -> Result<Vec<Reject>> {
    let mut found = BTreeMap::new();
    for reject in read(root)? {
        let reject = reject?;
        if wanted.takes(&reject) && !settled(&reject) {
            found.insert((reject.key.stream.clone(), reject.id.clone()), reject);
            if found.len() > wanted.limit {
                found.pop_last();
            }
        }
    }
    Ok(found.into_values().collect())
}

/// The list as it is written anew.
struct List {
    staged: Staged,
    out: BufWriter<File>,
}

impl List {
    fn begin(root: &Path) -> Result<Self> {
        let (staged, file) = Staged::create(root.join(format!(".{NAME}.tmp")))?;
        let out = BufWriter::new(file);
        Ok(Self { staged, out })
    }

    fn put(&mut self, reject: &Reject) -> Result<()> {
        let mut line = serde_json::to_vec(reject).map_err(|problem| Error::internal(problem.to_string()))?;
        line.push(b'\n');
        self.out.write_all(&line).map_err(|problem| unwritten(&problem))
    }

    fn publish(self, root: &Path) -> Result<()> {
        self.out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .map_err(|problem| unwritten(&problem))?;
        self.staged.publish(&root.join(NAME))
    }
}

fn unwritten(problem: &io::Error) -> Error {
    errors::io(Side::Destination, "write", NAME, problem)
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
