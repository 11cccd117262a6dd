//! Values as text, and back.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use criterion::Criterion;
use syncapp_model::DataType;
use syncapp_values::{Json, Texts, calendar, decimal};

use crate::case;

pub(crate) fn cases(criterion: &mut Criterion, orders: &RecordBatch) {
    let amounts = orders["amount"].as_primitive::<Decimal128Type>().values();
    both_ways(
        criterion,
        "decimal",
        amounts,
        |value, out| decimal::write(value, 2, out),
        |text| decimal::parse::<i128>(text, 15, 2).ok(),
    );
    let moments = orders["created_at"].as_primitive::<TimestampMicrosecondType>().values();
    both_ways(criterion, "timestamp", moments, calendar::write_timestamp, |text| {
        calendar::parse_timestamp(text, true)
    });
    let days = orders["order_date"].as_primitive::<Date32Type>().values();
    both_ways(
        criterion,
        "date",
        days,
        |day, out| calendar::write_date(day.into(), out),
        calendar::parse_date,
    );

    let schema = orders.schema();
    let types: Vec<DataType> = schema
        .fields()
        .iter()
        .map(|field| DataType::of(field).unwrap())
        .collect();
    let columns = || orders.columns().iter().zip(&types);
    case(criterion, ("values", "texts"), Vec::new, |mut out| {
        for (array, ty) in columns() {
            let texts = Texts::of(array.as_ref(), ty);
            for row in (0..array.len()).filter(|row| array.is_valid(*row)) {
                texts.write(row, &mut out);
            }
        }
        out
    });
    case(criterion, ("values", "json"), Vec::new, |mut out| {
        for (array, ty) in columns() {
            let json = Json::of(array.as_ref(), ty);
            for row in 0..array.len() {
                json.write(row, &mut out);
            }
        }
        out
    });
}

/// One type's values into text, one behind the other, and back.
fn both_ways<V: Copy + PartialEq + std::fmt::Debug>(
    criterion: &mut Criterion,
    name: &str,
    values: &[V],
    write: impl Fn(V, &mut Vec<u8>),
    read: impl Fn(&[u8]) -> Option<V>,
) {
    let texts: Vec<Vec<u8>> = values
        .iter()
        .map(|value| {
            let mut text = Vec::new();
            write(*value, &mut text);
            text
        })
        .collect();
    let read_all = || texts.iter().map(|text| read(text).unwrap()).collect::<Vec<_>>();
    assert_eq!(read_all(), values);
    case(criterion, ("values", &format!("{name}_write")), Vec::new, |mut out| {
        for value in values {
            write(*value, &mut out);
        }
        out
    });
    case(criterion, ("values", &format!("{name}_read")), || (), |()| read_all());
}
