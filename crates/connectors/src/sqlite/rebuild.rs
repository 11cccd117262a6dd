//! A table that SyncApp made, with wider columns: SQLite changes no column's type, so the table is made again.
//!
//! By SQLite's own procedure, in the load's transaction: a table beside the old one takes its rows and then its name,
//! and what hung on the old one is made again from its own text. Views, and foreign keys of other tables, find the
//! table by its name. Dropping it would make those foreign keys act, so a load that does so watches over none: before
//! its commit it looks for rows that refer to nothing, and fails where there are any that there were not before.

use rusqlite::Connection;
use syncapp_connector::TargetChange;
use syncapp_model::{Code, DataType, Error, Result};

use super::catalog::{Table, TableColumn};
use super::error::At;
use super::sql::{STAGE, definition, joined, main_table, quote};
use super::target::Plan;
use super::types::{self, Affinity, Declared};

/// A table's columns as they are and become.
pub(super) struct Rebuild<'a> {
    table: &'a Table,
    columns: Vec<Becomes>,
    changes: Vec<TargetChange>,
}

struct Becomes {
    declared: String,
    nullable: bool,
    /// The column's value in the old table.
    value: String,
}

impl<'a> Rebuild<'a> {
    /// A table that stays as it is so far.
    pub(super) fn of(table: &'a Table) -> Self {
        let columns = table.columns.iter().map(|is| Becomes {
            declared: types::unquoted(&is.declared).to_owned(),
            nullable: is.nullable,
            value: quote(&is.name),
        });
        Self {
            table,
            columns: columns.collect(),
            changes: Vec::new(),
        }
    }

    fn column(&mut self, is: &TableColumn) -> Option<&mut Becomes> {
        let at = self.table.columns.iter().position(|column| column.name == is.name)?;
        self.columns.get_mut(at)
    }

    /// Gives a column a type that holds all its values and more.
    pub(super) fn widen(&mut self, is: &TableColumn, declared: &str) {
        let value = respelled(is, declared);
        if let Some(column) = self.column(is) {
            declared.clone_into(&mut column.declared);
            column.value = value;
            self.changes.push(TargetChange::Widen {
                column: is.name.clone(),
                from: types::unquoted(&is.declared).to_owned(),
                to: declared.to_owned(),
                sql: String::new(),
            });
        }
    }

    /// Lets a column take NULL.
    pub(super) fn relax(&mut self, is: &TableColumn) {
        if let Some(column) = self.column(is) {
            column.nullable = true;
            self.changes.push(TargetChange::Relax {
                column: is.name.clone(),
                sql: String::new(),
            });
        }
    }

    /// The changes, of which the first does what all say. `hung` are the statements that made what hangs on the table.
    pub(super) fn changes(mut self, hung: &[String]) -> Vec<TargetChange> {
        let whole = self.sql(hung);
        if let Some(TargetChange::Widen { sql, .. } | TargetChange::Relax { sql, .. }) = self.changes.first_mut() {
            *sql = whole;
        }
        self.changes
    }

    fn sql(&self, hung: &[String]) -> String {
        let (old, new) = (main_table(&self.table.name), main_table("_syncapp_wider"));
        let names = || self.table.columns.iter().map(|is| &is.name);
        let columns = joined(names().zip(&self.columns), ",\n  ", |(name, becomes)| {
            definition(name, &becomes.declared, becomes.nullable)
        });
        let into = joined(names(), ", ", |name| quote(name));
        let values = joined(&self.columns, ", ", |becomes| becomes.value.clone());
        let hung = joined(hung, "", |sql| format!(";\n{sql}"));
        format!(
            "CREATE TABLE {new} (\n  {columns}\n);\nINSERT INTO {new} ({into}) SELECT {values} FROM {old};\n\
             DROP TABLE {old};\nALTER TABLE {new} RENAME TO {}{hung}",
            quote(&self.table.name)
        )
    }
}

