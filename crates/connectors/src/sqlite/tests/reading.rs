//! Tables, views and queries that users made.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use futures_util::StreamExt;
use syncapp_connector::{Batch, Page, Range, ReadColumn, ReadRequest, StreamRef};
use syncapp_model::{Code, DataType, Pattern, Scalar, Side, StreamKind, StreamName};

use super::{File, table, types};

#[tokio::test]
async fn tables_views_and_keys_are_found() {
    let (flow, _) = File::flow(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, \"name\" TEXT NOT NULL, total GENERATED ALWAYS AS (id * 2));
         CREATE TABLE b (y TEXT, x INT, PRIMARY KEY (x, y)) WITHOUT ROWID;
         CREATE TABLE _syncapp_checkpoint (x);
         CREATE VIEW v AS SELECT id, name, id + 1 AS next FROM a;
         CREATE VIEW broken AS SELECT * FROM gone;
         INSERT INTO a(name) VALUES ('one'), ('two');",
    );
    let found = flow.system.source().discover(&Pattern::all(), Page::ALL).await.unwrap();
    let names: Vec<_> = found.iter().map(|spec| (spec.name.to_string(), spec.kind)).collect();
    let kinds = [StreamKind::Table, StreamKind::Table, StreamKind::View];
    assert_eq!(
        names,
        ["a", "b", "v"]
            .map(str::to_owned)
            .into_iter()
            .zip(kinds)
            .collect::<Vec<_>>()
    );
    assert_eq!(found[0].primary_key, ["id"]);
    assert_eq!(found[0].estimated_rows, Some(2));
    assert_eq!(types(&found[0]), ["id int64", "name string", "total int64"]);
    assert_eq!(
        found[0]
            .columns
            .iter()
            .map(|column| column.nullable)
            .collect::<Vec<_>>(),
        [false, false, true]
    );
    assert_eq!(found[1].primary_key, ["x", "y"]);
    assert_eq!(types(&found[2]), ["id int64", "name string", "next int64"]);
    let broken = flow
        .system
        .source()
        .describe(&StreamRef::table(StreamName::bare("broken")))
        .await
        .unwrap_err();
    assert_eq!(broken.code(), Code::Failed(Side::Source));
}

#[tokio::test]
async fn columns_without_a_type_have_that_of_their_values() {
    let (flow, _) = File::flow(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h DATETIME, i DATE);
         INSERT INTO t VALUES
           (1, 1, 1.5, 'x', x'00', 1,   9007199254740993, 1,   '2024-01-01 10:00:00', 1704067200),
           (2, 2, 2.5, 'y', x'01', 1.5, 0.5,              'x', '2024-01-01T11:00',    1704067201);",
    );
    let spec = flow.describe(&table("t", &[])).await.unwrap();
    let want = [
        "id int64",
        "a int64",
        "b float64",
        "c string",
        "d binary",
        "e float64",
        "f decimal",
        "g string",
        "h timestamp",
        "i int64",
    ];
    assert_eq!(types(&spec), want);
    let rows = flow.read(&table("t", &[])).await.unwrap();
    let texts = |at: usize| {
        rows.column(at)
            .as_string::<i32>()
            .iter()
            .map(|text| text.unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(6), ["9007199254740993", "0.5"]);
    assert_eq!(texts(7), ["1", "x"]);
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_an_error_that_names_it() {
    for (declared, value, says) in [
        ("INTEGER", "'abc'", "text"),
        ("INT16", "40000", "16 bits"),
        ("BOOLEAN", "2", "neither 0 nor 1"),
        ("REAL", "'abc'", "text"),
        ("TEXT", "x'80'", "bytes"),
        ("TEXT", "CAST(x'80' AS TEXT)", "not UTF-8"),
        ("BLOB", "'abc'", "text"),
        ("TEXT_DATE", "'2024-02-30'", "no date"),
        ("DATETIME", "'2024-02-29 10:00:00+02:00'", "no timestamp"),
        ("TEXT_TIMESTAMPTZ", "'2024-02-29 10:00:00'", "no instant"),
        ("DECIMAL(5,2)", "1234.5", "no decimal"),
        ("TEXT_DECIMAL(5,2)", "'0.001'", "no decimal"),
        ("TEXT_UUID", "'123'", "no UUID"),
        ("\"TEXT_LIST<i32>\"", "'{}'", "no JSON array"),
        ("\"TEXT_LIST<i32>\"", "'[99999999999]'", "32 bits"),
    ] {
        let (flow, _) = File::flow(&format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v {declared}); INSERT INTO t VALUES (7, NULL), (8, {value})"
        ));
        let spec = flow.describe(&table("t", &[])).await.unwrap();
        let error = flow.batches(&flow.request(&table("t", &[]), &spec)).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidData(Side::Source), "{declared}: {error:?}");
        assert!(error.report().why.contains(says), "{declared}: {error:?}");
        let at = &error.report().at;
        assert_eq!(
            (at.stream.as_deref(), at.column.as_deref(), at.row.as_deref()),
            (Some("t"), Some("v"), Some("rowid 8"))
        );
    }
}

