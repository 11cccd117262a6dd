//! The rows of a batch that lie in a range of its cursor. Rows whose cursor is NULL stay: the engine reports them.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, BooleanArray};
use arrow_buffer::BooleanBuffer;
use syncapp_connector::{Marked, Range};
use syncapp_model::{Code, DataType, Error, Result, Scalar};

use super::cells::Digits;

/// The rows whose cursor, the column at `at`, lies in the range.
pub(super) fn within(rows: &Marked, at: usize, range: &Range) -> Result<Marked> {
    if range.from.is_none() && range.below.is_none() {
        return Ok(rows.clone());
    }
    let batch = &rows.columns;
    let array = batch.column(at);
    let compare = comparison(array.as_ref(), batch.schema_ref().field(at))?;
    let inside = |row: usize| -> Result<bool> {
        if array.is_null(row) {
            return Ok(true);
        }
        if let Some(from) = &range.from
            && compare(row, from).ok_or_else(|| misfit(range))? == Ordering::Less
        {
            return Ok(false);
        }
        match &range.below {
            Some(below) => Ok(compare(row, below).ok_or_else(|| misfit(range))? == Ordering::Less),
            None => Ok(true),
        }
    };
    let mut keep = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        keep.push(inside(row)?);
    }
    rows.filter(&BooleanArray::new(BooleanBuffer::from(keep), None))
}

fn misfit(range: &Range) -> Error {
    Error::new(
        Code::InvalidValue,
        format!("the bounds are of another type than the cursor `{}`", range.cursor),
    )
    .column(&range.cursor)
    .help("reset the stream's state, or set the column's type back to what it was")
}

/// How a row's value compares to a bound; nothing where the bound is of another type.
type Comparison<'a> = Box<dyn Fn(usize, &Scalar) -> Option<Ordering> + 'a>;

fn comparison<'a>(array: &'a dyn Array, field: &arrow_schema::Field) -> Result<Comparison<'a>> {
    fn int<'a>(value: impl Fn(usize) -> i64 + 'a) -> Comparison<'a> {
        Box::new(move |row, bound| match bound {
            Scalar::Int(bound) => Some(value(row).cmp(bound)),
            _ => None,
        })
    }
    fn number<'a>(text: impl Fn(usize) -> String + 'a) -> Comparison<'a> {
        Box::new(move |row, bound| match bound {
            Scalar::Decimal(bound) => numbers(&text(row), bound),
            _ => None,
        })
    }
    Ok(match DataType::of(field) {
        Some(DataType::Int16) => {
            let array = array.as_primitive::<Int16Type>();
            int(|row| i64::from(array.value(row)))
        }
        Some(DataType::Int32) => {
            let array = array.as_primitive::<Int32Type>();
            int(|row| i64::from(array.value(row)))
        }
        Some(DataType::Int64) => {
            let array = array.as_primitive::<Int64Type>();
            int(|row| array.value(row))
        }
        Some(DataType::Decimal { precision, .. }) if precision <= 38 => {
            let array = array.as_primitive::<Decimal128Type>();
            number(|row| array.value_as_string(row))
        }
        Some(DataType::Decimal { .. }) => {
            let array = array.as_primitive::<Decimal256Type>();
            number(|row| array.value_as_string(row))
        }
        Some(DataType::BigDecimal) => {
            let array = array.as_string::<i32>();
            number(|row| array.value(row).to_owned())
        }
        Some(DataType::String) => {
            let array = array.as_string::<i32>();
            Box::new(|row, bound| match bound {
                Scalar::Text(bound) => Some(array.value(row).cmp(bound)),
                _ => None,
            })
        }
        Some(DataType::Date) => {
            let array = array.as_primitive::<Date32Type>();
            Box::new(|row, bound| match bound {
                Scalar::Date(bound) => Some(array.value(row).cmp(bound)),
                _ => None,
            })
        }
        Some(ty @ (DataType::Timestamp | DataType::TimestampTz)) => {
            let array = array.as_primitive::<TimestampMicrosecondType>();
            Box::new(move |row, bound| match (bound, &ty) {
                (Scalar::Timestamp(bound), DataType::Timestamp)
                | (Scalar::TimestampTz(bound), DataType::TimestampTz) => Some(array.value(row).cmp(bound)),
                _ => None,
            })
        }
        Some(DataType::Uuid) => {
            let array = array.as_fixed_size_binary();
            Box::new(|row, bound| match bound {
                Scalar::Uuid(bound) => Some(array.value(row).cmp(bound)),
                _ => None,
            })
        }
        _ => {
            let why = format!("`{}` cannot be a cursor: its values have no order", field.name());
            return Err(Error::new(Code::InvalidValue, why).help("choose a number, date, time, text or uuid column"));
        }
    })
}

/// Compares two numbers by their texts; NaN is greater than all, as it is in PostgreSQL.
fn numbers(left: &str, right: &str) -> Option<Ordering> {
    fn odd(text: &str) -> Option<i8> {
        match text {
            "-Infinity" => Some(-1),
            "Infinity" => Some(1),
            "NaN" => Some(2),
            _ => None,
        }
    }
    match (odd(left), odd(right)) {
        (None, None) => {}
        (left, right) => return Some(left.unwrap_or(0).cmp(&right.unwrap_or(0))),
    }
    let (left, right) = (Digits::of(left.as_bytes())?, Digits::of(right.as_bytes())?);
    let size = |parts: &Digits<'_>| parts.magnitude() + parts.significant_fraction().len();
    let (left_negative, right_negative) = (left.negative && size(&left) > 0, right.negative && size(&right) > 0);
    if left_negative != right_negative {
        return Some(if left_negative {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    }
    let whole = |parts: &Digits<'_>| parts.whole.len() - parts.magnitude();
    let order = left
        .magnitude()
        .cmp(&right.magnitude())
        .then_with(|| left.whole[whole(&left)..].cmp(&right.whole[whole(&right)..]))
        .then_with(|| left.significant_fraction().cmp(right.significant_fraction()));
    Some(if left_negative { order.reverse() } else { order })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let ascending = [
            "-Infinity",
            "-10",
            "-9.5",
            "-0.01",
            "0",
            "0.009",
            "0.01",
            "9",
            "10.0",
            "10.01",
            "NaN",
        ];
        for (at, left) in ascending.iter().enumerate() {
            for (other, right) in ascending.iter().enumerate() {
                assert_eq!(numbers(left, right), Some(at.cmp(&other)), "{left} {right}");
            }
        }
        for (left, right) in [("-0.0", "0"), ("1.50", "1.5"), ("007", "7"), ("NaN", "NaN")] {
            assert_eq!(numbers(left, right), Some(Ordering::Equal), "{left} {right}");
        }
        assert_eq!(numbers("x", "1"), None);
    }
}
