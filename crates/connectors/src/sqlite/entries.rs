//! The table `_syncapp_undo` of the file: a row a load that can be taken back.

use rusqlite::{Connection, params};
use syncapp_connector::Keep;
use syncapp_model::{Result, StreamKey};

use super::error::At;
use super::journal::drop_table;
use crate::journal::Entry;

const TABLE: &str = "main._syncapp_undo";

/// A row of `_syncapp_undo`.
pub(super) struct Row {
    pub(super) seq: i64,
    pub(super) key: StreamKey,
    pub(super) entry: Entry,
}

/// Whether any journal was ever kept in this file.
pub(super) fn is_kept(connection: &Connection) -> Result<bool> {
    let sql = "SELECT count(*) > 0 FROM main.sqlite_schema WHERE name = '_syncapp_undo'";
    connection.query_row(sql, [], |row| row.get(0)).writing()
}

/// Drops a stream's journals that are older than they were to become.
pub(super) fn expire(connection: &Connection, key: &StreamKey, now: i64) -> Result<()> {
    if !is_kept(connection)? {
        return Ok(());
    }
    let rows = read(
        connection,
        "until < ?1 AND (project, sync, stream) = (?2, ?3, ?4)",
        &[&now, &key.project, &key.sync, &key.stream],
    )?;
    rows.iter().try_for_each(|row| forget(connection, row))
}

/// The loads of a run, the last one first.
pub(super) fn of_run(connection: &Connection, run_id: &str) -> Result<Vec<Row>> {
    if !is_kept(connection)? {
        return Ok(Vec::new());
    }
    read(connection, "run_id = ?1", &[&run_id])
}

fn read(connection: &Connection, condition: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Row>> {
    let query = format!("SELECT seq, project, sync, stream, entry FROM {TABLE} WHERE {condition} ORDER BY seq DESC");
    let mut statement = connection.prepare(&query).writing()?;
    let rows = statement.query_map(values, |row| {
        let key = StreamKey {
            project: row.get(1)?,
            sync: row.get(2)?,
            stream: row.get(3)?,
        };
        Ok((row.get(0)?, key, row.get::<_, String>(4)?))
    });
    let rows: Vec<_> = rows.and_then(Iterator::collect).writing()?;
    rows.into_iter()
        .map(|(seq, key, spelled)| {
            Ok(Row {
                seq,
                key,
                entry: Entry::read(&spelled)?,
            })
        })
        .collect()
}

/// Runs of a stream whose loads came after one, the newest first.
pub(super) fn later(connection: &Connection, row: &Row, run_id: &str) -> Result<Vec<String>> {
    let query = format!(
        "SELECT run_id FROM {TABLE} WHERE (project, sync, stream) = (?1, ?2, ?3) AND seq > ?4 AND run_id <> ?5
         GROUP BY run_id ORDER BY max(seq) DESC"
    );
    let StreamKey { project, sync, stream } = &row.key;
    let mut statement = connection.prepare(&query).writing()?;
    let runs = statement.query_map(params![project, sync, stream, row.seq, run_id], |row| row.get(0));
    runs.and_then(Iterator::collect).writing()
}

/// Drops a load's journal and its entry.
pub(super) fn forget(connection: &Connection, row: &Row) -> Result<()> {
    if let Some(journal) = &row.entry.journal {
        drop_table(connection, journal)?;
    }
    let delete = format!("DELETE FROM {TABLE} WHERE seq = ?1");
    connection.execute(&delete, [row.seq]).writing()?;
    Ok(())
}

/// Adds a load.
pub(super) fn add(connection: &Connection, key: &StreamKey, keep: &Keep, entry: &Entry) -> Result<()> {
    let create = format!(
        "CREATE TABLE IF NOT EXISTS {TABLE}(seq INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL,
         sync TEXT NOT NULL, stream TEXT NOT NULL, run_id TEXT NOT NULL, until INTEGER NOT NULL, entry TEXT NOT NULL)"
    );
    connection.execute_batch(&create).writing()?;
    let insert =
        format!("INSERT INTO {TABLE}(project, sync, stream, run_id, until, entry) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    let StreamKey { project, sync, stream } = key;
    let Keep { run_id, until } = keep;
    let spelled = entry.spell()?;
    connection
        .execute(&insert, params![project, sync, stream, run_id, until, spelled])
        .writing()?;
    Ok(())
}
