//! Rows that were kept and are sent again: which of them may land in a table that has moved on.
//!
//! A row yields to a newer version of its key: one with a greater cursor, or with the same one and other values. Where
//! nothing tells which is newer, it stays out too. The transaction holds the file: what is found here holds until the
//! commit.

use rusqlite::Connection;
use syncapp_connector::{Fate, Target, VALID_TO};
use syncapp_model::Result;
use syncapp_model::sync_file::Write;

use super::error::At;
use super::merge::{self, Key};
use super::order::Order;
use super::sql::{main_table, quote};
use super::stage;
use super::target::Plan;

/// Takes out of the staged rows those that may not land; what becomes of each, in their order.
pub(super) fn settle(connection: &Connection, target: &Target, plan: &Plan, key: &Key) -> Result<Vec<Fate>> {
    let rows: Vec<(i64, bool, bool)> = connection
        .prepare(&verdicts(target, plan, key)?)
        .and_then(|mut statement| {
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            rows.collect()
        })
        .writing()?;
    let mut out = connection
        .prepare(&format!("DELETE FROM {} WHERE rowid = ?1", stage::table()))
        .writing()?;
    let mut fates = Vec::with_capacity(rows.len());
    for (row, newer, untold) in rows {
        let fate = match (newer, untold) {
            (true, _) => Fate::Superseded,
            (_, true) => Fate::Undecided,
            _ => Fate::Landed,
        };
        if fate != Fate::Landed {
            out.execute([row]).writing()?;
        }
        fates.push(fate);
    }
    Ok(fates)
}

/// Asks of each staged row whether there is a newer version of it, and whether there is one of which nothing tells.
fn verdicts(target: &Target, plan: &Plan, key: &Key) -> Result<String> {
    let (table, rows, there, other) = (main_table(&plan.name), stage::table(), key.meets(), key.met_by("o"));
    let mut unlike = merge::differs(target, plan);
    if target.write == Write::History {
        // The same row came back from the source after this version ended, or went for good.
        unlike = format!("({unlike} OR t.{} IS NOT NULL)", quote(VALID_TO));
    }
    let contradicts = format!("o.rowid <> s.rowid AND {}", merge::contradicts(target, "o"));
    let (newer, later, untold, tied) = match &target.cursor {
        Some(cursor) => {
            let (staged, ty) = stage::column(target, cursor)?;
            let at = target.columns.iter().position(|column| column.name == *cursor);
            let named = at.map_or_else(|| quote(cursor), |at| quote(&plan.columns[at].name));
            let ordered = |column: String| Order::of(&ty).map_or(column.clone(), |order| order.expression(&column));
            let (is, comes, beside) = (
                ordered(format!("t.{named}")),
                ordered(format!("s.{staged}")),
                ordered(format!("o.{staged}")),
            );
            (
                format!("({is} > {comes} OR {is} = {comes} AND {unlike})"),
                format!("{beside} > {comes}"),
                format!("({is} IS NULL OR {comes} IS NULL) AND {unlike}"),
                format!("{contradicts} AND ({beside} = {comes} OR {beside} IS NULL OR {comes} IS NULL)"),
            )
        }
        None => ("false".into(), "false".into(), unlike, contradicts),
    };
    Ok(format!(
        "SELECT s.rowid, EXISTS (SELECT 1 FROM {table} AS t WHERE {there} AND {newer})
             OR EXISTS (SELECT 1 FROM {rows} AS o WHERE {other} AND {later}),
             EXISTS (SELECT 1 FROM {table} AS t WHERE {there} AND {untold})
             OR EXISTS (SELECT 1 FROM {rows} AS o WHERE {other} AND {tied})
         FROM {rows} AS s ORDER BY s.rowid"
    ))
}
