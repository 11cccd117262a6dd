//! Projects and their versions in PostgreSQL.

use async_trait::async_trait;
use sqlx::query;
use syncapp_control::{NewVersion, Projects, Pushed, Version};
use syncapp_model::Result;

use super::errors::failed;
use super::{PostgresStore, columns, timely};
use crate::steps;

#[async_trait]
impl Projects for PostgresStore {
    async fn newest(&self, project: &str) -> Result<Option<Version>> {
        timely(self.read(project, None)).await
    }

    async fn version(&self, project: &str, number: u32) -> Result<Option<Version>> {
        timely(self.read(project, Some(number))).await
    }

    async fn apply(&self, version: &NewVersion, expected: Option<u32>) -> Result<Pushed> {
        timely(async {
            let mut rows = self.begin().await?;
            let pushed = steps::apply(&mut rows, version, expected).await?;
            rows.commit(pushed).await
        })
        .await
    }
}

impl PostgresStore {
    /// That version, or the newest one. Versions never change, so that two statements see one.
    async fn read(&self, project: &str, number: Option<u32>) -> Result<Option<Version>> {
        let sql = "select project, number, text, applied_at from version where project = $1 \
             and number = coalesce($2, (select newest from project where name = $1))";
        let read = query(sql).bind(project).bind(number.map(|number| number as i32));
        let row = read.fetch_optional(&self.pool).await.map_err(failed)?;
        let Some(mut version) = row.as_ref().map(columns::version).transpose()? else {
            return Ok(None);
        };
        let sql = "select name, streams, definition, overlap, after_sync, source, source_streams, destination, \
             destination_streams from version_sync \
             where project = $1 and version = $2 order by number";
        let read = query(sql).bind(project).bind(version.number as i32);
        let rows = read.fetch_all(&self.pool).await.map_err(failed)?;
        version.syncs = rows.iter().map(columns::sync).collect::<Result<_>>()?;
        Ok(Some(version))
    }
}
