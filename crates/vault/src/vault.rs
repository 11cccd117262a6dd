//! The [`Vault`] over what a store keeps sealed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use syncapp_control::{KeyId, Rotated, SealedKey, SealedSecrets, SecretEntry, SecretId, Vault};
use syncapp_model::{Code, Error, ErrorKind, Result, Secret};
use tokio::sync::OnceCell;

use crate::envelope;
use crate::keys::MasterKey;
use crate::mounted::MAX_SECRET;
use crate::place::Keys;

/// How often a version is put that others put too, and rows are looked through that others write meanwhile.
const TRIES: usize = 100;
/// How long the keyring may ask somebody to unlock it.
const PATIENCE: Duration = Duration::from_mins(2);
/// How many data keys are read at once.
const BATCH: usize = 100;

/// Secrets in a store, under master keys. Keys are read when the first one is needed.
pub struct SealedVault {
    store: Arc<dyn SealedSecrets>,
    keys: Keys,
    read: OnceCell<Vec<MasterKey>>,
}

impl SealedVault {
    /// The secrets of a store, under these keys.
    pub fn new(store: Arc<dyn SealedSecrets>, keys: Keys) -> Self {
        Self {
            store,
            keys,
            read: OnceCell::new(),
        }
    }

    /// Reads the keys now: an error where one of them is not there, or is none.
    pub async fn check(&self) -> Result<()> {
        self.keys(false).await.map(drop)
    }

    /// What the key is called that seals.
    pub async fn sealing(&self) -> Result<KeyId> {
        self.newest().await.map(|key| key.id().clone())
    }

    async fn keys(&self, make: bool) -> Result<&[MasterKey]> {
        let read = async {
            let keys = self.keys.clone();
            let reading = tokio::task::spawn_blocking(move || keys.read(make));
            let reading = tokio::time::timeout(PATIENCE, reading).await.map_err(|_| {
                let error = Error::new(Code::KeyringFailed, "the system's keyring does not answer");
                error.help("unlock it, or give a master key by SYNCAPP_MASTER_KEY")
            })?;
            reading.map_err(|problem| Error::internal("a reader of keys ended early").driver(problem))?
        };
        self.read.get_or_try_init(|| read).await.map(Vec::as_slice)
    }

    /// The key that seals.
    async fn newest(&self) -> Result<&MasterKey> {
        let keys = self.keys(true).await?;
        keys.first().ok_or_else(|| Error::internal("there are no master keys"))
    }

    /// The key that a row is under.
    async fn key_of(&self, data_key: &SealedKey) -> Result<&MasterKey> {
        let keys = self.keys(false).await?;
        keys.iter().find(|key| *key.id() == data_key.key).ok_or_else(|| {
            let SealedKey { id, key, .. } = data_key;
            let why = format!(
                "the secret `{}` of `{}` is under the master key {key}, which is not given",
                id.name, id.project
            );
            let given: Vec<&str> = keys.iter().map(|key| key.id().0.as_str()).collect();
            Error::new(Code::MasterKeyUnknown, why).help(format!(
                "give that key beside {}: `master_key` takes several, of which the first one seals",
                given.join(", ")
            ))
        })
    }

    /// One look at all that is under other keys. Whether others wrote meanwhile.
    async fn pass(&self, newest: &MasterKey, rotated: &mut Rotated) -> Result<bool> {
        let (mut missed, mut after) = (false, None);
        rotated.left.clear();
        loop {
            let rows = self.store.not_under(newest.id(), after.as_ref(), BATCH).await?;
            let Some(last) = rows.last() else { return Ok(missed) };
            after = Some(last.id.clone());
            for row in rows {
                let anew = match self.key_of(&row).await {
                    Ok(key) => envelope::move_key(key, newest, &row),
                    Err(error) => Err(error),
                };
                match anew {
                    Ok(anew) if self.store.reseal(&row, &anew.key, &anew.sealed).await? => rotated.moved += 1,
                    Ok(_) => missed = true,
                    Err(error) if is_of_the_row(&error) => rotated.left.push((row.id, row.key)),
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

/// Other rows may open all the same.
fn is_of_the_row(error: &Error) -> bool {
    matches!(error.code(), Code::MasterKeyUnknown | Code::SecretDamaged)
}

#[async_trait]
impl Vault for SealedVault {
    async fn get(&self, id: &SecretId) -> Result<Option<Secret>> {
        let Some(secret) = self.store.sealed(id).await? else {
            return Ok(None);
        };
        let key = self.key_of(&secret.data_key).await?;
        envelope::open(key, &secret).map(Some)
    }

    async fn put(&self, id: &SecretId, value: &Secret, by: &str) -> Result<u32> {
        check(value)?;
        let newest = self.newest().await?;
        for _ in 0..TRIES {
            let before = self.store.sealed(id).await?;
            let version = before.map_or(0, |secret| secret.data_key.version) + 1;
            let mut sealed = envelope::seal(newest, id, version, value)?;
            sealed.set_by = Some(by.to_owned());
            if self.store.put_sealed(&sealed).await? {
                return Ok(version);
            }
        }
        Err(busy())
    }

    async fn keep(&self, id: &SecretId, value: &Secret) -> Result<Secret> {
        check(value)?;
        for _ in 0..TRIES {
            if let Some(kept) = self.get(id).await? {
                return Ok(kept);
            }
            let newest = self.newest().await?;
            if self.store.put_sealed(&envelope::seal(newest, id, 1, value)?).await? {
                return Ok(value.clone());
            }
        }
        Err(busy())
    }

    async fn list(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<SecretEntry>> {
        self.store.secrets(project, after, limit).await
    }

    async fn delete(&self, id: &SecretId) -> Result<bool> {
        self.store.delete_sealed(id).await
    }

    async fn rotate(&self) -> Result<Rotated> {
        let newest = self.newest().await?;
        let mut rotated = Rotated {
            key: newest.id().clone(),
            moved: 0,
            left: Vec::<(SecretId, KeyId)>::new(),
        };
        for _ in 0..TRIES {
            let moved = rotated.moved;
            // Whoever still has the key before first has put more meanwhile, or has not.
            if !self.pass(newest, &mut rotated).await? && moved == rotated.moved {
                return Ok(rotated);
            }
        }
        Err(busy())
    }
}

fn check(value: &Secret) -> Result<()> {
    match value.reveal().len() {
        1..=MAX_SECRET => Ok(()),
        _ => Err(Error::new(Code::InvalidValue, "the secret is empty or too long")
            .help(format!("give a text of 1 to {MAX_SECRET} bytes"))),
    }
}

fn busy() -> Error {
    Error::new(Code::StoreFailed, "others write the same secrets all the time")
        .kind(ErrorKind::Transient)
        .help("do it once more")
}

#[cfg(test)]
mod tests;
