//! What a source finds, and how it reads it.

use std::collections::HashSet;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use syncapp_connector::{Batch, Page, Range, ReadColumn, Snapshot};
use syncapp_model::{Code, DataType, Pattern, Scalar, Side, StreamKind};
use syncapp_tests::server::postgres::{Database, Login, Options, Postgres};
use syncapp_tests::tpch;

use super::ends::{count, drain, public, query, request, rows, source};

#[tokio::test]
async fn a_key_does_not_hold_for_tables_that_inherit_it() {
    let database = Postgres::shared().await.database().await;
    database
        .run(
            "create table parent (id int primary key); create table heir () inherits (parent);
             insert into parent values (1); insert into heir values (1)",
        )
        .await;
    let source = source(&database.reader);
    assert!(source.describe(&public("parent")).await.unwrap().primary_key.is_empty());
    let read = rows(&database.reader, &public("parent")).await.unwrap();
    assert_eq!(count(&read), 2, "its rows are read with it");
    database.run("drop table heir").await;
    assert_eq!(source.describe(&public("parent")).await.unwrap().primary_key, ["id"]);
}

#[tokio::test]
async fn streams_are_found() {
    let database = tpch::copy().await;
    database
        .run(
            "create materialized view kept as select 1 as one;
             create extension file_fdw; create server files foreign data wrapper file_fdw;
             create foreign table outside (line text) server files options (filename '/dev/null');
             grant select on outside, kept to public;
             create table hidden (a int); revoke all on hidden from public;
             create schema closed; create table closed.t (a int)",
        )
        .await;
    database
        .run(&format!("revoke all on hidden from {}", database.reader.user))
        .await;
    let source = source(&database.reader);
    let found = source.discover(&"public.*".parse().unwrap(), Page::ALL).await.unwrap();
    let names: Vec<String> = found.iter().map(|spec| spec.name.name.clone()).collect();
    let mut want: Vec<String> = tpch::TABLES
        .iter()
        .chain(&tpch::OTHER_TABLES)
        .map(ToString::to_string)
        .collect();
    want.sort();
    assert_eq!(names, want, "no partition, view, foreign or unreadable table");
    assert_eq!(
        source.discover(&Pattern::all(), Page::ALL).await.unwrap().len(),
        want.len()
    );

    let spec = |name: &str| found.iter().find(|spec| spec.name.name == name).unwrap();
    assert_eq!(spec("lineitem").primary_key, ["l_orderkey", "l_linenumber"]);
    assert_eq!(spec("tickets").primary_key, ["id"]);
    assert_eq!(spec("readings").kind, StreamKind::Partitioned);
    assert_eq!(
        spec("orders").column("o_totalprice").unwrap().ty,
        DataType::Decimal {
            precision: 15,
            scale: 2
        }
    );
    for (name, kind) in [
        ("open_orders", StreamKind::View),
        ("kept", StreamKind::View),
        ("outside", StreamKind::Foreign),
        ("readings_2023", StreamKind::Partition),
    ] {
        let exact = source
            .discover(&Pattern::Exact(public(name).name), Page::ALL)
            .await
            .unwrap();
        assert_eq!(exact.iter().map(|spec| spec.kind).collect::<Vec<_>>(), [kind], "{name}");
        let read = rows(&database.reader, &public(name)).await.unwrap();
        let counted = database.text(&format!("select count(*) from {name}")).await;
        assert_eq!(count(&read).to_string(), counted, "{name}");
    }
    assert_eq!(count(&rows(&database.reader, &public("readings")).await.unwrap()), 120);

    let denied = rows(&database.reader, &public("hidden")).await.unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied(Side::Source), "{denied:?}");
    for (wrong, near) in [("order", "public.orders"), ("LineItem", "public.lineitem")] {
        let missing = source.describe(&public(wrong)).await.unwrap_err();
        assert_eq!(missing.code(), Code::StreamNotFound, "{missing:?}");
        assert!(missing.report().help.as_ref().unwrap().contains(near), "{missing:?}");
    }
}

