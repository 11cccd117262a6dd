//! Values bound to the staging table's statement, in memory.

use arrow_array::RecordBatch;
use criterion::Criterion;
use syncapp_connectors::sqlite::bench::Staging;

use crate::case;

pub(crate) fn cases(criterion: &mut Criterion, orders: &RecordBatch) {
    let schema = orders.schema();
    let fresh = || (Staging::of(&schema).unwrap(), orders.clone());
    case(criterion, ("sqlite", "stage"), fresh, |(staging, batch)| {
        staging.fill(batch).unwrap();
        staging
    });
}
