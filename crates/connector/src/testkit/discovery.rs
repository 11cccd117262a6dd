//! What was written can be found.

use syncapp_model::sync_file::Write;
use syncapp_model::{Code, DataType, Pattern, StreamSpec};

use super::{Flow, Rig, Table, edges};
use crate::{Page, StreamRef};

/// Names, columns, types and NOT NULL.
pub async fn finds_what_was_written(rig: &dyn Rig) {
    let (flow, can) = (Flow::new(rig).await, rig.abilities());
    let mut table = Table::texts("found");
    for (at, ty) in can.types.iter().enumerate() {
        table.columns.push((format!("c{at}"), ty.clone(), true));
    }
    let mut columns = table.text_columns(3);
    columns.extend(can.types.iter().map(|ty| edges(ty).slice(0, 3)));
    flow.put(&table, Write::Overwrite, &[table.rows(columns)]).await;

    let found = flow
        .system
        .source()
        .discover(&Pattern::all(), Page::ALL)
        .await
        .expect("discover");
    let [found] = &found[..] else {
        panic!(
            "one stream was written, found {:?}",
            found.iter().map(|spec| spec.name.to_string()).collect::<Vec<_>>()
        );
    };
    assert_eq!(found.name, flow.system.stream("found"));
    assert_eq!(
        found,
        &flow.describe(&table).await.expect("describe"),
        "discover and describe agree"
    );
    let got: Vec<_> = found
        .columns
        .iter()
        .map(|column| {
            (
                column.name.clone(),
                column.ty.clone(),
                column.nullable || !can.declares_nullability,
            )
        })
        .collect();
    let want: Vec<_> = table
        .columns
        .iter()
        .map(|(name, ty, nullable)| (name.clone(), ty.clone(), *nullable || !can.declares_nullability))
        .collect();
    assert_eq!(got, want);

    let exact = Pattern::Exact(found.name.clone());
    let by_name = flow
        .system
        .source()
        .discover(&exact, Page::ALL)
        .await
        .expect("discover by name");
    assert_eq!(by_name.len(), 1);
}

/// Pages follow each other in the order of names and leave nothing out.
pub async fn pages(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    for name in ["c", "a", "e", "b", "d"] {
        let table = Table::texts(name);
        flow.put(&table, Write::Overwrite, &[table.text_rows(&[(1, name)])])
            .await;
    }
    let mut names = Vec::new();
    for offset in [0, 2, 4, 6] {
        let page = Page { offset, limit: 2 };
        let found = flow
            .system
            .source()
            .discover(&Pattern::all(), page)
            .await
            .expect("discover");
        assert!(found.len() <= 2);
        let labels: Vec<_> = found.iter().map(StreamSpec::label).collect();
        let alone = flow.system.source().names(&Pattern::all(), page).await;
        assert_eq!(alone.expect("names"), labels, "names and discover agree");
        names.extend(found.into_iter().map(|spec| spec.name));
    }
    let want: Vec<_> = ["a", "b", "c", "d", "e"].map(|name| flow.system.stream(name)).into();
    assert_eq!(names, want);
}

/// A stream that is not there is an error that names one that is.
pub async fn names_the_nearest_stream(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    let table = Table::texts("orders");
    flow.put(&table, Write::Overwrite, &[table.text_rows(&[(1, "x")])])
        .await;
    let wrong = StreamRef::table(flow.system.stream("order"));
    let error = flow
        .system
        .source()
        .describe(&wrong)
        .await
        .expect_err("there is no such stream");
    assert_eq!(error.code(), Code::StreamNotFound, "{error:?}");
    let said = format!("{} {}", error, error.report().help.clone().unwrap_or_default());
    assert!(said.contains("orders"), "the nearest stream is named: {said}");
    assert_eq!(
        flow.describe(&table).await.expect("describe").columns[0].ty,
        DataType::Int64
    );
}
