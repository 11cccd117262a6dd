//! Rows that were kept and are sent again: which of them may land in a table that has moved on.
//!
//! A row yields to a newer version of its key: one with a greater cursor, or with the same one and other values. Where
//! nothing tells which is newer, it stays out too. Rows of the same keys are locked: what is found here holds until the
//! commit.

use syncapp_connector::{Fate, VALID_TO};
use syncapp_model::Result;

use super::client::{Client, number};
use super::merge::{Merge, ROW};
use super::sql;

/// How many rows one statement takes out.
const AT_ONCE: usize = 1000;

/// Takes out of the staged rows those that may not land; what becomes of each, in their order.
pub(super) async fn settle(client: &mut Client, merge: &Merge<'_>, history: bool) -> Result<Vec<Fate>> {
    let Merge { table, stage, .. } = merge;
    // Before anything is read without a lock: what is read then is as new as the locks.
    let lock = format!(
        "select count(*) from (select 1 from {stage} s join {table} t on {} for update) locked",
        merge.same_key("t", "s")
    );
    client.rows(&lock).await?;
    let rows = client.rows(&verdicts(merge, history)).await?;
    let fates = rows.iter().map(|row| match (number(row, 1), number(row, 2)) {
        (0, 0) => Fate::Landed,
        (0, _) => Fate::Undecided,
        _ => Fate::Superseded,
    });
    let fates: Vec<Fate> = fates.collect();
    let beaten = rows.iter().zip(&fates).filter(|(_, fate)| **fate != Fate::Landed);
    let beaten: Vec<String> = beaten.map(|(row, _)| number(row, 0).to_string()).collect();
    for some in beaten.chunks(AT_ONCE) {
        let out = format!("delete from {stage} where {ROW} in ({})", some.join(", "));
        client.run(&out).await?;
    }
    Ok(fates)
}

/// Asks of each staged row whether there is a newer version of it, and whether there is one of which nothing tells.
fn verdicts(merge: &Merge<'_>, history: bool) -> String {
    let Merge { table, stage, .. } = merge;
    let (there, other) = (merge.same_key("t", "s"), merge.same_key("o", "s"));
    let mut unlike = merge.differ("t", "s");
    if history {
        // The same row came back from the source after this version ended, or went for good.
        unlike = format!("({unlike} or t.{} is not null)", sql::ident(VALID_TO));
    }
    let contradicts = format!("o.{ROW} <> s.{ROW} and {}", merge.differ("o", "s"));
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
        "select s.{ROW}, exists (select 1 from {table} t where {there} and {newer}) \
         or exists (select 1 from {stage} o where {other} and {later}), \
         exists (select 1 from {table} t where {there} and {untold}) \
         or exists (select 1 from {stage} o where {other} and {tied}) from {stage} s order by s.{ROW}"
    )
}
