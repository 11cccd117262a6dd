//! Taking a run back, stream by stream.
//!
//! Rows are taken back in one transaction. A table that the run made or put in the place of another one is taken back
//! by one `RENAME TABLE`, between an intent and its end as a swap is: a marker table is renamed with it, so that whoever
//! claims the stream next knows by the marker whether it happened, and drops it where it has not.

use syncapp_connector::{LeftAlone, TableFate, UndoRequest, Undone};
use syncapp_model::{Code, Epoch, Error, Result, StreamKey, StreamName};

use super::catalog;
use super::checkpoint::{self, Checkpoints, of};
use super::client::{Client, number, optional, text};
use super::entries::{self, Entries, Row};
use super::intent::{self, Intent, TakenBack};
use super::journal;
use super::swap::{patiently, waiting};
use super::{errors, recover, sql};
use crate::journal::{Kind, Step, changed_since, later_runs, moved_on, named};

/// Takes a run back.
pub(super) async fn undo(client: &mut Client, request: &UndoRequest) -> Result<Vec<Undone>> {
    let query = format!(
        "select table_schema from information_schema.tables where table_name = {} order by 1",
        sql::text(Entries::TABLE)
    );
    let mut undone = Vec::new();
    for place in client.rows(&query).await? {
        let checkpoints = Checkpoints::within(&text(&place, 0));
        let entries = Entries::beside(&checkpoints);
        // What was killed in the middle of a swap comes to its end first.
        if !request.dry_run {
            for (key, table) in intent::pending(client, &checkpoints, &request.run_id).await? {
                recover::claim(client, &checkpoints, &key, &table).await?;
            }
        }
        let kept = entries.of_run(client, &request.run_id).await?;
        let mut keys: Vec<&StreamKey> = Vec::new();
        for load in &kept {
            if !keys.contains(&&load.key) {
                keys.push(&load.key);
            }
        }
        for key in keys {
            let loads: Vec<&Row> = kept.iter().filter(|load| load.key == *key).collect();
            let stream = Stream {
                checkpoints: &checkpoints,
                entries: &entries,
                loads: &loads,
                request,
            };
            let taken = stream.take_back(client).await;
            if taken.is_err() {
                // A failure to roll back ends the connection, which rolls back as well.
                let _ = client.run("rollback").await;
            }
            undone.push(taken?);
        }
    }
    Ok(undone)
}

/// The loads of one stream, the last one first.
struct Stream<'a> {
    checkpoints: &'a Checkpoints,
    entries: &'a Entries,
    loads: &'a [&'a Row],
    request: &'a UndoRequest,
}

