//! Merging staged rows into a table by their key.

use rusqlite::{Connection, OptionalExtension};
use syncapp_connector::{DELETED_AT, Receipt, Role, Target};
use syncapp_model::{Code, DataType, Error, Result};

use super::error::At;
use super::order::{self, Order};
use super::sql::{joined, main_table, quote};
use super::stage;
use super::target::{self, Plan};
use crate::cells::text;

/// The key's columns: in the staging table, and in the target.
pub(super) struct Key {
    staged: Vec<String>,
    named: Vec<String>,
}

impl Key {
    /// Of a target's columns by their names.
    pub(super) fn new(target: &Target, plan: &Plan, names: &[String]) -> Result<Self> {
        let mut key = Self {
            staged: Vec::new(),
            named: Vec::new(),
        };
        for name in names {
            key.staged.push(stage::column(target, name)?.0);
            let at = target.columns.iter().position(|column| column.name == *name);
            key.named.extend(at.map(|at| quote(&plan.columns[at].name)));
        }
        Ok(key)
    }

    /// Rows of one key. The staged column stands first: its collation, which tells all texts apart, decides.
    pub(super) fn meets(&self) -> String {
        joined(self.staged.iter().zip(&self.named), " AND ", |(staged, named)| {
            format!("s.{staged} = t.{named}")
        })
    }

    /// The target's columns by their bare names.
    pub(super) fn plain(&self) -> Vec<String> {
        let bare = |name: &String| name[1..name.len() - 1].replace("\"\"", "\"");
        self.named.iter().map(bare).collect()
    }

    /// The staged columns.
    pub(super) fn columns(&self) -> &[String] {
        &self.staged
    }

    /// Staged rows of one key, one of them under another name.
    pub(super) fn met_by(&self, other: &str) -> String {
        joined(&self.staged, " AND ", |staged| format!("{other}.{staged} = s.{staged}"))
    }

    fn staged(&self) -> String {
        self.staged.join(", ")
    }

    /// The target's columns, as SQL.
    pub(super) fn named(&self) -> String {
        self.named.join(", ")
    }
}

/// Leaves one staged row a key: that of the greatest cursor. Equal rows count as one; rows that contradict each other
/// are an error.
pub(super) fn deduplicate(connection: &Connection, target: &Target, key: &Key) -> Result<()> {
    let (rows, columns) = (stage::table(), key.staged());
    let index = format!("CREATE INDEX {}.staged_key ON rows({columns})", super::sql::STAGE);
    connection.execute_batch(&index).writing()?;
    if target.distinct {
        return Ok(());
    }
    let twice = format!("SELECT EXISTS (SELECT 1 FROM {rows} GROUP BY {columns} HAVING count(*) > 1)");
    if !connection
        .query_row(&twice, [], |row| row.get::<_, bool>(0))
        .writing()?
    {
        return Ok(());
    }
    if let Some(cursor) = &target.cursor {
        let (column, ty) = stage::column(target, cursor)?;
        let order = Order::of(&ty).map_or(column.clone(), |order| order.expression(&column));
        let sql = format!(
            "DELETE FROM {rows} WHERE rowid IN (SELECT rowid FROM (
                 SELECT rowid, rank() OVER (PARTITION BY {columns} ORDER BY {order} DESC NULLS LAST) AS place FROM {rows}
             ) WHERE place > 1)"
        );
        connection.execute(&sql, []).writing()?;
    }
    let quoted = joined(&key.staged, " || ', ' || ", |column| format!("quote({column})"));
    let sql =
        format!("SELECT {quoted} FROM (SELECT DISTINCT * FROM {rows}) GROUP BY {columns} HAVING count(*) > 1 LIMIT 1");
    let torn: Option<String> = connection.query_row(&sql, [], |row| row.get(0)).optional().writing()?;
    if let Some(values) = torn {
        let (why, help) = match &target.cursor {
            Some(cursor) => (
                format!("two different rows have the key ({values}) and the same `{cursor}`"),
                "choose a cursor that grows with every change, or a key that tells the rows apart",
            ),
            None => (
                format!("two different rows have the key ({values})"),
                "choose a key that tells the rows apart, or a cursor whose greatest value wins",
            ),
        };
        return Err(Error::new(Code::DuplicateKey, why)
            .help(help)
            .stream(&target.key.stream)
            .row(values));
    }
    let copies = format!("DELETE FROM {rows} WHERE rowid NOT IN (SELECT min(rowid) FROM {rows} GROUP BY {columns})");
    connection.execute(&copies, []).writing()?;
    Ok(())
}

