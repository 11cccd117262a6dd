//! Rows taken away by their keys, in a load's transaction.

use rusqlite::Connection;
use rusqlite::types::Value;
use syncapp_connector::Target;
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{DataType, Error, Result, Scalar};

use super::error::At;
use super::order::Order;
use super::sql::{joined, main_table, quote};
use super::target::Plan;
use crate::cells::text;
use crate::removal;

/// Keys of rows that go, and how.
pub(super) struct Gone {
    pub(super) keys: Vec<Vec<Scalar>>,
    pub(super) rule: DeleteRule,
}

/// Removes, marks or ends the rows of some keys.
pub(super) fn remove(connection: &Connection, target: &Target, plan: &Plan, gone: &Gone) -> Result<()> {
    let table = main_table(&plan.name);
    let moment = text::moment(target.moment);
    let what = removal::begin(target, gone.rule, &table, &format!("'{moment}'"), quote);
    let mut count = 0;
    for key in &gone.keys {
        let orders = key.iter().map(|value| order(value).ok_or_else(unfit));
        let orders = orders.collect::<Result<Vec<_>>>()?;
        let values = key
            .iter()
            .zip(&orders)
            .map(|(value, order)| order.bound(value).ok_or_else(unfit));
        let values = values.collect::<Result<Vec<Value>>>()?;
        let columns = target.primary_key.iter().zip(&orders).enumerate();
        let condition = joined(columns, " AND ", |(at, (name, order))| {
            format!("{} = ?{}", order.expression(&quote(name)), at + 1)
        });
        let mut statement = connection.prepare_cached(&format!("{what} {condition}")).writing()?;
        count += statement.execute(rusqlite::params_from_iter(values)).writing()? as u64;
    }
    removal::all_found(count, gone.keys.len())
}

/// How values of a key are compared.
fn order(value: &Scalar) -> Option<Order> {
    Order::of(&match value {
        Scalar::Int(_) => DataType::Int64,
        Scalar::Decimal(_) => DataType::BigDecimal,
        Scalar::Text(_) => DataType::String,
        Scalar::Date(_) => DataType::Date,
        Scalar::Timestamp(_) => DataType::Timestamp,
        Scalar::TimestampTz(_) => DataType::TimestampTz,
        Scalar::Uuid(_) => DataType::Uuid,
    })
}

fn unfit() -> Error {
    Error::internal("a key that SQLite does not compare")
}
