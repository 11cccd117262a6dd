//! What the file remembers of each stream: its fence, how far it has come, and which table SyncApp made for it.
//!
//! `_syncapp_checkpoint` has a row a stream; `rows` is NULL before its first commit. `relation` and `made` are the
//! table that SyncApp made and its definition: as soon as anybody changes the definition, the table is the user's.
//! `_syncapp_boundary` holds the rows that landed at the position's cursor value.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension, Row, params};
use syncapp_connector::State;
use syncapp_model::{Checkpoint, Code, Epoch, Error, Position, Result, RowHash, StreamKey};

use super::error::At;
use crate::cells::text;
use crate::journal::{Kept, Mark};

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS main._syncapp_checkpoint(
        project TEXT NOT NULL, sync TEXT NOT NULL, stream TEXT NOT NULL,
        epoch INTEGER NOT NULL, position TEXT, rows INTEGER, relation TEXT, made TEXT, updated_at TEXT NOT NULL,
        PRIMARY KEY (project, sync, stream)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS main._syncapp_boundary(
        project TEXT NOT NULL, sync TEXT NOT NULL, stream TEXT NOT NULL, hash BLOB NOT NULL, n INTEGER NOT NULL,
        PRIMARY KEY (project, sync, stream, hash)
    ) WITHOUT ROWID;";

/// Whether anything was ever kept in this file.
pub(super) fn is_kept(connection: &Connection) -> Result<bool> {
    let sql = "SELECT count(*) = 2 FROM main.sqlite_schema WHERE name IN ('_syncapp_checkpoint', '_syncapp_boundary')";
    connection.query_row(sql, [], |row| row.get(0)).writing()
}

/// Raises the fence of a stream and reads its checkpoint. Runs in the caller's transaction.
pub(super) fn claim(connection: &Connection, key: &StreamKey) -> Result<(Epoch, Option<Checkpoint>)> {
    connection.execute_batch(TABLES).writing()?;
    let epoch = connection
        .query_row(
            "INSERT INTO main._syncapp_checkpoint(project, sync, stream, epoch, updated_at) VALUES (?1, ?2, ?3, 1, ?4)
             ON CONFLICT DO UPDATE SET epoch = epoch + 1, updated_at = excluded.updated_at RETURNING epoch",
            params![key.project, key.sync, key.stream, now()],
            |row| row.get(0),
        )
        .writing()?;
    let state = read(connection, key)?;
    Ok((Epoch(epoch), state.and_then(|state| state.checkpoint)))
}

/// Fails unless the epoch is still the stream's.
pub(super) fn assert(connection: &Connection, key: &StreamKey, epoch: Epoch) -> Result<()> {
    let sql = "SELECT epoch FROM main._syncapp_checkpoint WHERE (project, sync, stream) = (?1, ?2, ?3)";
    let found: Option<i64> = connection
        .query_row(sql, params![key.project, key.sync, key.stream], |row| row.get(0))
        .optional()
        .writing()?;
    if found == Some(epoch.0) {
        Ok(())
    } else {
        Err(fenced(key))
    }
}

fn fenced(key: &StreamKey) -> Error {
    Error::new(Code::Fenced, "another run has taken the stream over")
        .help("run one sync of a stream at a time")
        .stream(&key.stream)
}

/// Writes a checkpoint under the fence, with the definition of the table that SyncApp made, if it did.
pub(super) fn commit(
    connection: &Connection,
    key: &StreamKey,
    epoch: Epoch,
    checkpoint: &Checkpoint,
    (relation, made): (&str, Option<&str>),
) -> Result<()> {
    let changed = connection
        .execute(
            "UPDATE main._syncapp_checkpoint SET position = ?5, rows = ?6, relation = ?7, made = ?8, updated_at = ?9
             WHERE (project, sync, stream) = (?1, ?2, ?3) AND epoch = ?4",
            params![
                key.project,
                key.sync,
                key.stream,
                epoch.0,
                spell(checkpoint)?,
                checkpoint.rows.cast_signed(),
                relation,
                made,
                now()
            ],
        )
        .writing()?;
    if changed != 1 {
        return Err(fenced(key));
    }
    let landed = checkpoint
        .position
        .as_ref()
        .map_or(&[][..], |position| &position.landed);
    put_boundary(connection, key, landed)
}

/// Puts or forgets a stream's checkpoint, and raises its fence. Runs in the caller's transaction.
pub(super) fn set(connection: &Connection, key: &StreamKey, checkpoint: Option<&Checkpoint>) -> Result<()> {
    let position = checkpoint.map(spell).transpose()?.flatten();
    let rows = checkpoint.map(|checkpoint| checkpoint.rows.cast_signed());
    let changed = connection
        .execute(
            "UPDATE main._syncapp_checkpoint SET epoch = epoch + 1, position = ?4, rows = ?5, updated_at = ?6
             WHERE (project, sync, stream) = (?1, ?2, ?3)",
            params![key.project, key.sync, key.stream, position, rows, now()],
        )
        .writing()?;
    if changed != 1 {
        return Err(unknown(key));
    }
    let position = checkpoint.and_then(|checkpoint| checkpoint.position.as_ref());
    put_boundary(connection, key, position.map_or(&[][..], |position| &position.landed))
}

/// A stream's row and its boundary as they are, for the undo of what changes them.
pub(super) fn kept(connection: &Connection, key: &StreamKey) -> Result<Kept> {
    let sql = "SELECT position, rows, relation, made FROM main._syncapp_checkpoint
               WHERE (project, sync, stream) = (?1, ?2, ?3)";
    let kept = connection.query_row(sql, params![key.project, key.sync, key.stream], |row| {
        Ok(Kept {
            mark: Mark {
                position: row.get(0)?,
                rows: row.get(1)?,
            },
            relation: row.get(2)?,
            made: row.get(3)?,
            landed: Vec::new(),
        })
    });
    let landed = boundary(connection, key)?;
    Ok(Kept {
        landed: landed.iter().map(|(hash, n)| (format!("{hash:032x}"), *n)).collect(),
        ..kept.writing()?
    })
}

/// Raises the fence in the caller's transaction; how far the stream has come.
pub(super) fn raise(connection: &Connection, key: &StreamKey) -> Result<Mark> {
    let sql = "UPDATE main._syncapp_checkpoint SET epoch = epoch + 1
               WHERE (project, sync, stream) = (?1, ?2, ?3) RETURNING position, rows";
    let mark = connection.query_row(sql, params![key.project, key.sync, key.stream], |row| {
        Ok(Mark {
            position: row.get(0)?,
            rows: row.get(1)?,
        })
    });
    Ok(mark.optional().writing()?.unwrap_or_default())
}

/// Puts back what was kept, in the caller's transaction.
pub(super) fn put_back(connection: &Connection, key: &StreamKey, kept: &Kept) -> Result<()> {
    let sql = "UPDATE main._syncapp_checkpoint SET position = ?4, rows = ?5, relation = ?6, made = ?7, updated_at = ?8
               WHERE (project, sync, stream) = (?1, ?2, ?3)";
    let Mark { position, rows } = &kept.mark;
    let values = params![
        key.project,
        key.sync,
        key.stream,
        position,
        rows,
        kept.relation,
        kept.made,
        now()
    ];
    connection.execute(sql, values).writing()?;
    let landed = kept.landed.iter().map(|(hash, n)| {
        let hash =
            RowHash::from_str_radix(hash, 16).map_err(|error| Error::internal("a kept hash is none").driver(error))?;
        Ok((hash, *n))
    });
    put_boundary(connection, key, &landed.collect::<Result<Vec<_>>>()?)
}

/// There is no such state.
pub(super) fn unknown(key: &StreamKey) -> Error {
    Error::new(Code::UnknownName, format!("the file keeps no state of `{key}`"))
        .help("`syncapp state show` lists the states that are kept")
}

/// All states, in the order of their keys.
pub(super) fn states(connection: &Connection) -> Result<Vec<State>> {
    let mut statement = connection
        .prepare(&format!("{STATES} ORDER BY project, sync, stream"))
        .writing()?;
    let mut rows = statement.query([]).writing()?;
    let mut states = Vec::new();
    while let Some(row) = rows.next().writing()? {
        states.push(state(connection, row)?);
    }
    Ok(states)
}

/// Whether a table of that name and definition is one that SyncApp made.
pub(super) fn is_made(connection: &Connection, relation: &str, definition: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM main._syncapp_checkpoint WHERE relation = ?1 AND made = ?2)";
    connection
        .query_row(sql, [relation, definition], |row| row.get(0))
        .writing()
}

