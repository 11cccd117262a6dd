//! Values come back as they went.

use std::sync::Arc;

use arrow_array::{Array, Int64Array, new_null_array};
use syncapp_model::sync_file::Write;

use super::{Flow, Odd, Rig, Table, edges};

/// The edges of each type, in a table of its own.
pub async fn every_type_keeps_its_edges(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    for (at, ty) in rig.abilities().types.iter().enumerate() {
        let table = Table::new(&format!("t{at}"), &[("v", ty.clone())]);
        let rows = table.value_rows(edges(ty));
        flow.put(&table, Write::Overwrite, std::slice::from_ref(&rows)).await;
        flow.expect(&table, &[rows], &format!("type {ty}")).await;
    }
}

/// What lies beyond the ordinary range comes back too, or stops the load with an error that names the column.
pub async fn odd_values_are_kept_or_refused(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    for odd in Odd::ALL {
        let (ty, values) = odd.values();
        if !can.types.contains(&ty) {
            continue;
        }
        let table = Table::new(&format!("{odd:?}").to_lowercase(), &[("v", ty)]);
        let rows = table.value_rows(values);
        let loaded = flow
            .load(
                &flow.target(&table, Write::Overwrite),
                std::slice::from_ref(&rows),
                &super::checkpoint(1),
            )
            .await;
        let kept = can.odd.contains(&odd);
        if kept || (can.varying.contains(&odd) && loaded.is_ok()) {
            loaded.unwrap_or_else(|error| panic!("{odd:?} was refused: {error:?}"));
            flow.expect(&table, &[rows], &format!("{odd:?}")).await;
        } else {
            let Err(error) = loaded else {
                panic!("{odd:?} was taken, though it cannot be held");
            };
            assert_eq!(error.report().at.column.as_deref(), Some("v"), "{odd:?}: {error:?}");
            assert!(
                flow.read(&table).await.is_none(),
                "{odd:?}: a refused load makes no table"
            );
        }
    }
}

/// A column of nothing but NULL keeps its type.
pub async fn null_keeps_its_type(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    if !can.declares_types {
        return;
    }
    let mut table = Table::new("nulls", &[]);
    let mut columns: Vec<Arc<dyn Array>> = vec![Arc::new(Int64Array::from(vec![1, 2]))];
    for (at, ty) in can.types.iter().enumerate() {
        table.columns.push((format!("c{at}"), ty.clone(), true));
        columns.push(new_null_array(&ty.arrow(), 2));
    }
    let rows = table.rows(columns);
    flow.put(&table, Write::Overwrite, std::slice::from_ref(&rows)).await;
    flow.expect(&table, &[rows], "nothing but NULL").await;
}
