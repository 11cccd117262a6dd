//! Staged rows into a history: every version of a row is kept, with the time from which and to which it was current.
//!
//! A key has one current version at the most, whose end is NULL. Staged rows carry the run's moment as their beginning.
//! A row that is as its current version says changes nothing, so that the same rows may come again; a second version
//! within one run replaces the first.

use syncapp_connector::{Receipt, Target, VALID_FROM, VALID_TO};
use syncapp_model::Result;
use syncapp_model::sync_file::DeleteRule;

use super::client::Client;
use super::merge::Merge;
use super::sql;

/// Brings a history up to the staged rows.
pub(super) async fn apply(client: &mut Client, merge: &Merge<'_>, target: &Target) -> Result<Receipt> {
    merge.settle_duplicates(client).await?;
    land(client, merge, target).await
}

/// The same for staged rows that have one row a key. The merge's `stage` may be a query.
pub(super) async fn land(client: &mut Client, merge: &Merge<'_>, target: &Target) -> Result<Receipt> {
    let (table, stage) = (merge.table, merge.stage);
    let (same, list, differ) = (merge.same_key("t", "s"), merge.list(), merge.differ("t", "s"));
    let (from, to) = (sql::ident(VALID_FROM), sql::ident(VALID_TO));
    let replace = format!(
        "delete t from {table} t join {stage} s on {same} where t.{to} is null and t.{from} = s.{from} and {differ}"
    );
    let close =
        format!("update {table} t join {stage} s on {same} set t.{to} = s.{from} where t.{to} is null and {differ}");
    let begin = format!(
        "insert into {table} ({list}) select {list} from {stage} s \
         where not exists (select 1 from {table} t where {same} and t.{to} is null)"
    );
    client.execute(&replace).await?;
    let updated = client.execute(&close).await?;
    let deleted = match target.deletes {
        DeleteRule::Ignore => 0,
        DeleteRule::Soft | DeleteRule::Hard => {
            let end = format!(
                "update {table} t set t.{to} = {} where t.{to} is null \
                 and not exists (select 1 from {stage} s where {same})",
                sql::moment(target.moment)
            );
            client.execute(&end).await?
        }
    };
    Ok(Receipt {
        inserted: client.execute(&begin).await?,
        updated,
        deleted,
    })
}
