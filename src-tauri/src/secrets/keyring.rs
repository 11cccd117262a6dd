//! Secrets in the system's keyring, an entry each, and the list of their names in a file.
//!
//! Invariants:
//! - The file holds names and when they were set, and no value: what an entry holds is in the keyring alone.
//! - Folders do not share entries: each has a number of its own, and its entries are called after it.
//! - An entry is written before its name is, and taken out after it: a name that is listed was there.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use syncapp_control::{KeyId, Rotated, SecretEntry, SecretId, Vault};
use syncapp_model::{Code, Error, Result, Secret};
use syncapp_vault::{MAX_SECRET, keyring};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::file;

/// The file with the names.
const FILE: &str = "secrets.json";
/// What stands for the key in lists: the keyring has its own.
const KEY: &str = "keyring";
/// How long the keyring may ask somebody to unlock it.
const PATIENCE: Duration = Duration::from_mins(2);
/// What to do where the keyring fails.
const HELP: &str = "unlock the system's keyring (with GNOME it is in \"Passwords and Keys\"), and try again";

/// The keyring, as one folder uses it.
pub(super) struct KeyringVault {
    file: PathBuf,
    /// One writer at a time.
    turn: Mutex<()>,
}

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    folder: Uuid,
    secrets: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    project: String,
    name: String,
    version: u32,
    /// In seconds since 1970.
    set_at: u64,
}

impl Entry {
    fn is(&self, id: &SecretId) -> bool {
        self.project == id.project && self.name == id.name
    }
}

impl Names {
    /// What the keyring calls an entry.
    fn entry(&self, id: &SecretId) -> String {
        format!("{}/{id}", self.folder.simple())
    }
}

impl KeyringVault {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            file: folder.join(FILE),
            turn: Mutex::default(),
        }
    }

    /// Whether there is a keyring, without asking anybody to unlock it.
    pub(super) async fn answers(&self) -> Result<()> {
        apart(|| keyring::read("is there a keyring").map(drop)).await
    }

    /// Whether nothing was ever put into it.
    pub(super) fn is_empty(&self) -> bool {
        self.names().is_ok_and(|names| names.secrets.is_empty())
    }

    fn names(&self) -> Result<Names> {
        Ok(file::read(&self.file)?.unwrap_or_else(|| Names {
            folder: Uuid::new_v4(),
            secrets: Vec::new(),
        }))
    }

    /// Puts a value in, while it is one's turn.
    async fn write(&self, id: &SecretId, value: &Secret) -> Result<u32> {
        if !(1..=MAX_SECRET).contains(&value.reveal().len()) {
            let error = Error::new(Code::InvalidValue, "the secret is empty or too long");
            return Err(error.help(format!("give a text of 1 to {MAX_SECRET} bytes")));
        }
        let mut names = self.names()?;
        if names.secrets.is_empty() {
            // The folder's number holds before an entry is called after it.
            file::write(&self.file, &names)?;
        }
        let (entry, text) = (names.entry(id), value.clone());
        apart(move || keyring::write(&entry, &text)).await?;
        let set_at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let set_at = set_at.unwrap_or_default().as_secs();
        let before = names.secrets.iter().position(|name| name.is(id));
        let version = before.map_or(0, |at| names.secrets.remove(at).version) + 1;
        let SecretId { project, name } = id.clone();
        names.secrets.push(Entry {
            project,
            name,
            version,
            set_at,
        });
        file::write(&self.file, &names)?;
        Ok(version)
    }
}

#[async_trait]
impl Vault for KeyringVault {
    async fn get(&self, id: &SecretId) -> Result<Option<Secret>> {
        let entry = self.names()?.entry(id);
        apart(move || keyring::read(&entry)).await
    }

    async fn put(&self, id: &SecretId, value: &Secret, _by: &str) -> Result<u32> {
        let _turn = self.turn.lock().await;
        self.write(id, value).await
    }

    async fn keep(&self, id: &SecretId, value: &Secret) -> Result<Secret> {
        let _turn = self.turn.lock().await;
        if let Some(kept) = self.get(id).await? {
            return Ok(kept);
        }
        self.write(id, value).await?;
        Ok(value.clone())
    }

    async fn list(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<SecretEntry>> {
        let secrets = self.names()?.secrets.into_iter();
        let own =
            secrets.filter(|name| name.project == project && after.is_none_or(|after| name.name.as_str() > after));
        let mut entries: Vec<SecretEntry> = own
            .map(|name| SecretEntry {
                name: name.name,
                version: name.version,
                key: KeyId(KEY.into()),
                set_at: SystemTime::UNIX_EPOCH + Duration::from_secs(name.set_at),
                // The keyring's user, who is not asked.
                set_by: None,
            })
            .collect();
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        entries.truncate(limit);
        Ok(entries)
    }

    async fn delete(&self, id: &SecretId) -> Result<bool> {
        let _turn = self.turn.lock().await;
        let mut names = self.names()?;
        names.secrets.retain(|name| !name.is(id));
        file::write(&self.file, &names)?;
        let entry = names.entry(id);
        apart(move || keyring::delete(&entry)).await
    }

    async fn rotate(&self) -> Result<Rotated> {
        // The keyring's own key is its owner's affair.
        Ok(Rotated {
            key: KeyId(KEY.into()),
            moved: 0,
            left: Vec::new(),
        })
    }
}

/// Asks the keyring, which blocks, and may wait for somebody.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let asking = tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(work)).await;
    let asked =
        asking.map_err(|_| Error::new(Code::KeyringFailed, "the system's keyring does not answer").help(HELP))?;
    let asked = asked.map_err(|problem| Error::internal("the keyring was not asked").driver(problem))?;
    asked.map_err(|error| match error.code() {
        Code::KeyringFailed => error.help(HELP),
        _ => error,
    })
}
