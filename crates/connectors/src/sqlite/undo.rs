//! Taking a run back, in one transaction.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use syncapp_connector::{LeftAlone, TableFate, UndoRequest, Undone};
use syncapp_model::{Result, StreamKey};

use super::entries::{self, Row};
use super::error::At;
use super::journal;
use super::sql::main_table;
use super::{catalog, checkpoint, rejects, target};
use crate::journal::{Kind, Step, changed_since, later_runs, moved_on, named};

/// Takes a run back; the caller ends the transaction.
pub(super) fn undo(connection: &Connection, request: &UndoRequest) -> Result<Vec<Undone>> {
    let rows = entries::of_run(connection, &request.run_id)?;
    let mut keys: Vec<&StreamKey> = Vec::new();
    for row in &rows {
        if !keys.contains(&&row.key) {
            keys.push(&row.key);
        }
    }
    let of = |key: &StreamKey| rows.iter().filter(|row| row.key == *key).collect::<Vec<_>>();
    keys.into_iter()
        .map(|key| stream(connection, &of(key), request))
        .collect()
}

/// Takes the loads of one stream back, the last one first.
fn stream(connection: &Connection, loads: &[&Row], request: &UndoRequest) -> Result<Undone> {
    let (last, first) = (loads[0], loads[loads.len() - 1]);
    let key = &last.key;
    let later = entries::later(connection, last, &request.run_id)?;
    if !later.is_empty() {
        return Err(later_runs(key, &later));
    }
    if checkpoint::raise(connection, key)? != last.entry.after {
        return Err(moved_on(key));
    }
    let (name, made) = (&last.entry.table.name, own(connection, &last.entry.table.name)?);
    let mut undone = Undone::new(key.clone(), last.entry.table.to_string());
    for load in loads {
        if catalog::table(connection, &load.entry.table.name).writing()?.is_none() {
            return Err(changed_since(&load.entry.table));
        }
        match load.entry.kind {
            Kind::Rows => rows(connection, load, &mut undone)?,
            Kind::Made | Kind::Swapped => undone.table = table(connection, load)?,
        }
        entries::forget(connection, load)?;
    }
    let mut before = first.entry.before.clone();
    if made.is_some() && made == target::made(connection, name)? {
        // Columns that came and types that grew stay, and the table is SyncApp's as before.
        before.made = made;
    }
    checkpoint::put_back(connection, key, &before)?;
    rejects::forget_run(connection, key, &request.run_id)?;
    Ok(undone)
}

/// The definition of a table that SyncApp made and nobody changed.
fn own(connection: &Connection, name: &str) -> Result<Option<String>> {
    match target::made(connection, name)? {
        Some(made) if checkpoint::is_made(connection, name, &made)? => Ok(Some(made)),
        _ => Ok(None),
    }
}

/// Takes rows back one by one.
fn rows(connection: &Connection, load: &Row, undone: &mut Undone) -> Result<()> {
    let Some(name) = &load.entry.journal else {
        return Ok(());
    };
    let execute = |statement: &str| connection.execute(statement, []).writing().map(|rows| rows as u64);
    let added = journal::added_since(connection, &load.entry)?;
    let restore = journal::journal(&load.entry, name, &added).restore();
    for mark in &restore.marks {
        execute(mark)?;
    }
    let left: i64 = connection
        .query_row(&restore.count_left, [], |row| row.get(0))
        .writing()?;
    undone.left_alone += left.max(0).unsigned_abs();
    if !restore.left.is_empty() {
        let room = Undone::NAMED.saturating_sub(undone.left.len());
        undone.left.extend(self::left(
            connection,
            &format!("{} {room}", restore.left),
            &load.entry.key,
        )?);
    }
    for (step, statement) in &restore.steps {
        let touched = execute(statement)?;
        match step {
            Step::Silent => {}
            Step::Removed => undone.removed += touched,
            Step::Stayed => undone.removed -= touched,
            Step::Restored => undone.restored += touched,
            Step::PutBack => undone.put_back += touched,
        }
    }
    Ok(())
}

/// The rows that are left alone, as far as they are to be named.
fn left(connection: &Connection, query: &str, key: &[String]) -> Result<Vec<LeftAlone>> {
    let spell = |value: ValueRef<'_>| match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => format!("{bytes:02x?}"),
    };
    let mut statement = connection.prepare(query).writing()?;
    let rows = statement.query_map([], |row| {
        let values: rusqlite::Result<Vec<String>> = (0..key.len()).map(|at| row.get_ref(at).map(spell)).collect();
        let values = values?;
        Ok(LeftAlone {
            row: named(key, |at| values.get(at).map(String::as_str)),
            reason: row.get(key.len())?,
        })
    });
    rows.and_then(Iterator::collect).writing()
}

/// Takes the table back as a whole, if it is the one that the load left.
fn table(connection: &Connection, load: &Row) -> Result<TableFate> {
    let entry = &load.entry;
    if !journal::is_as_made(connection, entry)? {
        return Err(changed_since(&entry.table));
    }
    let drop = format!("DROP TABLE {}", main_table(&entry.table.name));
    connection.execute_batch(&drop).writing()?;
    let Some(old) = &entry.journal else {
        return Ok(TableFate::Dropped);
    };
    // Rows first: an index is made faster over all of them.
    for (at, statement) in entry.definition.iter().enumerate() {
        connection.execute_batch(statement).writing()?;
        if at == 0 {
            let fill = journal::of_old(connection, entry, old)?.fill();
            connection.execute(&fill, []).writing()?;
        }
    }
    Ok(TableFate::SwappedBack)
}
