//! What a load keeps so that its run can be taken back.
//!
//! `_syncapp_undo` has a row a load; see [`crate::journal`]. Journal tables declare no types, so that each value lies in
//! them as it is stored. An old table that a new one replaces is kept as its rows and the statements that make it.

use rusqlite::{Connection, OptionalExtension, params};
use syncapp_connector::{DELETED_AT, Keep, Target, VALID_FROM, VALID_TO};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Epoch, Result, StreamKey, StreamName};

use super::error::At;
use super::merge::{self, Key};
use super::sql::{main_table, quote};
use super::target::Plan;
use super::{catalog, stage};
use crate::journal::{self, Entry, Journal, Kept, Kind, LEFT, Mark, OPERATION, Staged, Vanished};

const TABLE: &str = "main._syncapp_undo";

/// A journal that a load fills.
pub(super) struct Keeping {
    entry: Entry,
    keep: Keep,
    name: StreamName,
    /// The journal table, where rows are kept one by one.
    journal: Option<Journal>,
}

impl Keeping {
    /// Begins where the target asks for it.
    pub(super) fn new(target: &Target, epoch: Epoch, plan: &Plan, before: Kept, after: Mark) -> Option<Self> {
        let keep = target.undo.clone()?;
        let table = StreamName::bare(plan.name.clone());
        Some(Self {
            name: journal::name(target, &table, epoch),
            entry: Entry::new(&table, before, after),
            keep,
            journal: None,
        })
    }

    /// Makes the journal table, for rows that a key tells apart, or none does.
    fn open(&mut self, connection: &Connection, key: &[String], history: bool) -> Result<&Journal> {
        self.entry.columns = writable(connection, &self.entry.table.name)?;
        self.entry.key = key.to_vec();
        self.entry.identity = key.to_vec();
        if history {
            self.entry.identity.push(VALID_FROM.into());
        }
        let made = make(connection, &self.entry, &self.name)?;
        Ok(self.journal.insert(made))
    }

    /// Keeps what a merge or a history is about to change.
    pub(super) fn before_keyed(
        &mut self,
        connection: &Connection,
        (target, plan): (&Target, &Plan),
        key: &Key,
        deletes: DeleteRule,
    ) -> Result<()> {
        let history = target.write == Write::History;
        let journal = self.open(connection, &key.plain(), history)?;
        let rows = stage::table();
        let staged = Staged {
            table: &rows,
            key: key.columns().to_vec(),
            meets: key.meets(),
            differs: merge::differs(target, plan),
        };
        let (mark, to) = (quote(DELETED_AT), quote(VALID_TO));
        let statements = if history {
            journal.before_history(&staged, &to, deletes != DeleteRule::Ignore)
        } else {
            journal.before_merge(
                &staged,
                match deletes {
                    DeleteRule::Ignore => Vanished::Stay,
                    DeleteRule::Soft => Vanished::Marked(&mark),
                    DeleteRule::Hard => Vanished::Deleted,
                },
            )
        };
        for statement in statements {
            connection.execute(&statement, []).writing()?;
        }
        if any(connection, &journal.ambiguous())? {
            return Err(journal::ambiguous(&self.entry.table));
        }
        Ok(())
    }

    /// Keeps the rows that are about to be deleted, all or none, and those that will be inserted.
    pub(super) fn unkeyed(&mut self, connection: &Connection, plan: &Plan, refills: bool) -> Result<()> {
        if let Some(column) = fills_itself(connection, plan)? {
            return Err(journal::fills_itself(&self.entry.table, &column));
        }
        let journal = self.open(connection, &[], false)?;
        if refills {
            connection.execute(&journal.before_refill(), []).writing()?;
        }
        let columns: Vec<String> = plan.columns.iter().map(|column| quote(&column.name)).collect();
        let staged: Vec<String> = (0..plan.columns.len()).map(|at| format!("c{at}")).collect();
        let inserted = journal.inserted(&columns, &stage::table(), &staged);
        connection.execute(&inserted, []).writing()?;
        Ok(())
    }

    /// Keeps a table that a new one is about to replace.
    pub(super) fn replaced(&mut self, connection: &Connection) -> Result<()> {
        let table = self.entry.table.name.clone();
        self.entry.kind = Kind::Swapped;
        self.entry.columns = writable(connection, &table)?;
        self.entry.journal = Some(self.name.clone());
        self.entry.definition = connection
            .prepare(
                "SELECT sql FROM main.sqlite_schema WHERE tbl_name = ?1 AND type IN ('table', 'index') AND sql IS NOT NULL
                 ORDER BY type = 'index', rowid",
            )
            .and_then(|mut statement| statement.query_map([&table], |row| row.get(0))?.collect())
            .writing()?;
        let old = make(connection, &self.entry, &self.name)?;
        connection.execute(&old.before_refill(), []).writing()?;
        Ok(())
    }

