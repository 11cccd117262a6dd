//! Records as rows.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::Type;
use rusqlite::{Connection, Row, Transaction, params};
use syncapp_control::{ErrorRecord, Outcome, RunId, RunRecord, StreamRecord};
use uuid::Uuid;

pub(super) const RUN_COLUMNS: &str =
    "id, project, sync, started_at, finished_at, outcome, error_code, error_text, error_help, file, environment";

/// Puts the record in the place of what was there.
pub(super) fn write(connection: &Connection, run: &RunRecord) -> rusqlite::Result<()> {
    let id = run.id.0.as_bytes();
    let (code, text, help) = parts(run.error.as_ref());
    connection.execute("delete from runs where id = ?", [id])?;
    connection.execute(
        &format!("insert into runs ({RUN_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            id,
            run.project,
            run.sync,
            micros(run.started_at),
            run.finished_at.map(micros),
            run.outcome.name(),
            code,
            text,
            help,
            run.file,
            run.environment
        ],
    )?;
    let mut insert =
        connection.prepare_cached("insert into run_streams values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for (number, stream) in run.streams.iter().enumerate() {
        let (code, text, help) = parts(stream.error.as_ref());
        insert.execute(params![
            id,
            number as i64,
            stream.stream,
            stream.target,
            stream.rows_read as i64,
            stream.rows_written as i64,
            stream.inserted as i64,
            stream.updated as i64,
            stream.deleted as i64,
            stream.bytes as i64,
            stream.position,
            code,
            text,
            help
        ])?;
    }
    Ok(())
}

/// A run from [`RUN_COLUMNS`], without its streams.
pub(super) fn run(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    let outcome: String = row.get(5)?;
    Ok(RunRecord {
        id: RunId(Uuid::from_bytes(row.get(0)?)),
        project: row.get(1)?,
        sync: row.get(2)?,
        file: row.get(9)?,
        environment: row.get(10)?,
        started_at: instant(row.get(3)?),
        finished_at: row.get::<_, Option<i64>>(4)?.map(instant),
        outcome: Outcome::from_name(&outcome).ok_or_else(|| {
            let unknown = format!("`{outcome}` is no outcome").into();
            rusqlite::Error::FromSqlConversionFailure(5, Type::Text, unknown)
        })?,
        error: error(row, 6)?,
        streams: Vec::new(),
    })
}

/// The streams of a run.
pub(super) fn streams(transaction: &Transaction<'_>, id: RunId) -> rusqlite::Result<Vec<StreamRecord>> {
    let count = |row: &Row<'_>, at| row.get::<_, i64>(at).map(|count| count as u64);
    transaction
        .prepare_cached("select * from run_streams where run = ? order by number")?
        .query_map([id.0.as_bytes()], |row| {
            Ok(StreamRecord {
                stream: row.get(2)?,
                target: row.get(3)?,
                rows_read: count(row, 4)?,
                rows_written: count(row, 5)?,
                inserted: count(row, 6)?,
                updated: count(row, 7)?,
                deleted: count(row, 8)?,
                bytes: count(row, 9)?,
                position: row.get(10)?,
                error: error(row, 11)?,
            })
        })?
        .collect()
}

fn error(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<ErrorRecord>> {
    let Some(code) = row.get(at)? else { return Ok(None) };
    Ok(Some(ErrorRecord {
        code,
        text: row.get(at + 1)?,
        help: row.get(at + 2)?,
    }))
}

fn parts(error: Option<&ErrorRecord>) -> (Option<&str>, Option<&str>, Option<&str>) {
    (
        error.map(|error| error.code.as_str()),
        error.map(|error| error.text.as_str()),
        error.and_then(|error| error.help.as_deref()),
    )
}

fn micros(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros() as i64)
}

fn instant(micros: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(micros.unsigned_abs())
}
