//! Staged rows into a history: every version of a row is kept, with the time from which and to which it was current.
//!
//! A key has one current version at the most, whose end is NULL. Staged rows carry the run's moment as their beginning.
//! A row that is as its current version says changes nothing, so that the same rows may come again; a second version
//! within one run replaces the first.

use rusqlite::Connection;
use syncapp_connector::{Receipt, Target, VALID_FROM, VALID_TO};
use syncapp_model::Result;
use syncapp_model::sync_file::DeleteRule;

use super::error::At;
use super::merge::{self, Key};
use super::sql::{joined, main_table, quote};
use super::stage;
use super::target::{self, Plan};
use crate::cells::text;

/// Brings a history up to the staged rows: `rows`, or a query of some.
pub(super) fn apply(connection: &Connection, target: &Target, plan: &Plan, key: &Key, rows: &str) -> Result<Receipt> {
    let (table, meets) = (main_table(&plan.name), key.meets());
    let (from, to) = (quote(VALID_FROM), quote(VALID_TO));
    let begun = stage::column(target, VALID_FROM)?.0;
    let current = format!("{meets} AND t.{to} IS NULL");
    let differs = merge::differs(target, plan);
    let execute = |sql: &str| connection.execute(sql, []).writing().map(|count| count as u64);
    execute(&format!(
        "DELETE FROM {table} AS t WHERE EXISTS (
             SELECT 1 FROM {rows} AS s WHERE {current} AND t.{from} = s.{begun} AND {differs})"
    ))?;
    let updated = execute(&format!(
        "UPDATE {table} AS t SET {to} = s.{begun} FROM {rows} AS s WHERE {current} AND {differs}"
    ))?;
    let deleted = match target.deletes {
        DeleteRule::Ignore => 0,
        DeleteRule::Soft | DeleteRule::Hard => {
            let sql = format!(
                "UPDATE {table} AS t SET {to} = ?1 WHERE t.{to} IS NULL
                 AND NOT EXISTS (SELECT 1 FROM {rows} AS s WHERE {meets})"
            );
            connection.execute(&sql, [text::moment(target.moment)]).writing()? as u64
        }
    };
    let names = joined(&plan.columns, ", ", |column| quote(&column.name));
    let staged = joined(0..plan.columns.len(), ", ", |at| format!("s.c{at}"));
    let inserted = execute(&format!(
        "INSERT INTO {table} ({names}) SELECT {staged} FROM {rows} AS s
         WHERE NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {current})"
    ))?;
    Ok(Receipt {
        inserted,
        updated,
        deleted,
    })
}

/// The index that keeps a key from having two current versions, and finds it. That of a merge, which went before, would
/// keep it from having two versions at all.
pub(super) fn index(plan: &Plan, key: &Key) -> String {
    format!(
        "DROP INDEX IF EXISTS {}; CREATE UNIQUE INDEX IF NOT EXISTS main.{} ON {}({}) WHERE {} IS NULL",
        target::key_index(&plan.name),
        quote(&format!("_syncapp_current_{}", plan.name)),
        quote(&plan.name),
        key.named(),
        quote(VALID_TO)
    )
}