const STATES: &str = "SELECT project, sync, stream, epoch, position, rows, updated_at FROM main._syncapp_checkpoint";

fn read(connection: &Connection, key: &StreamKey) -> Result<Option<State>> {
    let sql = format!("{STATES} WHERE (project, sync, stream) = (?1, ?2, ?3)");
    let mut statement = connection.prepare(&sql).writing()?;
    let mut rows = statement.query(params![key.project, key.sync, key.stream]).writing()?;
    match rows.next().writing()? {
        Some(row) => state(connection, row).map(Some),
        None => Ok(None),
    }
}

fn state(connection: &Connection, row: &Row<'_>) -> Result<State> {
    let key = StreamKey {
        project: row.get(0).writing()?,
        sync: row.get(1).writing()?,
        stream: row.get(2).writing()?,
    };
    let position: Option<String> = row.get(4).writing()?;
    let rows: Option<i64> = row.get(5).writing()?;
    let written: String = row.get(6).writing()?;
    let damaged = |what: &str| {
        Error::new(
            Code::InvalidData(syncapp_model::Side::Destination),
            format!("the {what} kept of `{key}` is damaged"),
        )
        .help("`syncapp state reset` forgets it; the next run begins anew")
    };
    let position = match position {
        None => None,
        Some(text) => {
            let mut position: Position =
                serde_json::from_str(&text).map_err(|error| damaged("position").driver(error))?;
            position.landed = boundary(connection, &key)?;
            Some(position)
        }
    };
    let micros = text::timestamp(&written, true).ok_or_else(|| damaged("time"))?;
    let updated_at = SystemTime::UNIX_EPOCH + Duration::from_micros(micros.max(0).unsigned_abs());
    let epoch = Epoch(row.get(3).writing()?);
    let checkpoint = rows.map(|rows| Checkpoint {
        position,
        rows: rows.cast_unsigned(),
    });
    Ok(State {
        key,
        epoch,
        checkpoint,
        updated_at,
    })
}

