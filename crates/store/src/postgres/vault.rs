//! Sealed secrets in PostgreSQL. Each call is one statement.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::query;
use syncapp_control::{KeyId, SealedKey, SealedSecret, SealedSecrets, SecretEntry, SecretId};
use syncapp_model::Result;

use super::columns::{self, get, number};
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::words;

const FIRST: &str = "insert into vault (project, name, version, key_id, sealed_key, sealed, set_at, set_by, set_by_version) \
     values ($1, $2, $3, $4, $5, $6, now(), $7, $3) on conflict do nothing";

const NEXT: &str = "update vault set version = $3, key_id = $4, sealed_key = $5, sealed = $6, set_at = now(), set_by = $7, \
     set_by_version = $3 where project = $1 and name = $2 and version = $3 - 1";

#[async_trait]
impl SealedSecrets for PostgresStore {
    async fn sealed(&self, id: &SecretId) -> Result<Option<SealedSecret>> {
        let sql = "select project, name, version, key_id, sealed_key, sealed, \
             case when set_by_version = version then set_by end from vault where project = $1 and name = $2";
        timely(async {
            let read = query(sql).bind(&id.project).bind(&id.name);
            let row = read.fetch_optional(&self.pool).await.map_err(failed)?;
            let secret = |row: PgRow| {
                Ok(SealedSecret {
                    data_key: data_key(&row)?,
                    sealed: get(&row, 5)?,
                    set_by: get(&row, 6)?,
                })
            };
            row.map(secret).transpose()
        })
        .await
    }

    async fn put_sealed(&self, secret: &SealedSecret) -> Result<bool> {
        let SealedSecret {
            data_key,
            sealed,
            set_by,
        } = secret;
        timely(async {
            let put = query(if data_key.version == 1 { FIRST } else { NEXT })
                .bind(&data_key.id.project)
                .bind(&data_key.id.name)
                .bind(data_key.version as i32)
                .bind(&data_key.key.0)
                .bind(&data_key.sealed)
                .bind(sealed)
                .bind(set_by);
            let put = put.execute(&self.pool).await.map_err(failed)?;
            Ok(put.rows_affected() == 1)
        })
        .await
    }

    async fn secrets(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<SecretEntry>> {
        let sql = "select name, version, key_id, set_at, case when set_by_version = version then set_by end from vault \
             where project = $1 and name > $2 order by name limit $3";
        let entry = |row: &PgRow| {
            Ok(SecretEntry {
                name: get(row, 0)?,
                version: number(row, 1)?,
                key: KeyId(get(row, 2)?),
                set_at: columns::instant(row, 3)?,
                set_by: get(row, 4)?,
            })
        };
        timely(async {
            let read = query(sql).bind(project).bind(after.unwrap_or_default());
            let rows = read.bind(words::limit(limit)).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(entry).collect()
        })
        .await
    }

    async fn delete_sealed(&self, id: &SecretId) -> Result<bool> {
        let sql = "delete from vault where project = $1 and name = $2";
        timely(async {
            let delete = query(sql).bind(&id.project).bind(&id.name);
            let deleted = delete.execute(&self.pool).await.map_err(failed)?;
            Ok(deleted.rows_affected() == 1)
        })
        .await
    }

    async fn not_under(&self, key: &KeyId, after: Option<&SecretId>, limit: usize) -> Result<Vec<SealedKey>> {
        let (project, name) = after.map_or(("", ""), |id| (&id.project, &id.name));
        let sql = "select project, name, version, key_id, sealed_key from vault \
             where key_id <> $1 and (project, name) > ($2, $3) order by project, name limit $4";
        timely(async {
            let read = query(sql).bind(&key.0).bind(project).bind(name);
            let rows = read.bind(words::limit(limit)).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(data_key).collect()
        })
        .await
    }

    async fn reseal(&self, before: &SealedKey, key: &KeyId, sealed: &[u8]) -> Result<bool> {
        let sql = "update vault set key_id = $1, sealed_key = $2 \
             where project = $3 and name = $4 and version = $5 and sealed_key = $6 and key_id = $7";
        timely(async {
            let reseal = query(sql)
                .bind(&key.0)
                .bind(sealed)
                .bind(&before.id.project)
                .bind(&before.id.name)
                .bind(before.version as i32)
                .bind(&before.sealed)
                .bind(&before.key.0);
            let resealed = reseal.execute(&self.pool).await.map_err(failed)?;
            Ok(resealed.rows_affected() == 1)
        })
        .await
    }
}

/// A data key from project, name, version, the master key's name, and itself.
fn data_key(row: &PgRow) -> Result<SealedKey> {
    Ok(SealedKey {
        id: SecretId {
            project: get(row, 0)?,
            name: get(row, 1)?,
        },
        version: number(row, 2)?,
        key: KeyId(get(row, 3)?),
        sealed: get(row, 4)?,
    })
}
