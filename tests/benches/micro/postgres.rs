//! Binary COPY.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use criterion::Criterion;
use syncapp_connectors::postgres::bench::{Table, read_numeric, write_numeric};

use crate::case;

pub(crate) fn cases(criterion: &mut Criterion, orders: &RecordBatch) {
    let table = Table::of(&orders.schema());
    let messages = table.messages(orders).unwrap();
    assert_eq!(&table.decode(&messages).unwrap(), orders);
    case(
        criterion,
        ("postgres", "copy_decode"),
        || (),
        |()| table.decode(&messages).unwrap(),
    );
    case(criterion, ("postgres", "copy_encode"), Vec::new, |mut out| {
        table.encode(orders, &mut out).unwrap();
        out
    });

    let values: Vec<i128> = orders["amount"].as_primitive::<Decimal128Type>().values().to_vec();
    let write = |mut out: Vec<u8>| {
        for value in &values {
            write_numeric(*value, 2, &mut out);
        }
        out
    };
    let numerics: Vec<Vec<u8>> = values
        .iter()
        .map(|value| {
            let mut out = Vec::new();
            write_numeric(*value, 2, &mut out);
            out.split_off(4)
        })
        .collect();
    case(
        criterion,
        ("postgres", "numeric_decode"),
        || (),
        |()| {
            numerics
                .iter()
                .map(|bytes| read_numeric(bytes, 2).unwrap())
                .sum::<i128>()
        },
    );
    case(criterion, ("postgres", "numeric_encode"), Vec::new, write);
}
