//! Merges into tables that the user made, and rows that cannot land.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray};
use syncapp_connector::testkit::{Table, checkpoint};
use syncapp_connector::{Batch, Receipt, TargetColumn};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, DataType, Side};
use syncapp_tests::server::postgres::{Options, Postgres};

use super::ends::Landing;

#[tokio::test]
async fn rows_land_in_tables_of_the_users_own() {
    land_in_tables_of_the_users_own(Postgres::shared().await).await;
}

/// There rows are merged as on servers without MERGE.
#[tokio::test]
async fn rows_land_where_the_server_does_not_count_them() {
    let server = Options::default().setting("track_counts", "off").start().await;
    land_in_tables_of_the_users_own(&server).await;
}

async fn land_in_tables_of_the_users_own(server: &Postgres) {
    let database = server.database().await;
    for (number, definition) in [
        "(id bigint, v text)",
        "(id bigint primary key, v text)",
        "(id bigint generated always as identity primary key, v text)",
        "(id bigint generated always as identity, v text)",
        "(v json, id bigint)",
        "(v json, id bigint unique)",
        "(id numeric primary key, v varchar)",
        "(id bigint, v text, unique (id) deferrable initially deferred)",
        "(id bigint, v text, primary key (id)) partition by range (id)",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("own{number}");
        let partition = if definition.contains("partition") {
            format!("; create table {name}_all partition of {name} default")
        } else {
            String::new()
        };
        database
            .as_writer(&format!("create table {name} {definition}{partition}"))
            .await;
        let (flow, mut table) = (database.flow(), Table::texts(&name));
        if definition.contains("json") {
            table.columns[1].1 = DataType::Json;
        }
        let rows = |rows: &[(i64, &str)]| {
            let columns: [ArrayRef; 2] = [
                Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
                Arc::new(StringArray::from_iter_values(
                    rows.iter().map(|row| format!("\"{}\"", row.1)),
                )),
            ];
            table.rows(columns.into())
        };
        let first = flow
            .put(&table, Write::Merge, &[rows(&[(1, "a"), (2, "b"), (3, "c")])])
            .await;
        assert_eq!((first.inserted, first.updated), (3, 0), "{definition}");
        let places =
            format!("select string_agg(id || ' ' || xmin || ' ' || ctid, ',') from landing.{name} where id <> 2");
        let before = database.text(&places).await;
        let second = flow
            .put(&table, Write::Merge, &[rows(&[(1, "a"), (2, "B"), (3, "c"), (4, "d")])])
            .await;
        assert_eq!((second.inserted, second.updated), (1, 1), "{definition}");
        let all = format!("select string_agg(id || ' ' || v, ',' order by id) from landing.{name}");
        assert_eq!(
            database.text(&all).await,
            "1 \"a\",2 \"B\",3 \"c\",4 \"d\"",
            "{definition}"
        );
        let after = database.text(&places.replace("<> 2", "in (1, 3)")).await;
        assert_eq!(after, before, "{definition}: rows that did not change are not written");
    }
}

#[tokio::test]
async fn columns_named_as_the_statements_name_theirs() {
    let database = Postgres::shared().await.database().await;
    let names = [
        "s", "t", "r", "row", "rank", "number", "place", "image", "excluded", "inserted", "landed", "it", "n", "b",
    ];
    for unique in [true, false] {
        let mut table = Table::new(&format!("named_{unique}"), &names.map(|name| (name, DataType::Int64)));
        (table.key, table.cursor) = (vec!["s".into(), "rank".into()], Some("number".into()));
        if !unique {
            let columns: Vec<String> = table
                .columns
                .iter()
                .map(|(name, ..)| format!("\"{name}\" bigint"))
                .collect();
            database
                .as_writer(&format!("create table named_false ({})", columns.join(", ")))
                .await;
        }
        let rows = |number: i64, image: i64| {
            let column = |name: &str| match name {
                "number" => number,
                "image" => image,
                _ => 1,
            };
            let columns = table
                .columns
                .iter()
                .map(|(name, ..)| Arc::new(Int64Array::from(vec![column(name)])) as ArrayRef);
            table.rows(columns.collect())
        };
        let flow = database.flow();
        for _ in 0..2 {
            flow.put(&table, Write::Merge, &[rows(1, 1), rows(2, 2), rows(2, 2)])
                .await;
            flow.expect(&table, &[rows(2, 2)], "the greatest").await;
        }
        let target = flow.target(&table, Write::Merge);
        let tie = flow
            .load(&target, &[rows(3, 1), rows(3, 2)], &checkpoint(1))
            .await
            .unwrap_err();
        assert_eq!(tie.code(), Code::DuplicateKey, "{tie:?}");
        flow.expect(&table, &[rows(2, 2)], "as it was").await;
    }
}

