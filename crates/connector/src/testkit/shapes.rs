//! Tables of odd shapes and names, and tables that change.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, DataType, Pattern};

use super::{Flow, Rig, Table, checkpoint};
use crate::{Page, TargetChange};

/// A stream without rows makes its table, with its columns.
pub async fn an_empty_stream_makes_its_table(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    for write in can.writes.clone() {
        let mut table = Table::texts(&format!("empty_{write:?}").to_lowercase());
        for (at, ty) in can.types.iter().enumerate() {
            table.columns.push((format!("c{at}"), ty.clone(), true));
        }
        flow.put(&table, write, &[]).await;
        let spec = flow.describe(&table).await.expect("the table is there");
        let names: Vec<_> = spec.columns.iter().map(|column| &column.name).collect();
        let want: Vec<_> = table.columns.iter().map(|column| &column.0).collect();
        assert_eq!(names, if can.declares_columns { want } else { vec![] }, "{write:?}");
        if can.declares_types {
            flow.expect(&table, &[], "an empty stream").await;
        }
    }
}

/// A later load with one more column adds it; rows from before have NULL there. The change is announced.
pub async fn a_new_column_is_added(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    if !can.tables {
        return;
    }
    for write in [Write::Append, Write::Merge] {
        if !can.can(write) {
            continue;
        }
        let old = Table::texts(&format!("grown_{write:?}").to_lowercase());
        flow.put(&old, write, &[old.text_rows(&[(1, "a")])]).await;
        let mut new = old.clone();
        new.columns.insert(1, ("more".into(), DataType::Int32, true));
        let shape = flow
            .system
            .destination()
            .diff(&flow.target(&new, write))
            .await
            .expect("diff");
        let added: Vec<_> = shape
            .changes
            .iter()
            .map(|change| match change {
                TargetChange::AddColumn { column, .. } => column.as_str(),
                _ => "something else",
            })
            .collect();
        assert_eq!(added, ["more"], "{write:?}");
        let numbers: ArrayRef = Arc::new(arrow_array::Int32Array::from(vec![5]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["b"]));
        flow.put(
            &new,
            write,
            &[new.rows(vec![Arc::new(Int64Array::from(vec![2])), numbers, texts])],
        )
        .await;

        let mut want = old.clone();
        want.columns.push(("more".into(), DataType::Int32, true));
        let want = want.rows(vec![
            Arc::new(Int64Array::from(vec![1, 2])),
            Arc::new(StringArray::from(vec!["a", "b"])),
            Arc::new(arrow_array::Int32Array::from(vec![None, Some(5)])),
        ]);
        let got = flow.read(&old).await.expect("the table is there");
        super::table::assert_rows(&got, &want, "after a new column");
        let shape = flow
            .system
            .destination()
            .diff(&flow.target(&new, write))
            .await
            .expect("diff");
        assert_eq!(shape.changes, [], "nothing is left to change");
    }
}

/// A column that cannot hold the type that comes is an error before any row moves.
pub async fn a_type_that_does_not_fit_is_refused(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    if !can.tables || !can.can(Write::Append) {
        return;
    }
    let table = |ty| Table::new("fixed", &[("v", ty)]);
    flow.put(&table(DataType::Int64), Write::Append, &[]).await;
    for ty in [
        DataType::String,
        DataType::Float64,
        DataType::Timestamp,
        DataType::BigDecimal,
        DataType::Binary,
    ] {
        let target = flow.target(&table(ty.clone()), Write::Append);
        let error = flow
            .load(&target, &[], &checkpoint(0))
            .await
            .expect_err("it does not fit");
        assert_eq!(
            error.code(),
            Code::TypeMismatch(syncapp_model::Side::Destination),
            "{ty} into int64: {error:?}"
        );
        assert_eq!(error.report().at.column.as_deref(), Some("v"), "{error:?}");
    }
    flow.put(&table(DataType::Int64), Write::Append, &[]).await;
}

