//! Rows of the binary protocol, and lines of `LOAD DATA`.

use arrow_array::{Array, RecordBatch};
use criterion::Criterion;
use mysql_async::Value;
use syncapp_connectors::mysql::bench::Table;
use syncapp_model::DataType;
use syncapp_values::Texts;

use crate::case;

pub(crate) fn cases(criterion: &mut Criterion, orders: &RecordBatch) {
    let table = Table::of(&orders.schema());
    let rows = rows(orders);
    assert_eq!(&table.decode(rows.clone()).unwrap(), orders);
    case(
        criterion,
        ("mysql", "rows_decode"),
        || rows.clone(),
        |rows| table.decode(rows).unwrap(),
    );
    case(criterion, ("mysql", "load_data_encode"), Vec::new, |mut out| {
        table.encode(orders, &mut out).unwrap();
        out
    });
}

/// The rows as the driver hands them over.
fn rows(batch: &RecordBatch) -> Vec<Vec<Value>> {
    let schema = batch.schema();
    let columns = batch.columns().iter().zip(schema.fields()).map(|(array, field)| {
        let ty = DataType::of(field).unwrap();
        let texts = Texts::of(array.as_ref(), &ty);
        let values = (0..array.len()).map(|row| {
            let mut text = Vec::new();
            if array.is_null(row) {
                return Value::NULL;
            }
            texts.write(row, &mut text);
            value(text, &ty)
        });
        values.collect::<Vec<_>>()
    });
    let columns: Vec<_> = columns.collect();
    (0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column[row].clone()).collect())
        .collect()
}

fn value(text: Vec<u8>, ty: &DataType) -> Value {
    let spelled = || std::str::from_utf8(&text).unwrap();
    match ty {
        DataType::Bool => Value::Int(i64::from(text == b"true")),
        DataType::Int16 | DataType::Int32 | DataType::Int64 => Value::Int(spelled().parse().unwrap()),
        DataType::Float64 => Value::Double(spelled().parse().unwrap()),
        DataType::Date | DataType::Timestamp | DataType::TimestampTz => {
            let digits = spelled()
                .split(|c: char| !c.is_ascii_digit())
                .filter(|part| !part.is_empty());
            let mut parts: Vec<u32> = digits.map(|part| part.parse().unwrap()).collect();
            if let (Some(micros), Some((_, fraction))) = (parts.get_mut(6), spelled().split_once('.')) {
                *micros *= 10_u32.pow(6 - fraction.trim_end_matches('Z').len() as u32);
            }
            parts.resize(7, 0);
            let small = |at: usize| parts[at] as u8;
            Value::Date(
                parts[0] as u16,
                small(1),
                small(2),
                small(3),
                small(4),
                small(5),
                parts[6],
            )
        }
        _ => Value::Bytes(text),
    }
}
