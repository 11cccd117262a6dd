//! Projects and their versions in SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};
use syncapp_control::{NewVersion, Projects, Pushed, Version};
use syncapp_model::Result;

use super::columns::{self, SYNC};
use super::{SqliteStore, at_once};
use crate::steps;

#[async_trait]
impl Projects for SqliteStore {
    async fn newest(&self, project: &str) -> Result<Option<Version>> {
        let project = project.to_owned();
        let newest = "number = (select newest from project where name = ?1)";
        self.read(move |c| read(c, newest, &[&project])).await
    }

    async fn version(&self, project: &str, number: u32) -> Result<Option<Version>> {
        let project = project.to_owned();
        self.read(move |c| read(c, "number = ?2", &[&project, &number])).await
    }

    async fn apply(&self, version: &NewVersion, expected: Option<u32>) -> Result<Pushed> {
        let version = version.clone();
        self.transaction(move |rows| at_once(steps::apply(rows, &version, expected)))
            .await
    }
}

/// A version of the project `?1`. Versions never change, so that two statements see one.
fn read(c: &Connection, which: &str, arguments: &[&dyn ToSql]) -> rusqlite::Result<Option<Version>> {
    let sql = format!("select project, number, text, applied_at from version where project = ?1 and {which}");
    let version = c
        .prepare_cached(&sql)?
        .query_row(arguments, columns::version)
        .optional()?;
    let Some(mut version) = version else { return Ok(None) };
    let sql = format!("select {SYNC} from version_sync where project = ? and version = ? order by number");
    version.syncs = c
        .prepare_cached(&sql)?
        .query_map(params![version.project, version.number], columns::sync)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(version))
}
