//! The order of cursor values, whatever their spelling.
//!
//! Integers and texts compare as SQLite does. For the other types SQL calls a function that turns a stored value into
//! a key whose order is that of the values: microseconds for times, bytes for decimals. What is no value of the type
//! has a NULL key; ranges let such rows through, so that reading them is an error instead of a silent gap.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value, ValueRef};
use syncapp_model::{DataType, Scalar};

use crate::cells::{decimal, text};

const FUNCTION: &str = "_syncapp_order";

/// A function of SQL that tells the two zeros apart, which SQLite's own do not.
pub(super) const ZERO: &str = "_syncapp_zero";

/// How values of a type are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Number,
    Text,
    Date,
    Timestamp,
    TimestampTz,
    Decimal,
    Uuid,
}

const BY_KEY: [(Order, &str); 5] = [
    (Order::Date, "date"),
    (Order::Timestamp, "timestamp"),
    (Order::TimestampTz, "timestamptz"),
    (Order::Decimal, "decimal"),
    (Order::Uuid, "uuid"),
];

impl Order {
    /// The order of a type; `None` where it has none that is exact.
    pub(super) fn of(ty: &DataType) -> Option<Self> {
        Some(match ty {
            DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Number,
            DataType::String => Self::Text,
            DataType::Date => Self::Date,
            DataType::Timestamp => Self::Timestamp,
            DataType::TimestampTz => Self::TimestampTz,
            DataType::Decimal { .. } | DataType::BigDecimal => Self::Decimal,
            DataType::Uuid => Self::Uuid,
            _ => return None,
        })
    }

    /// What to compare instead of a column.
    pub(super) fn expression(self, column: &str) -> String {
        match (self, BY_KEY.iter().find(|(order, _)| *order == self)) {
            (_, Some((_, word))) => format!("{FUNCTION}({column}, '{word}')"),
            (Self::Text, None) => format!("{column} COLLATE BINARY"),
            _ => column.to_owned(),
        }
    }

    /// Which rows hold no value of the type: they are let through.
    pub(super) fn strays(self, column: &str) -> String {
        match self {
            // NULL < numbers < texts < blobs, whatever the affinity.
            Self::Number => format!("{column} IS NULL OR {column} >= ''"),
            Self::Text => format!("{column} IS NULL OR {column} < '' OR {column} >= x''"),
            _ => format!("{} IS NULL", self.expression(column)),
        }
    }

    /// A bound in the form that [`expression`](Self::expression) has; `None` where it is of another type.
    pub(super) fn bound(self, scalar: &Scalar) -> Option<Value> {
        Some(match (self, scalar) {
            (Self::Number, Scalar::Int(value)) => Value::Integer(*value),
            (Self::Text, Scalar::Text(value)) => Value::Text(value.clone()),
            (Self::Date, Scalar::Date(days)) => Value::Integer(i64::from(*days)),
            (Self::Timestamp, Scalar::Timestamp(micros)) | (Self::TimestampTz, Scalar::TimestampTz(micros)) => {
                Value::Integer(*micros)
            }
            (Self::Decimal, Scalar::Decimal(value)) => Value::Blob(decimal_key(value)?),
            (Self::Uuid, Scalar::Uuid(bytes)) => Value::Blob(bytes.to_vec()),
            _ => return None,
        })
    }

    /// The key of a stored value.
    fn key(self, value: ValueRef<'_>) -> Option<Value> {
        let spelled = || std::str::from_utf8(value.as_bytes().ok()?).ok();
        Some(match (self, value) {
            (Self::Date, ValueRef::Text(_)) => Value::Integer(text::date(spelled()?)?),
            (Self::Timestamp, ValueRef::Text(_)) => Value::Integer(text::timestamp(spelled()?, false)?),
            (Self::TimestampTz, ValueRef::Text(_)) => Value::Integer(text::timestamp(spelled()?, true)?),
            (Self::Uuid, ValueRef::Text(_)) => Value::Blob(text::uuid(spelled()?)?.to_vec()),
            (Self::Uuid, ValueRef::Blob(bytes)) if bytes.len() == 16 => Value::Blob(bytes.to_vec()),
            (Self::Decimal, ValueRef::Text(_)) => Value::Blob(decimal_key(spelled()?)?),
            (Self::Decimal, ValueRef::Integer(number)) => Value::Blob(decimal_key(&number.to_string())?),
            (Self::Decimal, ValueRef::Real(number)) => Value::Blob(decimal_key(&number.to_string())?),
            _ => return None,
        })
    }
}

/// Bytes that compare as the decimals do: the sign, the number of whole digits, the digits; those of negative numbers
/// the other way round.
fn decimal_key(value: &str) -> Option<Vec<u8>> {
    match value {
        "-Infinity" | "-inf" => return Some(vec![0]),
        "Infinity" | "inf" => return Some(vec![3]),
        "NaN" => return Some(vec![4]),
        _ => {}
    }
    let (negative, whole, behind) = decimal::decimal_parts(value)?;
    let mut key = vec![if negative { 1 } else { 2 }];
    key.extend(u32::try_from(whole.len()).ok()?.to_be_bytes());
    key.extend(whole.bytes().chain(behind.bytes()));
    if negative {
        key[1..].iter_mut().for_each(|byte| *byte = !*byte);
        key.push(255);
    }
    Some(key)
}

/// Makes the functions known to a connection.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function(FUNCTION, 2, flags, |call| {
        let word = call.get_raw(1).as_str()?;
        let order = BY_KEY.iter().find(|(_, name)| *name == word);
        Ok(order.and_then(|(order, _)| order.key(call.get_raw(0))))
    })?;
    connection.create_scalar_function(ZERO, 1, flags, |call| {
        Ok(match call.get_raw(0) {
            ValueRef::Real(value) if value.is_sign_negative() => "-0",
            _ => "0",
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_decimals_have_the_order_of_the_decimals() {
        let rising = [
            "-Infinity",
            "-1000.5",
            "-1000",
            "-999.99",
            "-10",
            "-9.99",
            "-9.9",
            "-0.1",
            "-0.01",
            "0",
            "0.001",
            "0.01",
            "0.1",
            "1",
            "1.05",
            "1.5",
            "9",
            "10",
            "99999999999999999999",
            "100000000000000000000",
            "Infinity",
            "NaN",
        ];
        let keys: Vec<_> = rising.iter().map(|value| decimal_key(value).unwrap()).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        for (a, b) in [("1.50", "1.5"), ("-0.0", "0"), ("007", "7"), ("+1", "1.")] {
            assert_eq!(decimal_key(a), decimal_key(b).or(decimal_key("1")), "{a} and {b}");
        }
        assert_eq!(decimal_key("1e5"), None);
    }
}