/// Updates the rows that differ and inserts those whose key is new. `rows` are the staged ones, or a query of some.
pub(super) fn merge(connection: &Connection, target: &Target, plan: &Plan, key: &Key, rows: &str) -> Result<Receipt> {
    let (table, meets) = (main_table(&plan.name), key.meets());
    let mut receipt = Receipt::default();
    let others: Vec<(usize, String)> = plan
        .columns
        .iter()
        .map(|column| quote(&column.name))
        .enumerate()
        .filter(|(_, name)| !key.named.contains(name))
        .collect();
    if !others.is_empty() {
        let set = joined(&others, ", ", |(at, name)| format!("{name} = s.c{at}"));
        let differs = differs(target, plan);
        let sql = format!("UPDATE {table} AS t SET {set} FROM {rows} AS s WHERE {meets} AND {differs}");
        receipt.updated = connection.execute(&sql, []).writing()? as u64;
    }
    let names = joined(&plan.columns, ", ", |column| quote(&column.name));
    let staged = joined(0..plan.columns.len(), ", ", |at| format!("s.c{at}"));
    let first = &key.named[0];
    // A join, unlike a subquery, has its index made once where the table has none on the key.
    let sql = format!(
        "INSERT INTO {table} ({names}) SELECT {staged} FROM {rows} AS s
         LEFT JOIN {table} AS t ON {meets} WHERE t.{first} IS NULL"
    );
    receipt.inserted = connection.execute(&sql, []).writing()? as u64;
    Ok(receipt)
}

/// The index by which the next merge finds its rows.
pub(super) fn index(plan: &Plan, key: &Key) -> String {
    format!(
        "CREATE UNIQUE INDEX IF NOT EXISTS {} ON {}({})",
        target::key_index(&plan.name),
        quote(&plan.name),
        key.named()
    )
}

/// Whether a staged row under another name is another one than the staged row.
pub(super) fn contradicts(target: &Target, other: &str) -> String {
    let data = target.columns.iter().enumerate();
    let data = data.filter(|(_, column)| column.role == Role::Data);
    let (others, these): (Vec<String>, Vec<String>) = data
        .map(|(at, column)| {
            let side = |of: &str| told_apart(&column.ty, format!("{of}.c{at}"));
            (side(other), side("s"))
        })
        .unzip();
    format!("({}) IS NOT ({})", others.join(", "), these.join(", "))
}

/// Whether a row of the table is another one than the staged row: whether any of the mapped columns differs.
pub(super) fn differs(target: &Target, plan: &Plan) -> String {
    let data = target
        .columns
        .iter()
        .zip(&plan.columns)
        .enumerate()
        .filter(|(_, (column, _))| column.role == Role::Data);
    let sides: (Vec<String>, Vec<String>) = data
        .map(|(at, (column, planned))| {
            let (is, comes) = (format!("t.{}", quote(&planned.name)), format!("s.c{at}"));
            (told_apart(&column.ty, is), told_apart(&column.ty, comes))
        })
        .unzip();
    format!("({}) IS NOT ({})", sides.0.join(", "), sides.1.join(", "))
}

/// Marks the rows whose key was not staged, and that are not marked yet.
pub(super) fn mark_vanished(connection: &Connection, target: &Target, plan: &Plan, key: &Key) -> Result<u64> {
    let mark = quote(DELETED_AT);
    let sql = format!(
        "UPDATE {} AS t SET {mark} = ?1 WHERE t.{mark} IS NULL AND NOT EXISTS (SELECT 1 FROM {} AS s WHERE {})",
        main_table(&plan.name),
        stage::table(),
        key.meets()
    );
    Ok(connection.execute(&sql, [text::moment(target.moment)]).writing()? as u64)
}

/// Deletes the rows whose key was not staged.
pub(super) fn delete_vanished(connection: &Connection, plan: &Plan, key: &Key) -> Result<u64> {
    let sql = format!(
        "DELETE FROM {} AS t WHERE NOT EXISTS (SELECT 1 FROM {} AS s WHERE {})",
        main_table(&plan.name),
        stage::table(),
        key.meets()
    );
    Ok(connection.execute(&sql, []).writing()? as u64)
}

/// A column in a form whose differences are all seen: SQLite takes both zeros for equal, and the texts of a column
/// with a collation of its own.
fn told_apart(ty: &DataType, column: String) -> String {
    match ty {
        DataType::Float32 | DataType::Float64 => {
            format!(
                "(CASE WHEN {column} = 0 THEN {}({column}) ELSE {column} END)",
                order::ZERO
            )
        }
        DataType::Bool | DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Binary => column,
        _ => format!("{column} COLLATE BINARY"),
    }
}
