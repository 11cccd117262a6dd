//! The checkpoints of a folder: `_syncapp_checkpoint.json` in the root, changed under a lock and replaced as a whole.
//!
//! Invariants: the file is never half written, and a change that is not under the lock does not happen. Whoever puts a
//! file of the target in place has said so here before, so that a killed run's files are known.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use syncapp_connector::State;
use syncapp_model::{Checkpoint, Code, Epoch, Error, Result, RowHash, Side, StreamKey};

use super::errors;
use super::stage::{self, Part, sync_folder};

const NAME: &str = "_syncapp_checkpoint.json";
const LOCK: &str = "_syncapp_checkpoint.lock";
const VERSION: u32 = 1;

/// All states of a folder, locked until dropped.
pub(super) struct States {
    root: PathBuf,
    document: Document,
    _lock: File,
}

#[derive(Debug, Serialize, Deserialize)]
struct Document {
    version: u32,
    streams: Vec<Entry>,
}

/// One stream's state, and which files of its target it has written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) key: StreamKey,
    pub(super) epoch: Epoch,
    /// The target's file name.
    pub(super) target: String,
    /// The number of the first append since the last overwrite.
    pub(super) first: u64,
    /// The number of the next append.
    pub(super) sequence: u64,
    /// Files that a commit is about to put in place; leftovers if they are still here at a claim.
    pub(super) pending: Vec<String>,
    /// Rejected rows that a commit has settled; still in their list if they are still here at a claim.
    #[serde(default)]
    pub(super) settled: Vec<String>,
    /// Whether an overwrite has written the target as one file.
    pub(super) single: bool,
    /// Into how many parts overwrites have written it at the most.
    pub(super) parts: usize,
    pub(super) checkpoint: Option<Checkpoint>,
    /// What [`syncapp_model::Position::landed`] holds: hashes in hex.
    landed: Vec<(String, u64)>,
    /// Microseconds since 1970.
    updated_at: u64,
}

impl Entry {
    /// A stream that has written nothing yet.
    pub(super) fn new(key: &StreamKey, target: &str) -> Self {
        Self {
            key: key.clone(),
            epoch: Epoch(0),
            target: target.to_owned(),
            first: 0,
            sequence: 0,
            pending: Vec::new(),
            settled: Vec::new(),
            single: false,
            parts: 0,
            checkpoint: None,
            landed: Vec::new(),
            updated_at: 0,
        }
    }

    /// Points the state at another target, of which nothing is written yet.
    pub(super) fn aim(&mut self, target: &str) {
        if self.target != target {
            target.clone_into(&mut self.target);
            self.single = false;
            self.parts = 0;
            self.first = self.sequence;
        }
    }

    /// Whether anything of the target is there.
    pub(super) fn has_written(&self) -> bool {
        self.single || self.parts > 0 || self.first < self.sequence
    }

    /// Whether a file belongs to the target, and a commit has said so.
    pub(super) fn owns(&self, file: &str) -> bool {
        match stage::part_of(&self.target, file) {
            Some(Part::Whole) => true,
            Some(Part::Numbered(part)) => part < self.parts,
            Some(Part::Appended(number)) => (self.first..self.sequence).contains(&number),
            None => false,
        }
    }

    /// Whether a file was put in place by a commit that was killed before its end.
    pub(super) fn left_over(&self, file: &str) -> bool {
        self.pending.iter().any(|pending| pending == file)
    }

    /// The checkpoint with its landed rows.
    pub(super) fn checkpoint(&self) -> Option<Checkpoint> {
        let mut checkpoint = self.checkpoint.clone()?;
        if let Some(position) = &mut checkpoint.position {
            let hash = |(hash, times): &(String, u64)| Some((RowHash::from_str_radix(hash, 16).ok()?, *times));
            position.landed = self.landed.iter().filter_map(hash).collect();
        }
        Some(checkpoint)
    }

    /// Puts a checkpoint, or forgets it.
    pub(super) fn set_checkpoint(&mut self, checkpoint: Option<&Checkpoint>) {
        self.checkpoint = checkpoint.cloned();
        let landed = checkpoint
            .and_then(|checkpoint| checkpoint.position.as_ref())
            .map(|position| &position.landed);
        self.landed = landed
            .into_iter()
            .flatten()
            .map(|(hash, times)| (format!("{hash:032x}"), *times))
            .collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.updated_at = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
    }

    /// As the model knows it.
    pub(super) fn state(&self) -> State {
        State {
            key: self.key.clone(),
            epoch: self.epoch,
            checkpoint: self.checkpoint(),
            updated_at: UNIX_EPOCH + Duration::from_micros(self.updated_at),
        }
    }
}

fn failed(doing: &str, path: &Path, problem: &io::Error) -> Error {
    errors::io(Side::Destination, doing, path.display(), problem)
}

impl States {
    /// Waits for the lock and reads the states. The folder must be there.
    pub(super) fn lock(root: &Path) -> Result<Self> {
        let path = root.join(LOCK);
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|problem| failed("lock", &path, &problem))?;
        Ok(Self {
            root: root.to_owned(),
            document: read(root)?,
            _lock: lock,
        })
    }

    /// A stream's state.
    pub(super) fn get(&self, key: &StreamKey) -> Option<&Entry> {
        self.document.streams.iter().find(|entry| entry.key == *key)
    }

    /// A stream's state under a claim that is the last one.
    pub(super) fn under(&self, key: &StreamKey, epoch: Epoch, target: &str) -> Result<&Entry> {
        self.get(key).filter(|entry| entry.epoch == epoch).ok_or_else(|| {
            Error::new(Code::Fenced, format!("another run took `{target}` over"))
                .help("let the other run finish; this one has changed nothing")
        })
    }

    /// Puts a stream's state, for good.
    pub(super) fn put(&mut self, entry: Entry) -> Result<()> {
        match self.document.streams.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => *old = entry,
            None => self.document.streams.push(entry),
        }
        let path = self.root.join(NAME);
        let temporary = self.root.join(format!(".{NAME}.tmp"));
        let text = serde_json::to_vec_pretty(&self.document)
            .map_err(|problem| Error::internal("a checkpoint could not be written").driver(problem))?;
        File::create(&temporary)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&temporary, &path))
            .map_err(|problem| failed("write", &path, &problem))?;
        sync_folder(&self.root)
    }
}

/// The states of a folder as they are, without a lock; none where there is no file.
pub(super) fn peek(root: &Path) -> Result<Vec<Entry>> {
    Ok(read(root)?.streams)
}

fn read(root: &Path) -> Result<Document> {
    let path = root.join(NAME);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(problem) if matches!(problem.kind(), io::ErrorKind::NotFound) => {
            return Ok(Document {
                version: VERSION,
                streams: Vec::new(),
            });
        }
        Err(problem) => return Err(failed("read", &path, &problem)),
    };
    let document: Document = serde_json::from_slice(&text).map_err(|problem| {
        Error::new(
            Code::InvalidData(Side::Destination),
            format!("`{}` holds no checkpoints that can be read", path.display()),
        )
        .driver(problem)
        .help("put back the file as SyncApp wrote it; without it every stream starts again")
    })?;
    if document.version == VERSION {
        Ok(document)
    } else {
        Err(Error::new(
            Code::NotAvailable,
            format!("`{}` was written by another version of SyncApp", path.display()),
        )
        .help("run the version that wrote it, or a newer one"))
    }
}
