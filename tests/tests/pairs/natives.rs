//! Columns of each system's own types, which no other system has, into every other system and back.
//!
//! A value that the source cannot carry is an error that names it, tried for each value alone; the others travel.

use std::fmt::Write as _;

use arrow_array::ArrayRef;
use syncapp_connector::testkit::{System, Table};
use syncapp_connector::{ReadColumn, ReadRequest, StreamRef};
use syncapp_model::{Code, DataType, Error, Result, Side};
use syncapp_tests::server::mariadb;
use syncapp_tests::server::postgres::Postgres;

use super::end::{ALL, End};
use super::{Kind, outcome, run};
use crate::mysql::kinds;

/// Columns of a table `kinds`, each with its rows' ids that can be carried.
struct Native {
    kind: Kind,
    query: String,
}

/// Reads one column of some rows.
async fn read(origin: &End, query: &str) -> Result<(DataType, ArrayRef)> {
    let stream = StreamRef {
        name: origin.stream("one"),
        query: Some(query.to_owned()),
    };
    let source = origin.source();
    let spec = source.describe(&stream).await?;
    let request = ReadRequest {
        stream,
        columns: vec![ReadColumn {
            name: "v".into(),
            native: false,
        }],
        wire: false,
        range: None,
        lenient: false,
        limit: None,
        splits: 1,
        batch_rows: 1000,
        batch_bytes: 1 << 20,
    };
    let snapshot = source.open(&request).await?;
    let mut arrays = Vec::new();
    for split in snapshot.splits() {
        let batches: Vec<syncapp_connector::Batch> =
            futures_util::TryStreamExt::try_collect(snapshot.read(split).await?).await?;
        for batch in batches {
            let syncapp_connector::Batch::Columns(columns) = batch else {
                panic!("native rows came unasked");
            };
            arrays.push(columns.column(0).clone());
        }
    }
    let ty = spec
        .columns
        .iter()
        .find(|column| column.name == "v")
        .unwrap()
        .ty
        .clone();
    let arrays: Vec<&dyn arrow_array::Array> = arrays.iter().map(AsRef::as_ref).collect();
    let all = arrow_select::concat::concat(&arrays);
    Ok((ty, all.map_err(|problem| Error::internal(problem.to_string()))?))
}

/// The values of a column that can be carried, and what is told of the others.
async fn native(
    origin: &End,
    at: usize,
    name: &str,
    column: &str,
    rows: std::ops::Range<i32>,
    told: &mut String,
) -> Native {
    let (table, id) = match origin {
        End::Postgres(_) => ("public.kinds", "id::bigint"),
        _ => ("kinds", "cast(id as signed)"),
    };
    let select = |rows: &str| format!("select {id} as id, {column} as v from {table} where id in ({rows}) order by 1");
    let mut carried = Vec::new();
    for row in rows {
        match read(origin, &select(&row.to_string())).await {
            Ok(_) => carried.push(row.to_string()),
            Err(error) => {
                let code = error.code();
                assert!(
                    matches!(
                        code,
                        Code::ValueOutOfRange(Side::Source) | Code::InvalidData(Side::Source)
                    ),
                    "{name}, row {row}: {error:?}"
                );
                let at = &error.report().at;
                assert!(at.column.is_some() && at.row.is_some(), "{name}, row {row}: {error:?}");
                writeln!(told, "{name} of row {row} is refused by the source, {code}").unwrap();
            }
        }
    }
    let query = select(&carried.join(", "));
    let (ty, want) = read(origin, &query).await.unwrap();
    let table = Table::new(&format!("n{at}"), &[("v", ty.clone())]);
    Native {
        kind: Kind {
            name: name.to_owned(),
            kept: ty.clone(),
            ty,
            table,
            want,
            // Whether a negative zero is kept is a matter of the server's version.
            varies: name == "a_float8",
        },
        query,
    }
}

/// Moves all columns into another system and back.
async fn pair(origin: &End, natives: &[Native], other: &'static str, told: &mut String) {
    let (syncapp, there) = (syncapp_tests::syncapp::Syncapp::default(), End::new(other).await);
    let what = format!("{other}_");
    let name = |native: &Native, end: &End| end.stream(&native.kind.table.name).raw();
    let lossless = |into: String| serde_json::json!({ "into": into, "on_error": "null" });
    let streams = natives.iter().map(|native| {
        let mut keys = lossless(native.kind.table.name.clone());
        keys["query"] = native.query.clone().into();
        (name(native, origin), keys)
    });
    let out = run(&syncapp, &origin.keys(), &there.keys(), streams.collect()).await;
    let landed = natives
        .iter()
        .filter(|native| out[&name(native, origin)].refused.is_none());
    let streams = landed.map(|native| {
        let mut keys = lossless(super::back_name(&what, &native.kind));
        let ty = native.kind.ty.to_string();
        keys["columns"] = serde_json::json!({ "id": { "type": "int64" }, "v": { "type": ty } });
        (name(native, &there), keys)
    });
    let back = run(&syncapp, &there.keys(), &origin.keys(), streams.collect()).await;
    for native in natives {
        let fates = (&out[&name(native, origin)], back.get(&name(native, &there)));
        let line = outcome(origin, &native.kind, fates, &what).await;
        if let Some(line) = line.filter(|_| !native.kind.varies) {
            writeln!(told, "{} by {other}: {line}", native.kind.name).unwrap();
        }
    }
}

async fn all(origin: &End, natives: &[Native], mut told: String) -> String {
    for other in ALL {
        pair(origin, natives, other, &mut told).await;
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn from_postgres() {
    let database = Postgres::shared().await.database().await;
    database.run(include_str!("../../sql/kinds.sql")).await;
    let writer = &database.writer.user;
    database
        .run(&format!(
            "grant usage on schema public to {writer}; grant select on kinds to {writer}"
        ))
        .await;
    let columns = database
        .texts("select attname from pg_attribute where attrelid = 'kinds'::regclass and attnum > 2 order by attnum")
        .await;
    let origin = End::Postgres(database);
    let (mut natives, mut told) = (Vec::new(), String::new());
    for (at, column) in columns.iter().flatten().enumerate() {
        // The server itself sends XML of version 1.0 without its declaration.
        let value = if column == "an_xml" {
            "case when id <> 3 then an_xml end"
        } else {
            column
        };
        natives.push(native(&origin, at, column, value, 1..9, &mut told).await);
    }
    insta::assert_snapshot!(all(&origin, &natives, told).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_mariadb() {
    let databases = mariadb::MariaDb::shared().await.databases().await;
    let owner = mariadb::Login {
        database: databases.writer.database.clone(),
        ..databases.owner.clone()
    };
    for statement in kinds::table() {
        owner.run(&statement).await;
    }
    let origin = End::MariaDb(databases);
    let (mut natives, mut told) = (Vec::new(), String::new());
    for (at, (kind, values)) in kinds::KINDS.iter().enumerate() {
        natives.push(
            native(
                &origin,
                at,
                kind,
                &format!("k{at}"),
                0..values.len() as i32 + 1,
                &mut told,
            )
            .await,
        );
    }
    insta::assert_snapshot!(all(&origin, &natives, told).await);
}
