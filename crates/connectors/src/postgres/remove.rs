//! Rows taken away by their keys, in a load's transaction.

use syncapp_connector::Target;
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Result, Scalar, StreamName};

use super::client::Client;
use super::sql;
use crate::removal;

/// Removes, marks or ends the rows of some keys.
pub(super) async fn remove(
    client: &Client,
    name: &StreamName,
    target: &Target,
    keys: &[Vec<Scalar>],
    rule: DeleteRule,
) -> Result<()> {
    let (table, moment) = (sql::table(name), sql::scalar(&Scalar::TimestampTz(target.moment)));
    let begin = removal::begin(target, rule, &table, &moment, sql::ident);
    let mut gone = 0;
    for statement in removal::statements(&begin, target, keys, equal) {
        gone += client.execute(&statement).await?;
    }
    removal::all_found(gone, keys.len())
}

/// What is true for a column with that value.
fn equal(name: &str, value: &Scalar) -> String {
    let name = sql::ident(name);
    match value {
        // Text is told apart by its bytes, and what is only like text is compared as such.
        Scalar::Text(_) => format!("{name}::text collate \"C\" = {}", sql::scalar(value)),
        _ => format!("{name} = {}", sql::scalar(value)),
    }
}
