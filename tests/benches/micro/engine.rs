//! Hashes of rows, by which an increment knows what has landed.

// The engine shows nobody its hashes; they are a file of their own, which is measured as it is.
#[expect(unused_imports, reason = "its tests run with the engine")]
#[path = "../../../crates/engine/src/row_hash.rs"]
mod row_hash;

use arrow_array::RecordBatch;
use criterion::Criterion;

use crate::case;

pub(crate) fn cases(criterion: &mut Criterion, orders: &RecordBatch) {
    case(
        criterion,
        ("engine", "row_hash"),
        || (),
        |()| {
            let rows = 0..orders.num_rows();
            rows.fold(0, |all, row| all ^ row_hash::row_hash(orders, row).unwrap())
        },
    );
}
