//! What a load keeps so that its run can be taken back.
//!
//! `_syncapp_undo` has a row a load; see [`crate::journal`]. Journal tables declare no types, so that each value lies in
//! them as it is stored. An old table that a new one replaces is kept as its rows and the statements that make it.

use rusqlite::{Connection, OptionalExtension};
use syncapp_connector::{DELETED_AT, Keep, Target, VALID_FROM, VALID_TO};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Epoch, Result, StreamName};

use super::error::At;
use super::merge::{self, Key};
use super::sql::{main_table, quote};
use super::target::Plan;
use super::{catalog, entries, stage};
use crate::hash::fnv;
use crate::journal::{self, Entry, Journal, Kept, Kind, LEFT, Mark, OPERATION, Staged, Vanished};

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
            self.entry.columns = writable(connection, &self.entry.table.name)?;
            self.entry.fingerprint = Some(fingerprint(connection, &self.entry)?);
        }
        if self.entry.says_nothing() {
            return Ok(());
        }
        entries::add(connection, &target.key, &self.keep, &self.entry)
    }
}

/// Makes a journal table.
fn make(connection: &Connection, entry: &Entry, name: &StreamName) -> Result<Journal> {
    let journal = journal(entry, name, &[]);
    let columns = journal.columns.join(", ");
    let create = format!("CREATE TABLE {}({OPERATION}, {LEFT}, {columns})", journal.own);
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

/// The journal of an entry in SQLite's words; columns that came since are to be NULL.
pub(super) fn journal(entry: &Entry, name: &StreamName, added: &[String]) -> Journal {
    let quoted = |names: &[String]| names.iter().map(|name| quote(name)).collect::<Vec<_>>();
    Journal {
        table: main_table(&entry.table.name),
        own: main_table(&name.name),
        columns: quoted(&entry.columns),
        key: quoted(&entry.key),
        identity: quoted(&entry.identity),
        fixed: Vec::new(),
        image: Box::new(image(quoted(&entry.columns), quoted(added))),
        joins: false,
        overriding: "",
    }
}

/// A row as text: two rows have one text only where each value is stored in the same way. A column that came since is
/// NULL in the journal.
fn image(columns: Vec<String>, added: Vec<String>) -> impl Fn(&str) -> String {
    move |alias| {
        let own = columns.iter().map(|name| format!("{alias}.{name}"));
        let new = added.iter().map(|name| {
            if alias == "t" {
                format!("t.{name}")
            } else {
                "NULL".to_owned()
            }
        });
        let texts = own.chain(new).map(|value| {
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
fn fingerprint(connection: &Connection, entry: &Entry) -> Result<String> {
    let image = image(entry.columns.iter().map(|name| quote(name)).collect(), Vec::new())("t");
    let query = format!("SELECT {image} FROM {} AS t", main_table(&entry.table.name));
    let sums = || -> rusqlite::Result<(u64, u64, u64)> {
        let mut statement = connection.prepare(&query)?;
        let mut rows = statement.query([])?;
        let (mut count, mut one, mut other) = (0, 0_u64, 0_u64);
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_bytes()?;
            count += 1;
            one = one.wrapping_add(fnv(bytes, 0));
            other = other.wrapping_add(fnv(bytes, 1));
        }
        Ok((count, one, other))
    };
    let (count, one, other) = sums().writing()?;
    Ok(format!("{count} {one:x} {other:x}"))
}

/// Whether the table still is as a load made it: the same rows, and nothing in columns that came since.
pub(super) fn is_as_made(connection: &Connection, entry: &Entry) -> Result<bool> {
    let added = added_since(connection, entry)?;
    if entry.fingerprint.as_ref() != Some(&fingerprint(connection, entry)?) {
        return Ok(false);
    }
    for name in added {
        let table = main_table(&entry.table.name);
        let filled = format!("SELECT 1 FROM {table} WHERE {} IS NOT NULL LIMIT 1", quote(&name));
        if any(connection, &filled)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The journal of an old table, whose columns are not the new one's.
pub(super) fn of_old(connection: &Connection, entry: &Entry, name: &StreamName) -> Result<Journal> {
    let mut columns = writable(connection, &name.name)?;
    columns.retain(|column| column != OPERATION && column != LEFT);
    let old = Entry {
        columns,
        ..entry.clone()
    };
    Ok(journal(&old, name, &[]))
}

/// The table's columns that came since the load.
pub(super) fn added_since(connection: &Connection, entry: &Entry) -> Result<Vec<String>> {
    entry.added_since(&writable(connection, &entry.table.name)?)
}

fn any(connection: &Connection, query: &str) -> Result<bool> {
    let found: Option<i64> = connection.query_row(query, [], |row| row.get(0)).optional().writing()?;
    Ok(found.is_some())
}

pub(super) fn drop_table(connection: &Connection, name: &StreamName) -> Result<()> {
    let drop = format!("DROP TABLE IF EXISTS {}", main_table(&name.name));
    connection.execute_batch(&drop).writing()
}
