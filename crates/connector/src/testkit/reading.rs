//! How a stream is read: columns, batches, limits, cancellation.

use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch, StringArray};
use futures_util::StreamExt;
use syncapp_model::sync_file::Write;

use super::flow::schema_of;
use super::table::{assert_rows, sorted};
use super::{Flow, Rig, Table};
use crate::ReadColumn;

fn many(table: &Table, rows: i64, bytes: usize) -> RecordBatch {
    let texts = (0..rows).map(|row| format!("{row:0>bytes$}"));
    table.rows(vec![
        Arc::new(Int64Array::from_iter_values(0..rows)),
        Arc::new(StringArray::from_iter_values(texts)),
    ])
}

/// Fewer, in another order.
pub async fn columns_come_as_asked(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    let table = Table::new(
        "wanted",
        &[
            ("a", super::TYPES[15].parse().expect("string")),
            ("b", syncapp_model::DataType::Int64),
        ],
    );
    let column = |of: [i64; 3]| Arc::new(Int64Array::from_iter_values(of));
    let texts = Arc::new(StringArray::from(vec!["x", "y", "z"]));
    let rows = table.rows(vec![column([1, 2, 3]), texts, column([10, 20, 30])]);
    flow.put(&table, Write::Overwrite, std::slice::from_ref(&rows)).await;

    let spec = flow.describe(&table).await.expect("describe");
    let mut request = flow.request(&table, &spec);
    request.columns = ["b", "id"]
        .map(|name| ReadColumn {
            name: name.into(),
            native: false,
        })
        .into();
    let (batches, _) = flow.batches(&request).await.expect("read");
    let got = sorted(&schema_of(&spec, &request), &batches);
    assert_rows(&got, &rows.project(&[2, 0]).expect("columns"), "two columns");
}

/// By rows and by bytes.
pub async fn batches_are_bounded(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    let table = Table::texts("bounded");
    let rows = many(&table, 200, 20_000);
    flow.put(&table, Write::Overwrite, std::slice::from_ref(&rows)).await;
    let spec = flow.describe(&table).await.expect("describe");
    for (batch_rows, batch_bytes, most) in [(7, 1 << 30, 7), (1000, 200_000, 20), (1, 1, 1)] {
        let mut request = flow.request(&table, &spec);
        (request.batch_rows, request.batch_bytes) = (batch_rows, batch_bytes);
        let (batches, _) = flow.batches(&request).await.expect("read");
        let largest = batches.iter().map(RecordBatch::num_rows).max().unwrap_or_default();
        assert!(
            largest <= most,
            "{largest} rows in a batch, at most {most} were asked for"
        );
        assert_rows(&sorted(&table.schema(), &batches), &rows, "in small batches");
    }
}

/// No more rows than the limit, and all where there are fewer.
pub async fn a_limit_holds(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    let table = Table::texts("limited");
    flow.put(&table, Write::Overwrite, &[many(&table, 50, 3)]).await;
    for (limit, want) in [(0, 0), (1, 1), (49, 49), (50, 50), (1000, 50)] {
        let (ids, _) = flow.ids(&table, None, Some(limit)).await.expect("read");
        assert_eq!(ids.len(), want, "limit {limit}");
    }
}

/// A stream of batches that is dropped leaves the view usable, and the system free for others.
pub async fn a_dropped_stream_stops(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    let table = Table::texts("dropped");
    let rows = many(&table, 20_000, 100);
    flow.put(&table, Write::Overwrite, std::slice::from_ref(&rows)).await;
    let spec = flow.describe(&table).await.expect("describe");
    let mut request = flow.request(&table, &spec);
    (request.splits, request.batch_rows) = (1, 100);
    let snapshot = flow.system.source().open(&request).await.expect("open");
    let mut first = snapshot.read(&snapshot.splits()[0]).await.expect("read");
    assert!(first.next().await.is_some_and(|batch| batch.is_ok()));
    drop(first);
    let mut count = 0;
    let mut again = snapshot.read(&snapshot.splits()[0]).await.expect("read again");
    while let Some(batch) = again.next().await {
        count += batch.expect("batch").rows();
    }
    assert_eq!(count, rows.num_rows());
    drop(again);
    drop(snapshot);
    flow.put(&table, Write::Overwrite, &[many(&table, 1, 1)]).await;
}
