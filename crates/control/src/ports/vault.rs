//! Secrets: whoever needs one asks the [`Vault`]; what a store keeps of one is [sealed](SealedSecrets).
//!
//! Invariants:
//! - A store never sees a secret or a key: what it keeps opens only with a master key, which is kept elsewhere.
//! - A secret belongs to one project. A new value is a new version, in the place of the one before.
//! - A row says which master key it is under, so that some rows may be under one key and others under the next.

use std::fmt;
use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_model::sync_file::secret_name;
use syncapp_model::{Code, Error, Result, Secret};

/// The longest name of a project, in bytes.
const LONGEST: usize = 200;

/// A secret's name: `secret://NAME` in files of its project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretId {
    /// The project.
    pub project: String,
    /// Its own name.
    pub name: String,
}

impl SecretId {
    /// A name that a sync file can write.
    pub fn new(project: &str, name: &str) -> Result<Self> {
        if project.is_empty() || project.len() > LONGEST || project.chars().any(char::is_control) {
            let error = Error::new(Code::InvalidValue, "this is not a project's name");
            return Err(error.help(format!("give a name of 1 to {LONGEST} bytes")));
        }
        Ok(Self {
            project: project.to_owned(),
            name: secret_name(name)?.to_owned(),
        })
    }

    /// A secret that belongs to no project: for whoever keeps it on a machine of his own.
    pub fn shared(name: &str) -> Result<Self> {
        Ok(Self {
            project: String::new(),
            name: secret_name(name)?.to_owned(),
        })
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.name)
    }
}

/// What a master key is called: nothing can be learnt of it from that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub String);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Keeps secrets.
#[async_trait]
pub trait Vault: Send + Sync {
    /// The value of a secret, if there is one.
    async fn get(&self, id: &SecretId) -> Result<Option<Secret>>;

    /// Gives a secret a value, in the name of whom the audit log would name; the version that it has now. Of two at once both get a
    /// version, and the later one's value stays.
    async fn put(&self, id: &SecretId, value: &Secret, by: &str) -> Result<u32>;

    /// The secret's value, which is this one where it had none. Whoever asks at once gets the same.
    async fn keep(&self, id: &SecretId, value: &Secret) -> Result<Secret>;

    /// The secrets of a project in the order of their names, after a name. No key is needed for it.
    async fn list(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<SecretEntry>>;

    /// Forgets a secret; whether there was one. No key is needed for it.
    async fn delete(&self, id: &SecretId) -> Result<bool>;

    /// Seals the data keys of all secrets anew, under the newest master key. It may end at any moment, and be done again, by
    /// any number of processes: each secret is under one key or under the other, and whoever has both opens it.
    async fn rotate(&self) -> Result<Rotated>;
}

/// A secret in lists: all but its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretEntry {
    /// Its name.
    pub name: String,
    /// How often it was set.
    pub version: u32,
    /// The master key that it is under.
    pub key: KeyId,
    /// When it was set last.
    pub set_at: SystemTime,
    /// By whom, where that is known.
    pub set_by: Option<String>,
}

/// What a rotation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The master key that all is under now, but for what is left.
    pub key: KeyId,
    /// How many data keys were sealed anew.
    pub moved: usize,
    /// Secrets that none of the keys opens, each with the key that it is under.
    pub left: Vec<(SecretId, KeyId)>,
}

/// A data key as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKey {
    /// The secret that it is for.
    pub id: SecretId,
    /// The version of it.
    pub version: u32,
    /// The master key that it is under.
    pub key: KeyId,
    /// The data key, sealed.
    pub sealed: Vec<u8>,
}

/// A secret as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// The key that opens its value.
    pub data_key: SealedKey,
    /// Its value, sealed.
    pub sealed: Vec<u8>,
    /// Who gave it, where that is known.
    pub set_by: Option<String>,
}

/// Keeps sealed secrets: the newest version of each.
#[async_trait]
pub trait SealedSecrets: Send + Sync {
    /// A secret.
    async fn sealed(&self, id: &SecretId) -> Result<Option<SealedSecret>>;

    /// Puts a version in the place of the one before it; the first one where there is none. `false`, and nothing, where that is not
    /// how it stands.
    async fn put_sealed(&self, secret: &SealedSecret) -> Result<bool>;

    /// The secrets of a project in the order of their names, after a name.
    async fn secrets(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<SecretEntry>>;

    /// Forgets a secret; whether there was one.
    async fn delete_sealed(&self, id: &SecretId) -> Result<bool>;

    /// Data keys that are under another master key than this, in the order of their secrets' names, after one.
    async fn not_under(&self, key: &KeyId, after: Option<&SecretId>, limit: usize) -> Result<Vec<SealedKey>>;

    /// Puts the same data key, sealed anew, in the place of `before`. `false`, and nothing, where that is there no more.
    async fn reseal(&self, before: &SealedKey, key: &KeyId, sealed: &[u8]) -> Result<bool>;
}