impl Stream<'_> {
    fn key(&self) -> &StreamKey {
        &self.loads[0].key
    }

    fn seqs(&self) -> Vec<i64> {
        self.loads.iter().map(|load| load.seq).collect()
    }

    async fn take_back(&self, client: &mut Client) -> Result<Undone> {
        let (last, first) = (self.loads[0], self.loads[self.loads.len() - 1]);
        client.run("start transaction").await?;
        self.hold_rows(client).await?;
        // From here until the end no other run of the stream gets through.
        let (epoch, now) = self.checkpoints.raise(client, self.key()).await?;
        let later = self.entries.later(client, last, &self.request.run_id).await?;
        if !later.is_empty() {
            return Err(later_runs(self.key(), &later));
        }
        if now != last.entry.after {
            return Err(moved_on(self.key()));
        }
        let mut undone = Undone::new(self.key().clone(), last.entry.table.to_string());
        let mut journals = Vec::new();
        let mut whole = None;
        let all = self.fingerprint(client, &last.entry.table).await?;
        for load in self.loads {
            match load.entry.kind {
                Kind::Rows => rows(client, load, &mut undone).await?,
                Kind::Made | Kind::Swapped => {
                    unchanged(client, load).await?;
                    undone.table = if load.entry.kind == Kind::Made {
                        TableFate::Dropped
                    } else {
                        TableFate::SwappedBack
                    };
                    whole = Some(*load);
                }
            }
            journals.extend(load.entry.journal.clone());
        }
        if self.request.dry_run {
            client.run("rollback").await?;
            return Ok(undone);
        }
        match whole {
            None => {
                let taken = self.taken(first);
                end(client, self.checkpoints, self.entries, self.key(), &taken).await?;
                client.run("commit").await?;
            }
            // What becomes of the rows in the table that goes does not matter any more.
            Some(load) => {
                client.run("rollback").await?;
                self.rename(client, load, epoch, all).await?;
            }
        }
        entries::drop_tables(client, &journals).await;
        Ok(undone)
    }

    /// Where every row counts, they stay as they are until the end. Before anything is read without a lock: what is read so
    /// is then as new as the locks.
    async fn hold_rows(&self, client: &mut Client) -> Result<()> {
        let unkeyed = |load: &&&Row| load.entry.kind == Kind::Rows && load.entry.key.is_empty();
        for load in self.loads.iter().filter(unkeyed) {
            let table = &load.entry.table;
            let all = format!("select count(*) from {} lock in share mode", sql::table(table));
            match client.run(&all).await {
                Err(error) if errors::is_unknown_table(&error) => return Err(changed_since(table)),
                held => held?,
            }
        }
        Ok(())
    }

    /// All rows of a table as one value, where the whole of it is to be taken back.
    async fn fingerprint(&self, client: &mut Client, table: &StreamName) -> Result<Option<String>> {
        if self.loads.iter().all(|load| load.entry.kind == Kind::Rows) {
            return Ok(None);
        }
        match catalog::relation_of(client, table).await? {
            Some(relation) => {
                let columns = journal::writable(&relation);
                journal::fingerprint(client, &relation, &columns).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// What holds at the end.
    fn taken(&self, first: &Row) -> TakenBack {
        TakenBack {
            run_id: self.request.run_id.clone(),
            table: first.entry.table.clone(),
            loads: self.seqs(),
            before: first.entry.before.clone(),
        }
    }

    /// Takes the table away, and puts the old one in its place where there was one.
    async fn rename(&self, client: &mut Client, load: &Row, epoch: Epoch, all: Option<String>) -> Result<()> {
        let (key, entry) = (self.key(), &load.entry);
        let marker = waiting("stage", &entry.table, key, epoch);
        let aside = |what: &str| waiting(what, &entry.table, key, epoch);
        let (gone, spent) = (
            aside("old"),
            StreamName {
                name: format!("{}_", aside("old").name),
                ..aside("old")
            },
        );
        let [marked, left] = [&marker, &spent].map(sql::table);
        client.run(&format!("drop table if exists {marked}")).await?;
        client
            .run(&format!("create table {marked} (`it` int) engine = InnoDB"))
            .await?;
        client.run("start transaction").await?;
        let (epoch, now) = self.checkpoints.raise(client, key).await?;
        if now != self.loads[0].entry.after {
            return Err(moved_on(key));
        }
        let taken = self.taken(load);
        let intent = Intent::to_take_back(&marked, &taken);
        self.checkpoints.intend(client, key, epoch, Some(&intent)).await?;
        client.run("commit").await?;
        let table = sql::table(&entry.table);
        let back = entry
            .journal
            .as_ref()
            .map_or_else(String::new, |old| format!("{} to {table}, ", sql::table(old)));
        let rename = format!(
            "rename table {table} to {}, {back}{marked} to {left}",
            sql::table(&gone)
        );
        if let Err(error) = patiently(client, &rename).await {
            if !error.is_transient() || error.code() == Code::LockTimeout(client.side) {
                self.checkpoints.intend(client, key, epoch, None).await?;
                client.run(&format!("drop table if exists {marked}")).await?;
            }
            return Err(error);
        }
        // Nobody writes a table that nobody knows: what came until the rename shows now, and stays.
        if self.fingerprint(client, &gone).await? != all {
            let forth = entry
                .journal
                .as_ref()
                .map_or_else(String::new, |old| format!("{table} to {}, ", sql::table(old)));
            let rename = format!(
                "rename table {forth}{} to {table}, {left} to {marked}",
                sql::table(&gone)
            );
            patiently(client, &rename).await?;
            self.checkpoints.intend(client, key, epoch, None).await?;
            client.run(&format!("drop table if exists {marked}")).await?;
            return Err(changed_since(&entry.table));
        }
        client.run("start transaction").await?;
        self.checkpoints.stands(client, key, epoch).await?;
        end(client, self.checkpoints, self.entries, key, &taken).await?;
        client.run("commit").await?;
        entries::drop_tables(client, &[gone, spent]).await;
        Ok(())
    }
}

/// Writes what holds when a run is taken back, in the caller's transaction.
pub(super) async fn end(
    client: &mut Client,
    checkpoints: &Checkpoints,
    entries: &Entries,
    key: &StreamKey,
    taken: &TakenBack,
) -> Result<()> {
    entries.forget(client, &taken.loads).await?;
    checkpoints.put_back(client, key, &taken.before).await?;
    let rejects = checkpoints.rejects();
    if checkpoint::exists(client, &rejects).await? {
        let delete = format!(
            "delete from {} where {} and `run_id` = {}",
            sql::table(&rejects),
            of(key),
            sql::text(&taken.run_id)
        );
        client.run(&delete).await?;
    }
    Ok(())
}

/// Takes rows back one by one.
async fn rows(client: &mut Client, load: &Row, undone: &mut Undone) -> Result<()> {
    let entry = &load.entry;
    let Some(name) = &entry.journal else { return Ok(()) };
    let Some(relation) = catalog::relation_of(client, &entry.table).await? else {
        return Err(changed_since(&entry.table));
    };
    let journal = journal::journal(entry, &relation, name)?;
    let restore = journal.restore();
    for mark in &restore.marks {
        client.execute(mark).await?;
    }
    let left = client.rows(&restore.count_left).await?;
    undone.left_alone += left.first().map_or(0, |row| number(row, 0)).max(0).unsigned_abs();
    if !restore.left.is_empty() {
        let room = Undone::NAMED.saturating_sub(undone.left.len());
        let rows = client.rows(&format!("{} {room}", restore.left)).await?;
        undone.left.extend(rows.iter().map(|row| {
            let values: Vec<Option<String>> = (0..entry.key.len()).map(|at| spelled(row, at)).collect();
            LeftAlone {
                row: named(&entry.key, |at| values.get(at)?.as_deref()),
                reason: text(row, entry.key.len()),
            }
        }));
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

/// A key's value as text.
fn spelled(row: &mysql_async::Row, at: usize) -> Option<String> {
    optional(row, at).or_else(|| Some(row.as_ref(at)?.as_sql(true)))
}

/// Whether the table is the one that the load left, and nothing else needs it.
async fn unchanged(client: &mut Client, load: &Row) -> Result<()> {
    let entry = &load.entry;
    let Some(relation) = catalog::relation_of(client, &entry.table).await? else {
        return Err(changed_since(&entry.table));
    };
    let referred = format!(
        "select 1 from information_schema.key_column_usage where referenced_table_schema = {0} \
         and referenced_table_name = {1} and (table_schema, table_name) <> ({0}, {1}) limit 1",
        sql::text(entry.table.namespace.as_deref().unwrap_or_default()),
        sql::text(&entry.table.name)
    );
    if client.any(&referred).await? {
        let why = format!("other tables refer to {}, so it cannot be taken away", entry.table);
        return Err(Error::new(Code::Dependents, why).help("drop their foreign keys first; nothing was taken back"));
    }
    if journal::is_as_made(client, entry, &relation).await? {
        Ok(())
    } else {
        Err(changed_since(&entry.table))
    }
}