/// A table of many pages, about 45 MB.
async fn large() -> Database {
    let database = Postgres::shared().await.database().await;
    database
        .run(
            "create table large (id bigint, version int not null, filling text);
             insert into large select i, 0, repeat(md5(i::text), 12) from generate_series(1, 100000) i;
             analyze large",
        )
        .await;
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_together_are_the_snapshot() {
    let database = large().await;
    let source = source(&database.reader);
    let spec = source.describe(&public("large")).await.unwrap();
    let mut request = request(&public("large"), &spec, false);
    request.splits = 4;
    let snapshot = source.open(&request).await.unwrap();
    assert_eq!(snapshot.splits().len(), 4);
    // Rows move to other pages, vanish and come, before and between the splits' reading.
    let mut ids = Vec::new();
    for (number, split) in snapshot.splits().iter().enumerate() {
        database
            .run(&format!(
                "update large set version = version + 1, filling = 'x' where id % 4 = {number};
                 delete from large where id % 100 = {number};
                 insert into large select i, 7, 'new' from generate_series(200000, 205000) i;"
            ))
            .await;
        let batches: Vec<Batch> = futures_util::TryStreamExt::try_collect(snapshot.read(split).await.unwrap())
            .await
            .unwrap();
        assert!(!batches.is_empty(), "split {number} has rows");
        for batch in batches {
            let Batch::Columns(columns) = batch else {
                panic!("columns were asked for")
            };
            ids.extend(columns.column(0).as_primitive::<Int64Type>().values().iter().copied());
            let versions = columns.column(1).as_primitive::<arrow_array::types::Int32Type>();
            assert!(
                versions.values().iter().all(|version| *version == 0),
                "a row from after the snapshot"
            );
        }
    }
    assert_eq!(ids.len(), 100_000);
    assert_eq!(ids.into_iter().collect::<HashSet<_>>().len(), 100_000);
}

#[tokio::test]
async fn whole_rows_come_in_bounded_batches() {
    let database = large().await;
    let source = source(&database.reader);
    let spec = source.describe(&public("large")).await.unwrap();
    for (rows, bytes, most) in [(100, 1 << 24, 100), (1 << 20, 10_000, 30), (1, 1, 1)] {
        let mut request = request(&public("large"), &spec, true);
        (request.wire, request.limit) = (true, Some(1000));
        (request.batch_rows, request.batch_bytes) = (rows, bytes);
        let batches = drain(&*source.open(&request).await.unwrap()).await.unwrap();
        assert!(
            batches
                .iter()
                .all(|batch| matches!(batch, Batch::Native(_)) && batch.rows() <= most)
        );
        assert_eq!(batches.iter().map(Batch::rows).sum::<usize>(), 1000);
    }
}

/// What is asked for behind the native columns is read of each row as it passes.
#[tokio::test]
async fn rows_pass_with_their_cursor_beside_them() {
    let database = large().await;
    let source = source(&database.reader);
    let spec = source.describe(&public("large")).await.unwrap();
    let mut request = request(&public("large"), &spec, true);
    request.columns.push(ReadColumn {
        name: "id".into(),
        native: false,
    });
    // In the cursor's order: two scans of one table may begin anywhere.
    request.range = Some(Range {
        cursor: "id".into(),
        from: Some(Scalar::Int(0)),
        below: None,
    });
    (request.limit, request.batch_rows) = (Some(1000), 300);
    let apart = drain(&*source.open(&request).await.unwrap()).await.unwrap();
    request.wire = true;
    let passed = drain(&*source.open(&request).await.unwrap()).await.unwrap();
    assert_eq!(passed.len(), apart.len());
    for (passed, apart) in passed.iter().zip(&apart) {
        let (Batch::Passing(passed), Batch::Columns(apart)) = (passed, apart) else {
            panic!("{passed:?} and {apart:?}");
        };
        let last = apart.num_columns() - 1;
        assert_eq!(passed.beside.columns(), &apart.columns()[last..]);
        for row in 0..passed.len() {
            let mut at = 0;
            passed.cells(row, &mut |cell| {
                let column = apart.column(at).as_binary::<i32>();
                assert_eq!(cell, column.is_valid(row).then(|| column.value(row)), "{row} {at}");
                at += 1;
            });
            assert_eq!(at, last);
        }
    }
}

#[tokio::test]
async fn queries_are_streams() {
    let database = tpch::copy().await;
    let source = source(&database.reader);
    for (sql, names) in [
        (
            "select 1::int2 as a, 'x'::varchar(3) as b",
            &["a int16", "b string"][..],
        ),
        (
            "select n_name, 1.5::numeric(5,2) as c from nation order by 1;",
            &["n_name string", "c decimal(5,2)"],
        ),
        ("select 1 as \"odd \"\" name\" -- the end", &["odd \" name int32"]),
        ("select 1 as a; -- the end", &["a int32"]),
        ("select '; -- no end' as a /* ; */ ;\n\n", &["a string"]),
        ("with w as (values (1), (2)) select column1 as v from w", &["v int32"]),
        (
            "select 'sad'::mood as m, '00000'::zip_code as z, '{00000}'::zip_code[] as zs, '1'::regclass as r",
            &["m string", "z string", "zs string", "r string"],
        ),
    ] {
        let spec = source
            .describe(&query(sql))
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let got: Vec<String> = spec
            .columns
            .iter()
            .map(|column| format!("{} {}", column.name, column.ty))
            .collect();
        assert_eq!(got, names, "{sql}");
        assert!(spec.columns.iter().all(|column| column.nullable), "{sql}");
        for native in [false, true] {
            let snapshot = source.open(&request(&query(sql), &spec, native)).await.unwrap();
            let read = drain(&*snapshot)
                .await
                .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            assert!(read.iter().map(Batch::rows).sum::<usize>() > 0, "{sql}");
        }
    }
    for (sql, code) in [
        ("select 1 as a, 2 as a", Code::InvalidExpression),
        ("selekt 1", Code::InvalidExpression),
        ("select nothing from nation", Code::InvalidExpression),
        ("select 1; select 2", Code::InvalidExpression),
        ("delete from nation returning 1 as a", Code::InvalidExpression),
        ("select * from no_such_table", Code::StreamNotFound),
    ] {
        let error = rows(&database.reader, &query(sql)).await.expect_err(sql);
        assert_eq!(error.code(), code, "{sql}: {error:?}");
    }
}

/// An increment of `logged`.
async fn open(login: &Login) -> Box<dyn Snapshot> {
    let source = source(login);
    let spec = source.describe(&public("logged")).await.unwrap();
    let mut request = request(&public("logged"), &spec, false);
    request.range = Some(Range {
        cursor: "at".into(),
        from: None,
        below: None,
    });
    source.open(&request).await.unwrap()
}

/// Who has prepared a transaction has no session any more, and may still commit rows of long ago.
#[tokio::test]
async fn transactions_that_wait_to_be_committed_are_warned_of() {
    let server = Options::default()
        .setting("max_prepared_transactions", "1")
        .start()
        .await;
    let database = server.database().await;
    database
        .run("create table logged (id int, at timestamptz not null default now())")
        .await;
    assert_eq!(open(&database.reader).await.warnings(), []);
    let writing = database.owner.client().await;
    writing
        .batch_execute("begin; insert into logged values (1); prepare transaction 'later'")
        .await
        .unwrap();
    drop(writing);
    let snapshot = open(&database.reader).await;
    let codes: Vec<Code> = snapshot.warnings().iter().map(syncapp_model::Error::code).collect();
    assert_eq!(codes, [Code::LateRows]);
    database.run("commit prepared 'later'").await;
    assert_eq!(open(&database.reader).await.warnings(), []);
}

#[tokio::test]
async fn open_writers_lower_the_horizon() {
    let database = Postgres::shared().await.database().await;
    database
        .run("create table logged (id int, at timestamptz not null default now())")
        .await;
    let seeing = &database.reader;
    database
        .run(&format!("grant pg_read_all_stats to {}", seeing.user))
        .await;
    let blind = &database.writer;
    database
        .run(&format!(
            "grant usage on schema public to {0}; grant select on logged to {0}",
            blind.user
        ))
        .await;
    // Other tests' transactions are in other databases, and not looked at.
    assert_eq!(open(seeing).await.warnings(), []);

    let writing = database.owner.client().await;
    writing
        .batch_execute("begin; insert into logged values (1)")
        .await
        .unwrap();
    let row = writing
        .query_one("select (extract(epoch from now()) * 1000000)::int8", &[])
        .await
        .unwrap();
    let began = Scalar::TimestampTz(row.get(0));
    // A younger one changes nothing. It begins later by more than what the horizon leaves for clocks.
    let younger = database.owner.client().await;
    younger.batch_execute("select pg_sleep(1.5)").await.unwrap();
    younger.batch_execute("begin; select 1").await.unwrap();
    let snapshot = open(seeing).await;
    assert!(
        snapshot.horizon().is_some_and(|horizon| *horizon <= began),
        "{:?}",
        snapshot.horizon()
    );
    assert_eq!(snapshot.warnings(), []);

    let snapshot = open(blind).await;
    assert_eq!(
        snapshot
            .warnings()
            .iter()
            .map(syncapp_model::Error::code)
            .collect::<Vec<_>>(),
        [Code::LateRows]
    );
    younger.batch_execute("commit").await.unwrap();
    writing.batch_execute("commit").await.unwrap();
    // A second is left for a transaction that does not show yet that it has begun.
    let ended = writing
        .query_one(
            "select ((extract(epoch from clock_timestamp()) - 1) * 1000000)::int8",
            &[],
        )
        .await
        .unwrap();
    let snapshot = open(blind).await;
    assert!(
        snapshot
            .horizon()
            .is_some_and(|horizon| *horizon >= Scalar::TimestampTz(ended.get(0))),
        "{:?}",
        snapshot.horizon()
    );
    assert_eq!(snapshot.warnings(), []);
}
