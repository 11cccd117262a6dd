//! Where the desktop's secrets lie: in the system's keyring, or, where there is none, sealed under a passphrase. What a project's
//! connections need and what stored agents are shown is in the same place.
//!
//! Invariants:
//! - Nothing falls back in silence: without a keyring and without a passphrase no secret is taken, and the error says why.
//! - Whoever has chosen a passphrase keeps it: a keyring that comes later does not hide what is sealed.

mod keyring;
mod passphrase;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use serde::Serialize;
use syncapp_control::{Rotated, SealedSecrets, SecretEntry, SecretId, Vault};
use syncapp_model::{Code, Error, Result, Secret};

use keyring::KeyringVault;

/// The desktop's vault.
pub(crate) struct Secrets {
    folder: PathBuf,
    sealed: Arc<dyn SealedSecrets>,
    place: RwLock<Place>,
}

#[derive(Clone)]
enum Place {
    Keyring(Arc<KeyringVault>),
    File(Arc<dyn Vault>),
    Nowhere(String),
}

/// Where secrets lie, as pages are told.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(crate) struct Told {
    place: &'static str,
    reason: Option<String>,
}

impl Secrets {
    /// The secrets of a folder. `sealed` keeps them where there is no keyring.
    pub(crate) fn new(folder: &Path, sealed: Arc<dyn SealedSecrets>) -> Self {
        let secrets = Self {
            folder: folder.to_owned(),
            sealed,
            place: RwLock::new(Place::Nowhere("the system's keyring was not asked yet".into())),
        };
        secrets.set(if passphrase::is_chosen(folder) {
            Place::Nowhere("they are sealed under your passphrase, which was not given since the start".into())
        } else {
            Place::Keyring(Arc::new(KeyringVault::new(folder)))
        });
        secrets
    }

    /// Where they lie. A keyring that does not answer is none, as long as nothing is in it.
    pub(crate) async fn told(&self) -> Told {
        if let Place::Keyring(vault) = self.place()
            && let Err(error) = vault.answers().await
        {
            self.lost(&vault, &error);
        }
        match self.place() {
            Place::Keyring(_) => Told {
                place: "keyring",
                reason: None,
            },
            Place::File(_) => Told {
                place: "file",
                reason: None,
            },
            Place::Nowhere(reason) => Told {
                place: "none",
                reason: Some(reason),
            },
        }
    }

    /// Opens what is sealed under a passphrase, or begins to seal with it. Only where there is no keyring.
    pub(crate) async fn unlock(&self, passphrase: Secret) -> Result<()> {
        if let Place::Keyring(_) = self.place() {
            let error = Error::new(Code::Conflict, "this system has a keyring, and the secrets are in it");
            return Err(error.help("no passphrase is needed"));
        }
        let folder = self.folder.clone();
        let opening = tokio::task::spawn_blocking(move || passphrase::open(&folder, &passphrase));
        let key = opening
            .await
            .map_err(|problem| Error::internal("a passphrase was not looked at").driver(problem))??;
        self.set(Place::File(Arc::new(passphrase::vault(
            &self.folder,
            self.sealed.clone(),
            key,
        ))));
        Ok(())
    }

    fn place(&self) -> Place {
        self.place.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, place: Place) {
        *self.place.write().unwrap_or_else(PoisonError::into_inner) = place;
    }

    /// There is no keyring after all, if nobody has anything in it.
    fn lost(&self, vault: &KeyringVault, error: &Error) {
        if error.code() == Code::KeyringFailed && vault.is_empty() {
            let report = error.report();
            let cause = report.driver.as_ref().map(|driver| format!(": {driver}"));
            self.set(Place::Nowhere(format!("{}{}", report.why, cause.unwrap_or_default())));
        }
    }

    fn vault(&self) -> Result<Arc<dyn Vault>> {
        match self.place() {
            Place::Keyring(vault) => Ok(vault),
            Place::File(vault) => Ok(vault),
            Place::Nowhere(reason) => {
                let error = Error::new(Code::KeyringFailed, format!("there is no place for secrets: {reason}"));
                Err(error.help("give a passphrase in Settings: they are sealed under it"))
            }
        }
    }

    /// What a writer came to. Where the very first one fails there is no keyring.
    fn written<T>(&self, outcome: Result<T>) -> Result<T> {
        if let (Err(error), Place::Keyring(vault)) = (&outcome, self.place()) {
            self.lost(&vault, error);
        }
        outcome
    }
}

#[async_trait]
impl Vault for Secrets {
    async fn get(&self, id: &SecretId) -> Result<Option<Secret>> {
        self.vault()?.get(id).await
    }

    async fn put(&self, id: &SecretId, value: &Secret, by: &str) -> Result<u32> {
        let outcome = self.vault()?.put(id, value, by).await;
        self.written(outcome)
    }

    async fn keep(&self, id: &SecretId, value: &Secret) -> Result<Secret> {
        let outcome = self.vault()?.keep(id, value).await;
        self.written(outcome)
    }

    async fn list(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<SecretEntry>> {
        match self.place() {
            // No key is needed for what is sealed: there may be something.
            Place::Nowhere(_) => self.sealed.secrets(project, after, limit).await,
            _ => self.vault()?.list(project, after, limit).await,
        }
    }

    async fn delete(&self, id: &SecretId) -> Result<bool> {
        self.vault()?.delete(id).await
    }

    async fn rotate(&self) -> Result<Rotated> {
        self.vault()?.rotate().await
    }
}

#[cfg(test)]
mod tests;