    /// Keeps what has changed, and writes the entry, unless the load changed nothing.
    pub(super) fn finish(mut self, connection: &Connection, target: &Target, made: bool) -> Result<()> {
        if let Some(journal) = &self.journal {
            if !journal.key.is_empty() {
                let to = quote(VALID_TO);
                for statement in journal.after((target.write == Write::History).then_some(to.as_str())) {
                    connection.execute(&statement, []).writing()?;
                }
            }
            if any(connection, &journal.any())? {
                self.entry.journal = Some(self.name.clone());
            } else {
                drop_table(connection, &self.name)?;
            }
        }
        if made {
            self.entry.kind = Kind::Made;
        }
        if self.entry.kind != Kind::Rows {
            let columns = writable(connection, &self.entry.table.name)?;
            self.entry.fingerprint = Some(fingerprint(connection, &self.entry.table, &columns)?);
        }
        if self.entry.says_nothing() {
            return Ok(());
        }
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {TABLE}(seq INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL,
             sync TEXT NOT NULL, stream TEXT NOT NULL, run_id TEXT NOT NULL, until INTEGER NOT NULL, entry TEXT NOT NULL)"
        );
        connection.execute_batch(&create).writing()?;
        let insert =
            format!("INSERT INTO {TABLE}(project, sync, stream, run_id, until, entry) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        let StreamKey { project, sync, stream } = &target.key;
        let Keep { run_id, until } = &self.keep;
        let spelled = self.entry.spell()?;
        connection
            .execute(&insert, params![project, sync, stream, run_id, until, spelled])
            .writing()?;
        Ok(())
    }
}

/// Makes a journal table.
fn make(connection: &Connection, entry: &Entry, name: &StreamName) -> Result<Journal> {
    let journal = journal(entry, name);
    let columns = journal.columns.join(", ");
    let create = format!("CREATE TABLE {}({OPERATION}, {LEFT}, {columns})", journal.journal);
    connection.execute_batch(&create).writing()?;
    if !journal.identity.is_empty() {
        let index = format!(
            "CREATE INDEX main.{} ON {}({})",
            quote(&format!("{}_key", name.name)),
            quote(&name.name),
            journal.identity.join(", ")
        );
        connection.execute_batch(&index).writing()?;
    }
    Ok(journal)
}

/// The columns of a table that can be written.
fn writable(connection: &Connection, name: &str) -> Result<Vec<String>> {
    let table = catalog::table(connection, name).writing()?;
    let columns = table.into_iter().flat_map(|table| table.columns);
    Ok(columns
        .filter(|column| !column.generated)
        .map(|column| column.name)
        .collect())
}

/// A column that the load does not write, and that is not NULL all the same.
fn fills_itself(connection: &Connection, plan: &Plan) -> Result<Option<String>> {
    let Some(table) = &plan.table else { return Ok(None) };
    let mut statement = connection
        .prepare(
            "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0 AND (dflt_value IS NOT NULL OR pk > 0)",
        )
        .writing()?;
    let names: rusqlite::Result<Vec<String>> = statement
        .query_map([&table.name], |row| row.get(0))
        .and_then(Iterator::collect);
    let written = |name: &String| plan.columns.iter().any(|column| column.name == *name);
    Ok(names.writing()?.into_iter().find(|name| !written(name)))
}

/// The journal of an entry in SQLite's words.
pub(super) fn journal(entry: &Entry, name: &StreamName) -> Journal {
    let quoted = |names: &[String]| names.iter().map(|name| quote(name)).collect::<Vec<_>>();
    let columns = quoted(&entry.columns);
    Journal {
        table: main_table(&entry.table.name),
        journal: main_table(&name.name),
        key: quoted(&entry.key),
        identity: quoted(&entry.identity),
        image: Box::new(image(columns.clone())),
        columns,
        joins: false,
        overriding: "",
    }
}

/// A row as text: two rows have one text only where each value is stored in the same way.
fn image(columns: Vec<String>) -> impl Fn(&str) -> String {
    move |alias| {
        let texts = columns.iter().map(|name| {
            let value = format!("{alias}.{name}");
            format!(
                "CASE WHEN typeof({value}) IN ('text', 'blob') THEN substr(typeof({value}), 1, 1) || hex({value}) \
                 ELSE quote({value}) END"
            )
        });
        concatenated(&texts.collect::<Vec<_>>())
    }
}

/// Texts with bars between them. SQLite bounds the depth of an expression: this one's grows with their logarithm.
fn concatenated(texts: &[String]) -> String {
    match texts {
        [] => "''".into(),
        [only] => format!("({only})"),
        several => {
            let (left, right) = several.split_at(several.len() / 2);
            format!("({} || '|' || {})", concatenated(left), concatenated(right))
        }
    }
}

/// All rows of a table as one value.
pub(super) fn fingerprint(connection: &Connection, table: &StreamName, columns: &[String]) -> Result<String> {
    let image = image(columns.iter().map(|name| quote(name)).collect())("t");
    let query = format!("SELECT {image} FROM {} AS t", main_table(&table.name));
    let sums = || -> rusqlite::Result<(u64, u64, u64)> {
        let mut statement = connection.prepare(&query)?;
        let mut rows = statement.query([])?;
        let (mut count, mut one, mut other) = (0, 0_u64, 0_u64);
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_bytes()?;
            count += 1;
            one = one.wrapping_add(journal::hash(bytes, 0));
            other = other.wrapping_add(journal::hash(bytes, 1));
        }
        Ok((count, one, other))
    };
    let (count, one, other) = sums().writing()?;
    Ok(format!("{} {count} {one:x} {other:x}", columns.join(",")))
}

/// Its fingerprint now.
pub(super) fn fingerprint_now(connection: &Connection, entry: &Entry) -> Result<String> {
    fingerprint(connection, &entry.table, &writable(connection, &entry.table.name)?)
}

fn any(connection: &Connection, query: &str) -> Result<bool> {
    let found: Option<i64> = connection.query_row(query, [], |row| row.get(0)).optional().writing()?;
    Ok(found.is_some())
}

fn drop_table(connection: &Connection, name: &StreamName) -> Result<()> {
    let drop = format!("DROP TABLE IF EXISTS {}", main_table(&name.name));
    connection.execute_batch(&drop).writing()
}

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
