//! Taking a run back, in one transaction.

use syncapp_connector::{LeftAlone, TableFate, UndoRequest, Undone};
use syncapp_model::{Code, Result, Side, StreamKey, StreamName};
use tokio_postgres::SimpleQueryMessage;

use super::catalog;
use super::checkpoint::Checkpoints;
use super::client::Client;
use super::entries::{Entries, Kept, of};
use super::journal;
use super::sql;
use super::swap;
use crate::journal::{Kind, Step, changed_since, later_runs, moved_on};

/// Takes a run back; the caller ends the transaction.
pub(super) async fn undo(client: &Client, request: &UndoRequest) -> Result<Vec<Undone>> {
    let mut undone = Vec::new();
    for schema in schemas(client).await? {
        let checkpoints = Checkpoints::within(&schema);
        let entries = Entries::beside(&checkpoints);
        let kept = entries.of_run(client, &request.run_id).await?;
        let mut keys: Vec<&StreamKey> = Vec::new();
        for load in &kept {
            if !keys.contains(&&load.key) {
                keys.push(&load.key);
            }
        }
        for key in keys {
            let loads: Vec<&Kept> = kept.iter().filter(|load| load.key == *key).collect();
            undone.push(stream(client, &checkpoints, &entries, &loads, request).await?);
        }
    }
    Ok(undone)
}

/// The schemas that hold journals.
async fn schemas(client: &Client) -> Result<Vec<String>> {
    let query = format!(
        "select n.nspname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relname = '{}' and c.relkind = 'r' and has_schema_privilege(n.oid, 'usage') \
         and has_table_privilege(c.oid, 'select') and pg_has_role(c.relowner, 'usage') order by 1",
        Entries::TABLE
    );
    let rows = client.inner.query_typed(&query, &[]).await;
    let rows = rows.map_err(|error| client.error(&error))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Takes the loads of one stream back, the last one first.
async fn stream(
    client: &Client,
    checkpoints: &Checkpoints,
    entries: &Entries,
    loads: &[&Kept],
    request: &UndoRequest,
) -> Result<Undone> {
    let (last, first) = (loads[0], loads[loads.len() - 1]);
    let key = &last.key;
    // From here until the end no other run of the stream gets through.
    let now = checkpoints.raise(client, key).await?;
    let later = entries.later(client, key, last.seq, &request.run_id).await?;
    if !later.is_empty() {
        return Err(later_runs(key, &later));
    }
    if now != last.entry.after {
        return Err(moved_on(key));
    }
    let mut undone = Undone::new(key.clone(), last.entry.table.to_string());
    for load in loads {
        if catalog::relation_of(client, &load.entry.table).await?.is_none() {
            return Err(changed_since(&load.entry.table));
        }
        match load.entry.kind {
            Kind::Rows => rows(client, load, &mut undone).await?,
            Kind::Made | Kind::Swapped => {
                unchanged(client, load).await?;
                undone.table = table(client, load).await?;
            }
        }
        entries.forget(client, load).await?;
    }
    checkpoints.put_back(client, key, &first.entry.before).await?;
    drop_rejects(client, checkpoints, key, &request.run_id).await?;
    Ok(undone)
}

/// Takes rows back one by one.
async fn rows(client: &Client, load: &Kept, undone: &mut Undone) -> Result<()> {
    let Some(name) = &load.entry.journal else {
        return Ok(());
    };
    lock(client, &load.entry.table, "share row exclusive").await?;
    let now = catalog::relation_of(client, &load.entry.table).await?;
    let journal = journal::journal(&load.entry, name, now.as_ref())?;
    client.run(&format!("analyze {}", journal.own)).await?;
    let restore = journal.restore();
    for mark in &restore.marks {
        client.execute(mark).await?;
    }
    undone.left_alone += number(client, &restore.count_left).await?;
    if !restore.left.is_empty() {
        undone
            .left
            .extend(left(client, &restore.left, &load.entry.key, undone.left.len()).await?);
    }
    for (step, statement) in &restore.steps {
        let touched = client.execute(statement).await?;
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
async fn left(client: &Client, query: &str, key: &[String], named: usize) -> Result<Vec<LeftAlone>> {
    let query = format!("{query} {}", Undone::NAMED.saturating_sub(named));
    let found = client.inner.simple_query(&query).await;
    let found = found.map_err(|error| client.error(&error))?;
    let rows = found.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    Ok(rows
        .map(|row| LeftAlone {
            row: crate::journal::named(key, |at| row.get(at)),
            reason: row.get(key.len()).unwrap_or_default().to_owned(),
        })
        .collect())
}

/// Whether the table is the one that the load left.
async fn unchanged(client: &Client, load: &Kept) -> Result<()> {
    let entry = &load.entry;
    lock(client, &entry.table, "access exclusive").await?;
    match catalog::relation_of(client, &entry.table).await? {
        Some(now) if journal::is_as_made(client, entry, &now).await? => Ok(()),
        _ => Err(changed_since(&entry.table)),
    }
}

/// Takes the table back as a whole.
async fn table(client: &Client, load: &Kept) -> Result<TableFate> {
    let entry = &load.entry;
    match &entry.journal {
        Some(old) => {
            swap::swap(client, old, &entry.table, None).await?;
            Ok(TableFate::SwappedBack)
        }
        None => {
            client.run(&format!("drop table {}", sql::table(&entry.table))).await?;
            Ok(TableFate::Dropped)
        }
    }
}

/// The rows that the run set aside are not set aside any more.
async fn drop_rejects(client: &Client, checkpoints: &Checkpoints, key: &StreamKey, run_id: &str) -> Result<()> {
    let table = sql::table(&checkpoints.rejects());
    let query = format!("select 1 where to_regclass({}) is not null", sql::text(&table));
    if journal::any(client, &query).await? {
        let delete = format!(
            "delete from {table} where {} and run_id = {}",
            of(key),
            sql::text(run_id)
        );
        client.execute(&delete).await?;
    }
    Ok(())
}

async fn number(client: &Client, query: &str) -> Result<u64> {
    let query = format!("select ({query})::bigint");
    let row = client.inner.query_typed_one(&query, &[]).await;
    let row = row.map_err(|error| client.error(&error))?;
    Ok(row.get::<_, i64>(0).max(0).unsigned_abs())
}

/// Waits for the table's lock, a few times so long as `lock_timeout` says.
pub(super) async fn lock(client: &Client, table: &StreamName, mode: &str) -> Result<()> {
    let lock = format!("lock table {} in {mode} mode", sql::table(table));
    for _ in 0..2 {
        match client.run(&format!("savepoint locking; {lock}")).await {
            Err(error) if error.code() == Code::LockTimeout(Side::Destination) => {
                client.run("rollback to savepoint locking").await?;
            }
            locked => return locked,
        }
    }
    client.run(&lock).await
}