/// A column's value as it is spelled in the wider one: decimals that are kept as text have as many digits as their type
/// says, so that rows that did not change are no other ones.
fn respelled(is: &TableColumn, declared: &str) -> String {
    let value = quote(&is.name);
    let scale = |declared: &str| match types::meaning(declared) {
        Declared::Is(DataType::Decimal { scale, .. }) if Affinity::of(types::unquoted(declared)) == Affinity::Text => {
            Some(usize::from(scale))
        }
        _ => None,
    };
    match (scale(&is.declared), scale(declared)) {
        (Some(before), Some(after)) if before < after => {
            let point = format!("instr({value}, '.')");
            let spelled = if before == 0 {
                format!("{point} = 0")
            } else {
                format!("{point} > 0 AND {point} = length({value}) - {before}")
            };
            // What someone else wrote may be no plain decimal.
            let spelled = format!("typeof({value}) = 'text' AND {value} NOT GLOB '*[^0-9.-]*' AND {spelled}");
            let (point, zeros) = (if before == 0 { "." } else { "" }, "0".repeat(after - before));
            format!("CASE WHEN {spelled} THEN {value} || '{point}{zeros}' ELSE {value} END")
        }
        _ => value,
    }
}

/// Makes the changes of a table that stays.
pub(super) fn alter(connection: &Connection, plan: &Plan) -> Result<()> {
    let rename = |legacy: &str| {
        let pragma = format!("PRAGMA legacy_alter_table = {legacy}");
        connection.execute_batch(&pragma).writing()
    };
    // Views cannot find the table at the moment when it gets its name, and nothing else may be looked for in them then.
    if plan.rebuilds() {
        rename("ON")?;
    }
    for change in &plan.changes {
        connection.execute_batch(change.sql()).writing()?;
    }
    rename("OFF")
}

/// Keeps foreign keys from acting, before the transaction of a load that makes a table again to which they point.
pub(super) fn release(connection: &Connection, plan: &Plan) -> Result<()> {
    if plan.rebuilds() && plan.referenced {
        connection.execute_batch("PRAGMA foreign_keys = OFF").writing()?;
    }
    Ok(())
}

/// The rows of other tables that refer to nothing in one that is made again.
pub(super) struct Dangling {
    table: String,
}

const DANGLING: &str = "SELECT \"table\", rowid, fkid FROM pragma_foreign_key_check WHERE parent = ?1 COLLATE NOCASE";

impl Dangling {
    /// Remembers those that there are, where the load keeps foreign keys from acting.
    pub(super) fn before(connection: &Connection, plan: &Plan) -> Result<Option<Self>> {
        if !(plan.rebuilds() && plan.referenced) {
            return Ok(None);
        }
        let acts: bool = connection
            .query_row("PRAGMA foreign_keys", [], |row| row.get(0))
            .writing()?;
        if acts {
            return Err(Error::new(
                Code::Conflict,
                format!("foreign keys came to point to `{}` while the load ran", plan.name),
            )
            .help("run the sync again"));
        }
        let keep = format!("CREATE TABLE {STAGE}.dangling(child, number, fkid)");
        connection.execute_batch(&keep).writing()?;
        let fill = format!("INSERT INTO {STAGE}.dangling {DANGLING}");
        connection.execute(&fill, [&plan.name]).writing()?;
        Ok(Some(Self {
            table: plan.name.clone(),
        }))
    }

    /// Fails where the load left more of them.
    pub(super) fn after(&self, connection: &Connection) -> Result<()> {
        let more = format!("SELECT EXISTS ({DANGLING} EXCEPT SELECT child, number, fkid FROM {STAGE}.dangling)");
        let more: bool = connection.query_row(&more, [&self.table], |row| row.get(0)).writing()?;
        if more {
            return Err(Error::new(
                Code::Dependents,
                format!(
                    "rows of other tables refer to rows of `{}` that go, in a load that also changes its columns",
                    self.table
                ),
            )
            .help(
                "the target is as it was; run once with `deletes: ignore`, which changes the columns, and then again",
            ));
        }
        Ok(())
    }
}
