//! Rows taken away by their keys: what the SQL systems share.
//!
//! A row is deleted, marked, or, in a history, ended. All keys have to be found: they were read a moment ago.

use syncapp_connector::{DELETED_AT, Target, VALID_TO};
use syncapp_model::sync_file::{DeleteRule, Write};
use syncapp_model::{Code, Error, Result, Scalar, Side};

/// How many keys stand in one statement.
const AT_ONCE: usize = 500;

/// What happens to a row of the quoted `table`, up to its condition. `moment` is that of the run, as SQL.
pub(crate) fn begin(
    target: &Target,
    rule: DeleteRule,
    table: &str,
    moment: &str,
    quote: impl Fn(&str) -> String,
) -> String {
    let marks = |column: &str| {
        let column = quote(column);
        format!("update {table} set {column} = {moment} where {column} is null and")
    };
    match (target.write, rule) {
        (Write::History, _) => marks(VALID_TO),
        (_, DeleteRule::Soft) => marks(DELETED_AT),
        _ => format!("delete from {table} where"),
    }
}

/// The statements that begin so, for all keys; `equal` is a column with its value in SQL.
pub(crate) fn statements(
    begin: &str,
    target: &Target,
    keys: &[Vec<Scalar>],
    equal: impl Fn(&str, &Scalar) -> String,
) -> impl Iterator<Item = String> {
    let row = move |key: &Vec<Scalar>| {
        let columns = target.primary_key.iter().zip(key);
        let columns: Vec<String> = columns.map(|(name, value)| equal(name, value)).collect();
        format!("({})", columns.join(" and "))
    };
    keys.chunks(AT_ONCE).map(move |some| {
        let rows: Vec<String> = some.iter().map(&row).collect();
        format!("{begin} ({})", rows.join(" or "))
    })
}

/// Fails where not every key was found.
pub(crate) fn all_found(gone: u64, keys: usize) -> Result<()> {
    if gone < keys as u64 {
        let why = format!("only {gone} of {keys} rows were found by their keys");
        return Err(Error::new(Code::Failed(Side::Destination), why)
            .help("nothing was changed; make the target anew with `syncapp run --full-refresh`"));
    }
    Ok(())
}
