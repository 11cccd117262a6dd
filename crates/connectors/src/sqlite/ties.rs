//! What hangs on a table, and so how it can be loaded.

use rusqlite::Connection;
use syncapp_connector::Target;
use syncapp_model::Result;
use syncapp_model::sync_file::Write;

use super::catalog::Table;
use super::error::At;
use super::{checkpoint, target};

/// What hangs on an existing table.
#[derive(Default)]
pub(super) struct Ties {
    /// Whether SyncApp made it.
    pub(super) ours: bool,
    pub(super) triggers: bool,
    /// Whether other tables' foreign keys point to it.
    pub(super) referenced: bool,
    /// Its unique indexes.
    unique: Vec<String>,
    /// The statements that made its indexes and triggers.
    pub(super) hung: Vec<String>,
}

impl Ties {
    /// Looks at a table, where there is one.
    pub(super) fn look(connection: &Connection, table: Option<&Table>) -> Result<Self> {
        let Some(table) = table else { return Ok(Self::default()) };
        let exists =
            |sql: &str| -> Result<bool> { connection.query_row(sql, [&table.name], |row| row.get(0)).writing() };
        let ours = match target::made(connection, &table.name)? {
            Some(made) if checkpoint::is_kept(connection)? => checkpoint::is_made(connection, &table.name, &made)?,
            _ => false,
        };
        let hung = connection
            .prepare(
                "SELECT sql FROM main.sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL
                 AND tbl_name = ?1 COLLATE NOCASE ORDER BY type = 'trigger', rowid",
            )
            .and_then(|mut statement| statement.query_map([&table.name], |row| row.get(0))?.collect())
            .writing()?;
        let unique = connection
            .prepare("SELECT name FROM pragma_index_list(?1, 'main') WHERE \"unique\" = 1")
            .and_then(|mut statement| statement.query_map([&table.name], |row| row.get(0))?.collect())
            .writing()?;
        Ok(Self {
            unique,
            hung,
            ours,
            triggers: exists(
                "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema
                 WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE)",
            )?,
            referenced: exists(
                "SELECT EXISTS (SELECT 1 FROM pragma_table_list AS l, pragma_foreign_key_list(l.name, 'main') AS f
                 WHERE l.schema = 'main' AND l.name <> ?1 COLLATE NOCASE AND f.\"table\" = ?1 COLLATE NOCASE)",
            )?,
        })
    }

    /// Whether a table that is there may refuse rows that its columns can hold. The index of a merge or a history refuses none of its
    /// rows.
    pub(super) fn refuses(&self, target: &Target) -> bool {
        let keyed = matches!(target.write, Write::Merge | Write::History);
        let plain = |name: &String| keyed && name.starts_with("_syncapp_");
        !self.ours || self.triggers || !self.unique.iter().all(plain)
    }
}
