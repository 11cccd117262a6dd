//! Staged rows into a history: every version of a row is kept, with the time from which and to which it was current.
//!
//! A key has one current version at the most, whose end is NULL. Staged rows carry the run's moment as their beginning.
//! A row that is as its current version says changes nothing, so that the same rows may come again; a second version
//! within one run replaces the first.

use syncapp_connector::{Receipt, Target, VALID_FROM, VALID_TO};
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Result, Scalar};

use super::client::Client;
use super::merge::Merge;
use super::sql;

/// Brings a history up to the staged rows.
pub(super) async fn apply(client: &Client, merge: &Merge<'_>, target: &Target) -> Result<Receipt> {
    merge.settle_duplicates(client).await?;
    land(client, merge, target).await
}

/// The same for staged rows that have one row a key. The merge's `stage` may be a query.
pub(super) async fn land(client: &Client, merge: &Merge<'_>, target: &Target) -> Result<Receipt> {
    let (table, stage) = (merge.table, merge.stage);
    let (same, list) = (merge.same_key("t", "s"), merge.list());
    let differs = format!("{} *<> {}", merge.row("t"), merge.row("s"));
    let (from, to) = (sql::ident(VALID_FROM), sql::ident(VALID_TO));
    let replace = format!(
        "delete from {table} t using {stage} s where {same} and t.{to} is null and t.{from} = s.{from} and {differs}"
    );
    let close =
        format!("update {table} t set {to} = s.{from} from {stage} s where {same} and t.{to} is null and {differs}");
    let begin = format!(
        "insert into {table} ({list}) overriding system value select {list} from {stage} s \
         where not exists (select from {table} t where {same} and t.{to} is null)"
    );
    client.execute(&replace).await?;
    let updated = client.execute(&close).await?;
    let deleted = match target.deletes {
        DeleteRule::Ignore => 0,
        DeleteRule::Soft | DeleteRule::Hard => {
            let moment = sql::scalar(&Scalar::TimestampTz(target.moment));
            let end = format!(
                "update {table} t set {to} = {moment} where t.{to} is null \
                 and not exists (select from {stage} s where {same})"
            );
            client.execute(&end).await?
        }
    };
    let inserted = client.execute(&begin).await?;
    Ok(Receipt {
        inserted,
        updated,
        deleted,
    })
}

/// The index that keeps a key from having two current versions, and finds it.
pub(super) fn index(table: &str, key: &str) -> String {
    format!(
        "create unique index on {table} ({key}) where {} is null",
        sql::ident(VALID_TO)
    )
}
