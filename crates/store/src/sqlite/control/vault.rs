//! Sealed secrets in SQLite.

use async_trait::async_trait;
use rusqlite::{OptionalExtension as _, Row, params};
use syncapp_control::{KeyId, SealedKey, SealedSecret, SealedSecrets, SecretEntry, SecretId};
use syncapp_model::Result;

use super::columns;
use super::{NOW, SqliteStore};
use crate::words;

#[async_trait]
impl SealedSecrets for SqliteStore {
    async fn sealed(&self, id: &SecretId) -> Result<Option<SealedSecret>> {
        let id = id.clone();
        let sql = "select project, name, version, key_id, sealed_key, sealed,
             case when set_by_version = version then set_by end from vault where project = ? and name = ?";
        let secret = |row: &Row<'_>| {
            Ok(SealedSecret {
                data_key: data_key(row)?,
                sealed: row.get(5)?,
                set_by: row.get(6)?,
            })
        };
        self.read(move |c| {
            c.prepare_cached(sql)?
                .query_row([id.project, id.name], secret)
                .optional()
        })
        .await
    }

    async fn put_sealed(&self, secret: &SealedSecret) -> Result<bool> {
        let SealedSecret {
            data_key,
            sealed,
            set_by,
        } = secret.clone();
        let sql = if data_key.version == 1 {
            format!(
                "insert into vault (project, name, version, key_id, sealed_key, sealed, set_at, set_by, set_by_version)
                 values (?1, ?2, ?3, ?4, ?5, ?6, {NOW}, ?7, ?3) on conflict do nothing"
            )
        } else {
            format!(
                "update vault set version = ?3, key_id = ?4, sealed_key = ?5, sealed = ?6, set_at = {NOW}, set_by = ?7,
                 set_by_version = ?3 where project = ?1 and name = ?2 and version = ?3 - 1"
            )
        };
        self.with(move |c, _| {
            let SealedKey { id, version, key, .. } = data_key;
            let row = params![id.project, id.name, version, key.0, data_key.sealed, sealed, set_by];
            Ok(c.prepare_cached(&sql)?.execute(row)? == 1)
        })
        .await
    }

    async fn secrets(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<SecretEntry>> {
        let (project, after) = (project.to_owned(), after.unwrap_or_default().to_owned());
        let sql = "select name, version, key_id, set_at, case when set_by_version = version then set_by end from vault
             where project = ? and name > ? order by name limit ?";
        let entry = |row: &Row<'_>| {
            Ok(SecretEntry {
                name: row.get(0)?,
                version: row.get(1)?,
                key: KeyId(row.get(2)?),
                set_at: columns::instant(row, 3)?,
                set_by: row.get(4)?,
            })
        };
        self.read(move |c| {
            c.prepare_cached(sql)?
                .query_map(params![project, after, words::limit(limit)], entry)?
                .collect()
        })
        .await
    }

    async fn delete_sealed(&self, id: &SecretId) -> Result<bool> {
        let id = id.clone();
        let sql = "delete from vault where project = ? and name = ?";
        self.with(move |c, _| Ok(c.prepare_cached(sql)?.execute([id.project, id.name])? == 1))
            .await
    }

    async fn not_under(&self, key: &KeyId, after: Option<&SecretId>, limit: usize) -> Result<Vec<SealedKey>> {
        let key = key.0.clone();
        let (project, name) = after.map_or_else(Default::default, |id| (id.project.clone(), id.name.clone()));
        let sql = "select project, name, version, key_id, sealed_key from vault
             where key_id <> ?1 and (project, name) > (?2, ?3) order by project, name limit ?4";
        self.read(move |c| {
            c.prepare_cached(sql)?
                .query_map(params![key, project, name, words::limit(limit)], data_key)?
                .collect()
        })
        .await
    }

    async fn reseal(&self, before: &SealedKey, key: &KeyId, sealed: &[u8]) -> Result<bool> {
        let (before, key, sealed) = (before.clone(), key.0.clone(), sealed.to_vec());
        let sql = "update vault set key_id = ?1, sealed_key = ?2
             where project = ?3 and name = ?4 and version = ?5 and sealed_key = ?6 and key_id = ?7";
        self.with(move |c, _| {
            let SealedKey { id, version, .. } = before;
            let there = params![key, sealed, id.project, id.name, version, before.sealed, before.key.0];
            Ok(c.prepare_cached(sql)?.execute(there)? == 1)
        })
        .await
    }
}

/// A data key from project, name, version, the master key's name, and itself.
fn data_key(row: &Row<'_>) -> rusqlite::Result<SealedKey> {
    Ok(SealedKey {
        id: SecretId {
            project: row.get(0)?,
            name: row.get(1)?,
        },
        version: row.get(2)?,
        key: KeyId(row.get(3)?),
        sealed: row.get(4)?,
    })
}