#[tokio::test]
async fn queries_are_streams_and_only_read() {
    let (flow, _) = File::flow(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT_DATE); INSERT INTO t VALUES (1, '2024-01-01'), (2, NULL)",
    );
    let stream = |query: &str| StreamRef {
        name: StreamName::bare("q"),
        query: Some(query.into()),
    };
    let source = flow.system.source();
    let spec = source
        .describe(&stream("SELECT at, id AS n, id / 2.0 AS half FROM t; -- all"))
        .await;
    assert!(spec.is_err(), "a comment behind the semicolon is a second statement");
    let spec = source
        .describe(&stream("SELECT at, id AS n, id / 2.0 AS half FROM t -- all"))
        .await
        .unwrap();
    assert_eq!(types(&spec), ["at date", "n int64", "half float64"]);
    for query in ["DELETE FROM t", "SELECT 1 AS a, 2 AS A", "SELECT", ""] {
        assert!(source.describe(&stream(query)).await.is_err(), "{query}");
    }
}

#[tokio::test]
async fn cursors_compare_by_value_not_by_spelling() {
    let (flow, _) = File::flow(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at DATETIME);
         INSERT INTO t VALUES (1, '2024-01-01T09:00:00'), (2, '2024-01-01 10:00:00'), (3, '2024-01-01 10:00:00.5'),
                              (4, '10000-01-01 00:00:00'), (5, NULL);",
    );
    let from = match Scalar::parse("2024-01-01 10:00:00", &DataType::Timestamp) {
        Some(from) => Some(from),
        None => panic!("a timestamp"),
    };
    let range = Range {
        cursor: "at".into(),
        from,
        below: None,
    };
    let (ids, ordered) = flow.ids(&table("t", &[]), Some(range), None).await.unwrap();
    assert_eq!((ids, ordered), (vec![5, 2, 3, 4], true));
}

#[tokio::test]
async fn values_of_another_storage_class_are_marked() {
    let (flow, _) = File::flow(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, b BLOB, s TEXT);
         INSERT INTO t VALUES (1, 1, x'01', 'a'), (2, 'old', 'text', x'ff00'), (3, 1.5, x'', 'c'), (4, 4, x'04', 'd');",
    );
    let request = ReadRequest {
        stream: StreamRef::table(StreamName::bare("t")),
        columns: ["id", "n", "b", "s"]
            .map(|name| ReadColumn {
                name: name.into(),
                native: false,
            })
            .into(),
        wire: false,
        range: None,
        lenient: true,
        limit: None,
        splits: 1,
        batch_rows: 10,
        batch_bytes: 1 << 20,
    };
    let snapshot = flow.system.source().open(&request).await.unwrap();
    let mut batches = snapshot.read(&snapshot.splits()[0]).await.unwrap();
    let Batch::Marked(marked) = batches.next().await.unwrap().unwrap() else {
        panic!("nothing was marked");
    };
    let cells = marked.cells.iter().map(|cell| {
        let at = &cell.error.report().at;
        (
            cell.row,
            at.column.as_deref().unwrap(),
            at.row.as_deref().unwrap(),
            cell.text.as_str(),
        )
    });
    assert_eq!(
        cells.collect::<Vec<_>>(),
        [
            (1, "n", "rowid 2", "old"),
            (1, "b", "rowid 2", "text"),
            (1, "s", "rowid 2", "ff00"),
            (2, "n", "rowid 3", "1.5"),
        ]
    );
    let numbers: Vec<_> = marked.columns.column(1).as_primitive::<Int64Type>().iter().collect();
    assert_eq!(numbers, [Some(1), None, None, Some(4)]);
    assert_eq!(
        marked.sound().iter().flatten().collect::<Vec<_>>(),
        [true, false, false, true]
    );
}
