//! Which runs are alive, by locks that the system drops with the process.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use syncapp_control::RunId;

#[derive(Debug)]
pub(super) struct Liveness {
    folder: PathBuf,
    held: Mutex<HashMap<RunId, File>>,
}

impl Liveness {
    pub(super) fn within(folder: &Path) -> io::Result<Self> {
        let folder = folder.join("running");
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            held: Mutex::default(),
        })
    }

    /// Says that the run is alive, until this process ends or [`release`](Self::release) is called.
    pub(super) fn hold(&self, id: RunId) -> io::Result<()> {
        let file = File::create(self.path(id))?;
        file.lock()?;
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, file);
        Ok(())
    }

    /// Says that the run is over.
    pub(super) fn release(&self, id: RunId) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.forget(id);
    }

    /// Whether somebody holds the run. Looking is no holding: several may look at once.
    pub(super) fn is_held(&self, id: RunId) -> io::Result<bool> {
        match File::open(self.path(id)) {
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(e)) => Err(e),
            },
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Removes what a run that is over has left.
    pub(super) fn forget(&self, id: RunId) {
        // An empty file that stays does no harm.
        let _ = fs::remove_file(self.path(id));
    }

    fn path(&self, id: RunId) -> PathBuf {
        self.folder.join(id.to_string())
    }
}
