//! What the file holds: tables, views, columns, keys.

use rusqlite::{Connection, OptionalExtension};
use syncapp_model::StreamKind;

/// A table or view as its definition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// As the file spells it.
    pub(super) name: String,
    pub(super) kind: StreamKind,
    pub(super) columns: Vec<TableColumn>,
    /// The primary key's columns, in key order.
    pub(super) primary_key: Vec<String>,
    /// The word for the row's number, where there is one.
    pub(super) rowid: Option<&'static str>,
}

/// A column as its definition says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableColumn {
    pub(super) name: String,
    /// The declared type, quotes and all; empty where there is none.
    pub(super) declared: String,
    pub(super) nullable: bool,
    /// Whether SQLite computes it.
    pub(super) generated: bool,
}

impl Table {
    /// A column, by SQLite's comparison of names.
    pub(super) fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// Names of tables and views in the order of their names, and whether each is a view. SQLite's own are left out, and
/// SyncApp's unless asked for.
pub(super) fn names(connection: &Connection, with_own: bool) -> rusqlite::Result<Vec<(String, bool)>> {
    let mut statement = connection.prepare(
        "SELECT name, type = 'view' FROM pragma_table_list
         WHERE schema = 'main' AND type IN ('table', 'view', 'virtual')
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND (?1 OR name NOT LIKE '\\_syncapp%' ESCAPE '\\')
         ORDER BY name COLLATE BINARY",
    )?;
    statement
        .query_map([with_own], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// One table or view, by SQLite's comparison of names.
pub(super) fn table(connection: &Connection, name: &str) -> rusqlite::Result<Option<Table>> {
    let found = connection
        .prepare_cached(
            "SELECT name, type, wr FROM pragma_table_list(?1)
             WHERE schema = 'main' AND type IN ('table', 'view', 'virtual')",
        )?
        .query_row([name], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, bool>(2)?,
            ))
        })
        .optional()?;
    let Some((name, kind, without_rowid)) = found else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(
        "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1 ORDER BY cid",
    )?;
    let mut columns = Vec::new();
    let mut key = Vec::new();
    let mut rows = statement.query([&name])?;
    while let Some(row) = rows.next()? {
        let (name, place): (String, i64) = (row.get(0)?, row.get(3)?);
        if place > 0 {
            key.push((place, name.clone()));
        }
        columns.push(TableColumn {
            name,
            declared: row.get(1)?,
            nullable: !row.get::<_, bool>(2)?,
            generated: row.get::<_, i64>(4)? > 1,
        });
    }
    key.sort_unstable();
    let primary_key: Vec<String> = key.into_iter().map(|(_, name)| name).collect();
    let is_table = kind == "table";
    if let [only] = &primary_key[..] {
        // The alias of the row's number is never NULL, though nothing declares it.
        for column in columns.iter_mut().filter(|column| column.name == *only) {
            column.nullable &= without_rowid || !column.declared.eq_ignore_ascii_case("INTEGER");
        }
    }
    let rowid = ["rowid", "_rowid_", "oid"].into_iter().find(|word| {
        is_table && !without_rowid && !columns.iter().any(|column| column.name.eq_ignore_ascii_case(word))
    });
    Ok(Some(Table {
        name,
        kind: if kind == "view" {
            StreamKind::View
        } else {
            StreamKind::Table
        },
        columns,
        primary_key,
        rowid,
    }))
}

/// A guess at the number of rows: the greatest row number, which is found without counting.
pub(super) fn estimated_rows(connection: &Connection, table: &Table) -> rusqlite::Result<Option<u64>> {
    let Some(rowid) = table.rowid else { return Ok(None) };
    let sql = format!("SELECT max({rowid}) FROM {}", super::sql::main_table(&table.name));
    let greatest: Option<i64> = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(Some(greatest.unwrap_or(0).max(0).unsigned_abs()))
}