/// Names that are hard to quote: as tables, and as columns, keys and cursors.
pub async fn odd_names_survive(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    for write in can.writes.clone() {
        let flow = Flow::new(rig).await;
        for name in &can.table_names {
            let table = Table::texts(name);
            flow.put(&table, write, &[]).await;
            let rows = table.text_rows(&[(1, name)]);
            flow.put(&table, write, std::slice::from_ref(&rows)).await;
            flow.expect(&table, &[rows], &format!("table `{name}`, {write:?}"))
                .await;
        }
        let source = flow.system.source();
        let found = source.discover(&Pattern::all(), Page::ALL).await.expect("discover");
        assert_eq!(found.len(), can.table_names.len());
        let labels: Vec<_> = found.iter().map(syncapp_model::StreamSpec::label).collect();
        assert_eq!(source.names(&Pattern::all(), Page::ALL).await.expect("names"), labels);
    }
    for (at, name) in can.column_names.iter().enumerate() {
        for write in can.writes.clone() {
            let mut table = Table::new(
                &format!("columns_{at}_{write:?}").to_lowercase(),
                &[(name, DataType::Int64)],
            );
            (table.key, table.cursor) = (vec![(*name).to_owned()], Some((*name).to_owned()));
            let rows = |of: [i64; 2]| table.value_rows(Arc::new(Int64Array::from_iter_values(of)));
            flow.put(&table, write, &[rows([1, 2])]).await;
            let got = flow.read(&table).await.unwrap_or_else(|| panic!("column `{name}`"));
            super::table::assert_rows(&got, &rows([1, 2]), &format!("column `{name}`, {write:?}"));
            if write == Write::Merge {
                flow.put(&table, write, &[rows([1, 2])]).await;
                flow.expect(&table, &[rows([1, 2])], &format!("column `{name}` as key and cursor"))
                    .await;
            }
        }
    }
    let columns: Vec<_> = can.column_names.iter().map(|name| (*name, DataType::Int64)).collect();
    let table = Table::new("all_names", &columns);
    let ids = || Arc::new(Int64Array::from(vec![1])) as ArrayRef;
    let rows = table.rows(table.columns.iter().map(|_| ids()).collect());
    flow.put(&table, can.writes[0], std::slice::from_ref(&rows)).await;
    flow.expect(&table, &[rows], "all names in one table").await;
}

/// Five hundred columns.
pub async fn wide_rows_survive(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    for write in can.writes.clone() {
        let names: Vec<String> = (1..500).map(|at| format!("column_{at}")).collect();
        let columns: Vec<_> = names.iter().map(|name| (name.as_str(), DataType::Int64)).collect();
        let table = Table::new(&format!("wide_{write:?}").to_lowercase(), &columns);
        let rows = |offset: i64| {
            let column =
                |at: i64| Arc::new(Int64Array::from_iter_values((1..=3).map(|row| row + at * offset))) as ArrayRef;
            table.rows((0..500).map(column).collect())
        };
        flow.put(&table, write, &[rows(7)]).await;
        flow.expect(&table, &[rows(7)], "five hundred columns").await;
        if write == Write::Merge {
            assert_eq!(flow.put(&table, write, &[rows(8)]).await.updated, 3);
            flow.expect(&table, &[rows(8)], "five hundred columns merged").await;
        }
    }
}

/// Texts of ten million bytes, in batches bounded below that.
pub async fn long_rows_survive(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    let table = Table::texts("long");
    let long = |with: &str| with.repeat(10_000_000 / with.len());
    let texts = [long("x"), "short".to_owned(), long("é 表 \"\n")];
    let batches: Vec<RecordBatch> = (1..)
        .zip(&texts)
        .map(|(id, text)| table.text_rows(&[(id, text)]))
        .collect();
    flow.put(&table, rig.abilities().writes[0], &batches).await;
    let got = flow.read(&table).await.expect("the table is there");
    let got: HashSet<usize> = {
        use arrow_array::cast::AsArray;
        assert_eq!(got.num_rows(), texts.len());
        let column = got.column(1).as_string::<i32>();
        (0..texts.len())
            .filter(|row| column.value(*row) == texts[*row])
            .collect()
    };
    assert_eq!(got.len(), texts.len(), "rows that came back whole: {got:?}");
}