pub(super) fn spell(checkpoint: &Checkpoint) -> Result<Option<String>> {
    let spelled = checkpoint.position.as_ref().map(serde_json::to_string).transpose();
    spelled.map_err(|error| Error::internal(format!("a position cannot be spelled: {error}")))
}

fn boundary(connection: &Connection, key: &StreamKey) -> Result<Vec<(RowHash, u64)>> {
    let sql = "SELECT hash, n FROM main._syncapp_boundary WHERE (project, sync, stream) = (?1, ?2, ?3)";
    let mut statement = connection.prepare(sql).writing()?;
    let rows = statement.query_map(params![key.project, key.sync, key.stream], |row| {
        let hash: [u8; 16] = row.get(0)?;
        Ok((RowHash::from_be_bytes(hash), row.get::<_, i64>(1)?.cast_unsigned()))
    });
    rows.and_then(Iterator::collect).writing()
}

fn put_boundary(connection: &Connection, key: &StreamKey, landed: &[(RowHash, u64)]) -> Result<()> {
    let attempt = || -> rusqlite::Result<()> {
        connection.execute(
            "DELETE FROM main._syncapp_boundary WHERE (project, sync, stream) = (?1, ?2, ?3)",
            params![key.project, key.sync, key.stream],
        )?;
        let mut statement = connection.prepare("INSERT INTO main._syncapp_boundary VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for (hash, count) in landed {
            let values = params![
                key.project,
                key.sync,
                key.stream,
                hash.to_be_bytes(),
                count.cast_signed()
            ];
            statement.execute(values)?;
        }
        Ok(())
    };
    attempt().writing()
}

fn now() -> String {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let mut spelled = String::new();
    text::write_timestamp(&mut spelled, since.as_micros() as i64, true);
    spelled
}
