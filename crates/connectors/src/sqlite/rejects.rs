//! Rejected rows, in the table `_syncapp_rejects` of the file.

use rusqlite::{Connection, params};
use syncapp_connector::{Reject, RejectFilter, Rejects};
use syncapp_model::{Result, StreamKey};

use super::error::At;

const TABLE: &str = "main._syncapp_rejects";

/// Puts a load's rejected rows into the transaction. An overwrite forgets those of earlier runs; `settled` go.
pub(super) fn keep(
    connection: &Connection,
    key: &StreamKey,
    overwrites: bool,
    rejects: Rejects,
    settled: &[String],
) -> Result<()> {
    if rejects.count() == 0 && !exists(connection)? {
        return Ok(());
    }
    let create = format!(
        "CREATE TABLE IF NOT EXISTS {TABLE} (id TEXT, project TEXT, sync TEXT, stream TEXT, run_id TEXT NOT NULL,
         rejected_at INTEGER NOT NULL, row_key TEXT, column_name TEXT, code TEXT NOT NULL, message TEXT NOT NULL,
         row TEXT NOT NULL, PRIMARY KEY (project, sync, stream, id))"
    );
    connection.execute_batch(&create).writing()?;
    if overwrites {
        let forget = format!("DELETE FROM {TABLE} WHERE project = ?1 AND sync = ?2 AND stream = ?3");
        connection
            .execute(&forget, params![key.project, key.sync, key.stream])
            .writing()?;
    }
    forget(connection, key, settled)?;
    let insert = format!(
        "INSERT INTO {TABLE} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT DO UPDATE SET run_id = excluded.run_id, rejected_at = excluded.rejected_at,
             column_name = excluded.column_name, code = excluded.code, message = excluded.message"
    );
    let mut insert = connection.prepare(&insert).writing()?;
    for some in rejects.chunks()? {
        for reject in some? {
            let Reject {
                id,
                run_id,
                rejected_at,
                row_key,
                column,
                code,
                message,
                row,
                ..
            } = reject;
            insert
                .execute(params![
                    id,
                    key.project,
                    key.sync,
                    key.stream,
                    run_id,
                    rejected_at,
                    row_key,
                    column,
                    code,
                    message,
                    row
                ])
                .writing()?;
        }
    }
    Ok(())
}

/// Takes rows off the list.
pub(super) fn forget(connection: &Connection, key: &StreamKey, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let forget = format!("DELETE FROM {TABLE} WHERE project = ?1 AND sync = ?2 AND stream = ?3 AND id = ?4");
    let mut forget = connection.prepare(&forget).writing()?;
    for id in ids {
        forget
            .execute(params![key.project, key.sync, key.stream, id])
            .writing()?;
    }
    Ok(())
}

/// The rejected rows of the file.
pub(super) fn list(connection: &Connection, wanted: &RejectFilter) -> Result<Vec<Reject>> {
    if !exists(connection)? {
        return Ok(Vec::new());
    }
    let query = format!(
        "SELECT id, project, sync, stream, run_id, rejected_at, row_key, column_name, code, message, row
         FROM {TABLE}
         WHERE project = ?1 AND sync = ?2 AND coalesce(stream = ?3, true) AND coalesce(id = ?4, true)
           AND coalesce(id > ?6, true)
         ORDER BY stream, id LIMIT ?5"
    );
    let RejectFilter {
        project,
        sync,
        stream,
        id,
        after,
        limit,
    } = wanted;
    let mut statement = connection.prepare(&query).reading()?;
    let most = i64::try_from(*limit).unwrap_or(i64::MAX);
    let these = params![project, sync, stream, id, most, after];
    let rows = statement.query_map(these, |row| {
        Ok(Reject {
            id: row.get(0)?,
            key: StreamKey {
                project: row.get(1)?,
                sync: row.get(2)?,
                stream: row.get(3)?,
            },
            run_id: row.get(4)?,
            rejected_at: row.get(5)?,
            row_key: row.get(6)?,
            column: row.get(7)?,
            code: row.get(8)?,
            message: row.get(9)?,
            row: row.get(10)?,
        })
    });
    rows.and_then(Iterator::collect).reading()
}

/// Forgets the rows that a run set aside last.
pub(super) fn forget_run(connection: &Connection, key: &StreamKey, run_id: &str) -> Result<()> {
    if !exists(connection)? {
        return Ok(());
    }
    let forget = format!("DELETE FROM {TABLE} WHERE project = ?1 AND sync = ?2 AND stream = ?3 AND run_id = ?4");
    connection
        .execute(&forget, params![key.project, key.sync, key.stream, run_id])
        .writing()?;
    Ok(())
}

fn exists(connection: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = '_syncapp_rejects')";
    connection.query_row(sql, [], |row| row.get(0)).reading()
}
