//! The audit log, for whoever writes to it.

use std::sync::Arc;

use serde_json::json;
use syncapp_model::{Result, Secret};

use super::accounts::export;
use super::{AccessStore, AuditKey, By, NewEntry};
use crate::{SecretId, Vault};

/// The audit log of a store, and the key that seals it.
#[derive(Clone)]
pub struct AuditLog {
    /// Where it is kept.
    pub store: Arc<dyn AccessStore>,
    /// What seals it.
    pub key: AuditKey,
}

impl AuditLog {
    /// Writes down what somebody is about to do, and tells the log's new head to whoever reads this process's own log.
    pub async fn write(&self, entry: &NewEntry) -> Result<()> {
        export(&self.store.audit(entry, &self.key).await?);
        Ok(())
    }

    /// Writes down that a secret is about to be set, or forgotten where it becomes nothing.
    pub async fn secret(&self, by: &By, vault: &dyn Vault, id: &SecretId, becomes: Option<&Secret>) -> Result<()> {
        let told = |print: Option<String>| json!({ "fingerprint": print }).to_string();
        let print = |value: &Secret| self.key.fingerprint(id, value);
        // One that does not open has no fingerprint, and is set anew or forgotten all the same.
        let before = vault
            .get(id)
            .await
            .map_or(Some(None), |before| before.as_ref().map(print).map(Some));
        let action = if becomes.is_some() {
            "secret.set"
        } else {
            "secret.delete"
        };
        self.write(&NewEntry {
            by: by.clone(),
            action: action.to_owned(),
            object: format!("projects/{}/secrets/{}", id.project, id.name),
            before: before.map(told),
            after: becomes.map(print).map(Some).map(told),
        })
        .await
    }
}
