//! Merge: insert, or update the row of the key.

use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch, StringArray};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, DataType};

use super::{Flow, Rig, Table, checkpoint};
use crate::Receipt;

/// A table with a cursor column beside the text.
fn table(name: &str) -> Table {
    let mut table = Table::new(name, &[("v", DataType::String), ("at", DataType::Int64)]);
    table.cursor = Some("at".into());
    table
}

fn rows(table: &Table, rows: &[(i64, Option<&str>, i64)]) -> RecordBatch {
    table.rows(vec![
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
        Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>()),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.2))),
    ])
}

fn receipt(inserted: u64, updated: u64) -> Receipt {
    Receipt {
        inserted,
        updated,
        deleted: 0,
    }
}

async fn merging(rig: &dyn Rig) -> Option<Flow> {
    if rig.abilities().can(Write::Merge) {
        Some(Flow::new(rig).await)
    } else {
        None
    }
}

/// New keys are inserted, changed rows updated, equal ones left and not counted; NULL is a value like others.
pub async fn inserts_and_updates(rig: &dyn Rig) {
    let Some(flow) = merging(rig).await else { return };
    let table = table("merged");
    let first = rows(
        &table,
        &[(1, Some("a"), 1), (2, Some("b"), 1), (3, None, 1), (4, Some("d"), 1)],
    );
    assert_eq!(flow.put(&table, Write::Merge, &[first]).await, receipt(4, 0));
    let second = rows(
        &table,
        &[
            (2, Some("B"), 2),
            (3, Some("c"), 1),
            (4, None, 1),
            (1, Some("a"), 1),
            (5, None, 2),
        ],
    );
    assert_eq!(flow.put(&table, Write::Merge, &[second]).await, receipt(1, 3));
    let want = rows(
        &table,
        &[
            (1, Some("a"), 1),
            (2, Some("B"), 2),
            (3, Some("c"), 1),
            (4, None, 1),
            (5, None, 2),
        ],
    );
    flow.expect(&table, &[want], "merged").await;
}

/// The same rows again are no change.
pub async fn a_replay_changes_nothing(rig: &dyn Rig) {
    let Some(flow) = merging(rig).await else { return };
    let table = table("replayed");
    let all = rows(&table, &[(1, Some("a"), 1), (2, None, 2)]);
    flow.put(&table, Write::Merge, std::slice::from_ref(&all)).await;
    assert_eq!(
        flow.put(&table, Write::Merge, std::slice::from_ref(&all)).await,
        receipt(0, 0)
    );
    flow.expect(&table, &[all], "replayed").await;
}

/// Where one load brings a key several times, in any order and over batches.
pub async fn the_greatest_cursor_wins(rig: &dyn Rig) {
    let Some(flow) = merging(rig).await else { return };
    let table = table("won");
    let load = [
        rows(
            &table,
            &[(1, Some("middle"), 2), (2, Some("only"), 1), (1, Some("last"), 10)],
        ),
        rows(&table, &[(1, Some("first"), 1)]),
    ];
    assert_eq!(flow.put(&table, Write::Merge, &load).await, receipt(2, 0));
    let want = rows(&table, &[(1, Some("last"), 10), (2, Some("only"), 1)]);
    flow.expect(&table, &[want], "the greatest cursor").await;
}

/// Equal rows of one key are no contradiction, with a cursor and without.
pub async fn equal_copies_are_one(rig: &dyn Rig) {
    let Some(flow) = merging(rig).await else { return };
    for cursor in [Some("at".to_owned()), None] {
        let mut table = table(if cursor.is_some() { "copied" } else { "copied_plain" });
        table.cursor = cursor;
        let load = rows(
            &table,
            &[(1, Some("a"), 1), (1, Some("a"), 1), (2, None, 1), (2, None, 1)],
        );
        assert_eq!(flow.put(&table, Write::Merge, &[load]).await, receipt(2, 0));
        flow.expect(&table, &[rows(&table, &[(1, Some("a"), 1), (2, None, 1)])], "copies")
            .await;
    }
}

/// Different rows of one key and one cursor value stop the load; so do different rows of one key without a cursor.
pub async fn a_tie_is_an_error(rig: &dyn Rig) {
    let Some(flow) = merging(rig).await else { return };
    for cursor in [Some("at".to_owned()), None] {
        let mut table = table(if cursor.is_some() { "tied" } else { "tied_plain" });
        table.cursor = cursor;
        let old = rows(&table, &[(77, Some("old"), 1)]);
        flow.put(&table, Write::Merge, std::slice::from_ref(&old)).await;
        let target = flow.target(&table, Write::Merge);
        let load = rows(&table, &[(1, Some("x"), 5), (77, Some("a"), 5), (77, Some("b"), 5)]);
        let error = flow.load(&target, &[load], &checkpoint(3)).await.expect_err("a tie");
        assert_eq!(error.code(), Code::DuplicateKey, "{error:?}");
        assert!(format!("{error}").contains("77"), "the key is named: {error}");
        flow.expect(&table, &[old], "as it was").await;
    }
}

/// NULL in a key stops the load.
pub async fn a_null_key_is_an_error(rig: &dyn Rig) {
    let Some(flow) = merging(rig).await else { return };
    let mut table = table("keyless");
    table.key = vec!["v".into()];
    let load = rows(&table, &[(1, Some("a"), 1), (2, None, 1)]);
    let target = flow.target(&table, Write::Merge);
    let error = flow
        .load(&target, &[load], &checkpoint(2))
        .await
        .expect_err("a NULL key");
    assert_eq!(error.code(), Code::NullKey, "{error:?}");
    assert_eq!(error.report().at.column.as_deref(), Some("v"), "{error:?}");
    assert!(flow.read(&table).await.is_none(), "nothing is made");
}

/// A key of two columns: both count.
pub async fn keys_have_several_columns(rig: &dyn Rig) {
    let Some(flow) = merging(rig).await else { return };
    let mut table = table("compound");
    (table.key, table.cursor) = (vec!["v".into(), "at".into()], None);
    let first = rows(&table, &[(1, Some("a"), 1), (2, Some("a"), 2), (3, Some("b"), 1)]);
    assert_eq!(flow.put(&table, Write::Merge, &[first]).await, receipt(3, 0));
    let second = rows(&table, &[(4, Some("A"), 1), (20, Some("a"), 2), (3, Some("b"), 1)]);
    assert_eq!(flow.put(&table, Write::Merge, &[second]).await, receipt(1, 1));
    let want = rows(
        &table,
        &[
            (1, Some("a"), 1),
            (20, Some("a"), 2),
            (3, Some("b"), 1),
            (4, Some("A"), 1),
        ],
    );
    flow.expect(&table, &[want], "two key columns").await;
}
