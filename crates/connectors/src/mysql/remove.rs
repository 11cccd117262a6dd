//! Rows taken away by their keys, in a load's transaction.

use syncapp_connector::Target;
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Result, Scalar};

use super::client::Client;
use super::sql;
use crate::removal;

/// Removes, marks or ends the rows of some keys. `table` is quoted.
pub(super) async fn remove(
    client: &mut Client,
    table: &str,
    target: &Target,
    keys: &[Vec<Scalar>],
    rule: DeleteRule,
) -> Result<()> {
    let begin = removal::begin(target, rule, table, &sql::moment(target.moment), sql::ident);
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
        // Text is told apart by its bytes, not by a collation.
        Scalar::Text(_) => format!("cast(convert({name} using utf8mb4) as binary) = {}", sql::scalar(value)),
        Scalar::Decimal(_) => format!("cast({name} as decimal(65,30)) = {}", sql::scalar(value)),
        _ => format!("{name} = {}", sql::scalar(value)),
    }
}
