use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_model::Result;

use super::MemoryStore;
use crate::{KeyId, SealedKey, SealedSecret, SealedSecrets, SecretEntry, SecretId};

#[async_trait]
impl SealedSecrets for MemoryStore {
    async fn sealed(&self, id: &SecretId) -> Result<Option<SealedSecret>> {
        Ok(self.rows().secrets.get(id).map(|(secret, _)| secret.clone()))
    }

    async fn put_sealed(&self, secret: &SealedSecret) -> Result<bool> {
        let (now, mut rows) = (self.time(), self.rows());
        let id = &secret.data_key.id;
        let before = rows.secrets.get(id).map_or(0, |(before, _)| before.data_key.version);
        let follows = before + 1 == secret.data_key.version;
        if follows {
            rows.secrets.insert(id.clone(), (secret.clone(), now));
        }
        Ok(follows)
    }

    async fn secrets(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<SecretEntry>> {
        let rows = self.rows();
        let entry = |(secret, set_at): &(SealedSecret, SystemTime)| SecretEntry {
            name: secret.data_key.id.name.clone(),
            version: secret.data_key.version,
            key: secret.data_key.key.clone(),
            set_at: *set_at,
            set_by: secret.set_by.clone(),
        };
        let listed = rows.secrets.iter().filter(|(id, _)| id.project == project);
        let listed = listed.filter(|(id, _)| after.is_none_or(|after| id.name.as_str() > after));
        Ok(listed.take(limit).map(|(_, secret)| entry(secret)).collect())
    }

    async fn delete_sealed(&self, id: &SecretId) -> Result<bool> {
        Ok(self.rows().secrets.remove(id).is_some())
    }

    async fn not_under(&self, key: &KeyId, after: Option<&SecretId>, limit: usize) -> Result<Vec<SealedKey>> {
        let rows = self.rows();
        let keys = rows.secrets.values().map(|(secret, _)| &secret.data_key);
        let others = keys.filter(|data_key| data_key.key != *key && after.is_none_or(|after| data_key.id > *after));
        Ok(others.take(limit).cloned().collect())
    }

    async fn reseal(&self, before: &SealedKey, key: &KeyId, sealed: &[u8]) -> Result<bool> {
        let mut rows = self.rows();
        let there = rows.secrets.get_mut(&before.id).map(|(secret, _)| &mut secret.data_key);
        let Some(there) = there.filter(|there| *there == before) else {
            return Ok(false);
        };
        there.key = key.clone();
        there.sealed = sealed.to_vec();
        Ok(true)
    }
}
