//! CSV, NDJSON and Parquet.

use std::fs::File;
use std::io::{Read, Seek};
use std::sync::Arc;

use arrow_array::RecordBatch;
use criterion::Criterion;
use syncapp_connectors::files::bench::Table;
use syncapp_model::Result;

use crate::case;

pub(crate) fn cases(criterion: &mut Criterion, orders: &RecordBatch) {
    let table = Table::of(&orders.schema()).unwrap();
    let csv = text(|file| table.write_csv(orders, file));
    assert_eq!(table.read_csv(&csv).unwrap(), std::slice::from_ref(orders));
    case(
        criterion,
        ("files", "csv_split"),
        || (),
        |()| table.split_csv(&csv).unwrap(),
    );
    case(
        criterion,
        ("files", "csv_read"),
        || (),
        |()| table.read_csv(&csv).unwrap(),
    );
    case(criterion, ("files", "csv_write"), file, |file| {
        table.write_csv(orders, file).unwrap()
    });

    let ndjson = text(|file| table.write_ndjson(orders, file));
    assert_eq!(table.read_ndjson(&ndjson).unwrap(), std::slice::from_ref(orders));
    case(
        criterion,
        ("files", "ndjson_read"),
        || (),
        |()| table.read_ndjson(&ndjson).unwrap(),
    );
    case(criterion, ("files", "ndjson_write"), file, |file| {
        table.write_ndjson(orders, file).unwrap()
    });

    case(criterion, ("files", "parquet_write"), file, |file| {
        table.write_parquet(orders, file).unwrap()
    });
}

fn file() -> File {
    tempfile::tempfile().unwrap()
}

/// What was written.
fn text(write: impl FnOnce(File) -> Result<File>) -> Arc<[u8]> {
    let mut written = write(file()).unwrap();
    let mut text = Vec::new();
    written.rewind().unwrap();
    written.read_to_end(&mut text).unwrap();
    text.into()
}
