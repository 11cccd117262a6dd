//! Rows that were kept and are sent again: which of them may land in a table that has moved on.
//!
//! A row yields to a newer version of its key: one with a greater cursor, or with the same one and other values. Where
//! nothing tells which is newer, it stays out too. The table is locked: what is found here holds until the commit.

use syncapp_connector::{Fate, VALID_TO};
use syncapp_model::Result;

use super::client::Client;
use super::merge::Merge;
use super::sql;

/// The staging table's own column, which numbers its rows in the order they came.
pub(super) const ROW: &str = "_syncapp_row";

/// Takes out of the staged rows those that may not land; what becomes of each, in their order.
pub(super) async fn settle(client: &Client, merge: &Merge<'_>, history: bool) -> Result<Vec<Fate>> {
    let failed = |error| client.error(&error);
    let stage = merge.stage;
    let rows = client.inner.query_typed(&verdicts(merge, history), &[]).await;
    let rows = rows.map_err(failed)?;
    let fates = rows.iter().map(|row| match (row.get(1), row.get(2)) {
        (true, _) => Fate::Superseded,
        (_, true) => Fate::Undecided,
        _ => Fate::Landed,
    });
    let fates: Vec<Fate> = fates.collect();
    let beaten = rows.iter().zip(&fates).filter(|(_, fate)| **fate != Fate::Landed);
    let beaten: Vec<i64> = beaten.map(|(row, _)| row.get(0)).collect();
    let out = format!("delete from {stage} where {ROW} = any ($1)");
    let values = [(
        &beaten as &(dyn tokio_postgres::types::ToSql + Sync),
        tokio_postgres::types::Type::INT8_ARRAY,
    )];
    client.inner.execute_typed(&out, &values).await.map_err(failed)?;
    Ok(fates)
}

/// Asks of each staged row whether there is a newer version of it, and whether there is one of which nothing tells.
fn verdicts(merge: &Merge<'_>, history: bool) -> String {
    let Merge { table, stage, .. } = merge;
    let (there, other) = (merge.same_key("t", "s"), merge.same_key("o", "s"));
    let mut unlike = format!("{} *<> {}", merge.row("t"), merge.row("s"));
    if history {
        // The same row came back from the source after this version ended, or went for good.
        unlike = format!("({unlike} or t.{} is not null)", sql::ident(VALID_TO));
    }
    let contradicts = format!("o.{ROW} <> s.{ROW} and {} *<> {}", merge.row("o"), merge.row("s"));
    let (newer, later, untold, tied) = match merge.cursor.map(sql::ident) {
        Some(cursor) => (
            format!("(t.{cursor} > s.{cursor} or t.{cursor} = s.{cursor} and {unlike})"),
            format!("o.{cursor} > s.{cursor}"),
            format!("(t.{cursor} is null or s.{cursor} is null) and {unlike}"),
            format!("{contradicts} and (o.{cursor} = s.{cursor} or o.{cursor} is null or s.{cursor} is null)"),
        ),
        None => ("false".into(), "false".into(), unlike, contradicts),
    };
    format!(
        "select s.{ROW}, exists (select from {table} t where {there} and {newer}) \
         or exists (select from {stage} o where {other} and {later}), \
         exists (select from {table} t where {there} and {untold}) \
         or exists (select from {stage} o where {other} and {tied}) from {stage} s order by s.{ROW}"
    )
}
