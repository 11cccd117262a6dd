//! Rows taken away by their keys, in a load's transaction.

use syncapp_connector::{DELETED_AT, Target, VALID_TO};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Code, Error, Result, Scalar, Side, StreamName};

use super::client::Client;
use super::sql;

/// How many keys stand in one statement.
const AT_ONCE: usize = 500;

/// Removes, marks or ends the rows of some keys.
pub(super) async fn remove(
    client: &Client,
    name: &StreamName,
    target: &Target,
    keys: &[Vec<Scalar>],
    rule: DeleteRule,
) -> Result<()> {
    let table = sql::table(name);
    let moment = sql::scalar(&Scalar::TimestampTz(target.moment));
    let marks = |column: &str| {
        let column = sql::ident(column);
        format!("update {table} set {column} = {moment} where {column} is null and")
    };
    let what = match (target.write, rule) {
        (Write::History, _) => marks(VALID_TO),
        (_, DeleteRule::Soft) => marks(DELETED_AT),
        _ => format!("delete from {table} where"),
    };
    let mut gone = 0;
    for some in keys.chunks(AT_ONCE) {
        let rows: Vec<String> = some.iter().map(|key| condition(target, key)).collect();
        gone += client.execute(&format!("{what} ({})", rows.join(" or "))).await?;
    }
    if gone < keys.len() as u64 {
        let why = format!("only {gone} of {} rows were found by their keys", keys.len());
        return Err(Error::new(Code::Failed(Side::Destination), why)
            .help("nothing was changed; make the target anew with `syncapp run --full-refresh`"));
    }
    Ok(())
}

/// What is true for the rows of a key.
fn condition(target: &Target, key: &[Scalar]) -> String {
    let columns = target.primary_key.iter().zip(key).map(|(name, value)| {
        let name = sql::ident(name);
        match value {
            // Text is told apart by its bytes, and what is only like text is compared as such.
            Scalar::Text(_) => format!("{name}::text collate \"C\" = {}", sql::scalar(value)),
            _ => format!("{name} = {}", sql::scalar(value)),
        }
    });
    format!("({})", columns.collect::<Vec<_>>().join(" and "))
}