#[tokio::test]
async fn values_that_do_not_fit_name_their_column() {
    let database = Postgres::shared().await.database().await;
    database
        .as_writer("create table narrow (id bigint, v varchar(3), check (id < 100))")
        .await;
    let (flow, table) = (database.flow(), Table::texts("narrow"));
    let target = flow.target(&table, Write::Append);
    for (rows, code, column) in [
        (&[(1, "abcd")][..], Code::ValueOutOfRange(Side::Destination), Some("v")),
        (&[(1, "a\0b")], Code::ValueOutOfRange(Side::Destination), Some("v")),
        (
            &[(1, "a"), (100, "b")],
            Code::ConstraintViolated(Side::Destination),
            None,
        ),
    ] {
        let error = flow
            .load(&target, &[table.text_rows(rows)], &checkpoint(1))
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{error:?}");
        assert_eq!(error.report().at.column.as_deref(), column, "{error:?}");
        assert!(error.report().help.is_some());
        assert_eq!(
            error.report().at.row.as_deref(),
            Some(format!("number {}", rows.len()).as_str()),
            "{error:?}"
        );
    }
    flow.put(&table, Write::Append, &[table.text_rows(&[(1, "äöü"), (2, "")])])
        .await;

    for table_of in ["narrow", "fresh"] {
        let mut table = Table::texts(table_of);
        table.key = vec!["v".into()];
        let rows = table.rows(vec![
            Arc::new(Int64Array::from(vec![1, 2])),
            Arc::new(StringArray::from(vec![Some("a"), None])),
        ]);
        let target = flow.target(&table, Write::Merge);
        let error = flow.load(&target, &[rows], &checkpoint(1)).await.unwrap_err();
        assert_eq!(error.code(), Code::NullKey, "{error:?}");
        assert_eq!(error.report().at.column.as_deref(), Some("v"));
    }
}

/// A million rows, of which the tenth is refused.
#[tokio::test]
async fn a_refused_row_ends_the_load_early() {
    let database = Postgres::shared().await.database().await;
    database
        .as_writer("create table checked (id bigint check (id <> 10), v text)")
        .await;
    let (flow, table) = (database.flow(), Table::texts("checked"));
    let target = flow.target(&table, Write::Append);
    let epoch = flow.claim(&target).await.unwrap();
    let mut load = flow.begin(&target, epoch).await.unwrap();
    let mut writer = load.writer().await.unwrap().unwrap();
    let text = "x".repeat(1000);
    let mut written = 0;
    let error = loop {
        let rows: Vec<(i64, &str)> = (written..written + 1000).map(|id| (id, text.as_str())).collect();
        match writer.write(Batch::Columns(table.text_rows(&rows))).await {
            Ok(()) => written += 1000,
            Err(error) => break error,
        }
        assert!(written < 100_000, "100 MB were written behind a refused row");
    };
    assert_eq!(error.code(), Code::ConstraintViolated(Side::Destination), "{error:?}");
    drop(writer);
    load.abort().await;
    flow.expect(&table, &[], "as it was").await;
}

#[tokio::test]
async fn a_type_is_declared_as_asked() {
    let database = Postgres::shared().await.database().await;
    let (flow, table) = (database.flow(), Table::texts("asked"));
    database
        .as_writer("create domain short as varchar(5); create type mood as enum ('ok')")
        .await;
    for (words, ty) in [
        ("varchar(20)", Ok("character varying(20)")),
        ("jsonb", Err(Code::TypeMismatch(Side::Destination))),
        ("short", Ok("short")),
        ("landing.mood", Ok("mood")),
        ("no_such", Err(Code::InvalidValue)),
        ("text); drop table canary; --", Err(Code::InvalidValue)),
        ("text, 1", Err(Code::InvalidValue)),
        ("", Err(Code::InvalidValue)),
    ] {
        let mut target = flow.target(&table, Write::Overwrite);
        target.columns[1] = TargetColumn {
            wanted_native: Some(words.into()),
            ..target.columns[1].clone()
        };
        let landed = flow
            .load(&target, &[table.text_rows(&[(1, "ok")])], &checkpoint(1))
            .await;
        match ty {
            Ok(ty) => {
                assert_eq!(
                    landed.unwrap(),
                    Receipt {
                        inserted: 1,
                        ..Receipt::default()
                    },
                    "{words}"
                );
                let sql = "set search_path = landing; select format_type(atttypid, atttypmod) from pg_attribute
                           where attrelid = 'landing.asked'::regclass and attname = 'v'";
                assert_eq!(database.text(sql).await, ty, "{words}");
            }
            Err(code) => {
                let error = landed.unwrap_err();
                assert_eq!(error.code(), code, "{words}: {error:?}");
                assert_eq!(error.report().at.column.as_deref(), Some("v"));
            }
        }
    }
}
