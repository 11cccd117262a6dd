//! Every kind of type, from one server's table to another's and into Arrow.

use arrow_array::RecordBatch;
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Result, Side, StreamName};
use syncapp_tests::server::postgres::{Database, Postgres};

use super::ends::{copy, public, query, rows, shown, source, target};

/// The types that columns of `kinds` have in a table that SyncApp makes, where they are not their own.
const OTHER_TYPES: &str = "a_mood text, a_zip text, a_place text, moods text, zips text, places text";

async fn kinds() -> Database {
    let database = Postgres::shared().await.database().await;
    database.run(include_str!("../../sql/kinds.sql")).await;
    database
}

async fn types(database: &Database, table: &str) -> Vec<String> {
    let sql = format!(
        "select attname || ' ' || format_type(atttypid, atttypmod) from pg_attribute
         where attrelid = '{table}'::regclass and attnum > 0 order by attnum"
    );
    database.texts(&sql).await.into_iter().flatten().collect()
}

#[tokio::test]
async fn every_value_travels_as_it_is() {
    let (from, to) = (kinds().await, Postgres::shared().await.database().await);
    // The server sends an empty tsquery and does not take it back.
    let empty = query("select ''::tsquery as q");
    let mut spec = source(&from.reader).describe(&empty).await.unwrap();
    let refused = copy(
        &from.reader,
        &empty,
        &to.writer,
        &target(&spec, Write::Append, &[]),
        true,
    )
    .await
    .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidData(Side::Destination), "{refused:?}");
    from.run("update kinds set a_tsquery = 'a' where numnode(a_tsquery) = 0")
        .await;
    let images = from.texts("select k::text from kinds k order by id").await;
    let want: Vec<String> = types(&from, "public.kinds")
        .await
        .into_iter()
        .map(|column| {
            let name = column.split(' ').next().unwrap();
            let other = OTHER_TYPES
                .split(", ")
                .find(|other| other.starts_with(&format!("{name} ")));
            other.map_or(column.clone(), ToOwned::to_owned)
        })
        .collect();
    spec = source(&from.reader).describe(&public("kinds")).await.unwrap();
    for wire in [false, true] {
        for write in [Write::Overwrite, Write::Append, Write::Merge] {
            let mut target = target(&spec, write, &["id"]);
            target.name = StreamName::bare(format!("kinds_{wire}_{write:?}").to_lowercase());
            let table = format!("landing.{}", target.name);
            copy(&from.reader, &public("kinds"), &to.writer, &target, wire)
                .await
                .unwrap();
            let landed = to.texts(&format!("select k::text from {table} k order by id")).await;
            assert_eq!(landed, images, "{table}");
            assert_eq!(types(&to, &table).await, want, "{table}");
            if write != Write::Append {
                let receipt = copy(&from.reader, &public("kinds"), &to.writer, &target, wire)
                    .await
                    .unwrap();
                assert_eq!((receipt.updated, receipt.deleted), (0, 0), "{table} again");
            }
        }
    }
}

#[tokio::test]
async fn user_defined_types_land_in_their_own() {
    let (from, to) = (kinds().await, Postgres::shared().await.database().await);
    let sql = "create type mood as enum ('sad', 'ok', 'it''s \"fine\"'); create domain zip_code as text;
               create table typed (id integer primary key, a_mood mood, a_zip zip_code)";
    to.writer.client().await.batch_execute(sql).await.unwrap();
    let some = query("select id, a_mood, a_zip from kinds");
    let mut spec = source(&from.reader).describe(&some).await.unwrap();
    spec.name = StreamName::bare("typed");
    let target = target(&spec, Write::Merge, &["id"]);
    copy(&from.reader, &some, &to.writer, &target, true).await.unwrap();
    let [there, here] = [(&from, "kinds"), (&to, "landing.typed")].map(|(database, table)| async move {
        database
            .texts(&format!(
                "select concat_ws('|', id, a_mood, a_zip) from {table} order by id"
            ))
            .await
    });
    assert_eq!(here.await, there.await);
}

/// The column's Arrow type, its value in the first row, and the rows that cannot be carried.
const TYPED: &[(&str, &str, &str, &[i32])] = &[
    ("a_numeric", "decimal", "12345.6789", &[]),
    ("a_money_like", "decimal(15,2)", "1234.50", &[4]),
    ("a_fine", "decimal(38,20)", "1.00000000000000000001", &[4]),
    ("a_rounded", "decimal", "12300", &[]),
    (
        "a_timestamptz",
        "timestamptz",
        "2024-02-29T10:34:56.789012Z",
        &[3, 4, 5],
    ),
    ("a_timestamp", "timestamp", "2024-02-29T12:34:56.789012", &[3, 4, 5]),
    ("a_millis", "timestamp", "2024-02-29T12:34:56.789", &[4, 5]),
    ("a_date", "date", "2024-02-29", &[4, 5]),
    ("a_time", "time", "12:34:56.789012", &[]),
    ("a_timetz", "string", "12:34:56.789012+05:30", &[]),
    (
        "an_interval",
        "interval",
        "14 mons 3 days 4 hours 5 mins 6.789000000 secs",
        &[3],
    ),
    ("a_uuid", "uuid", "6b2d1f2e3c4b4a598f6e7d8c9b0a1f2e", &[]),
    ("a_json", "json", r#"{"b": 1,  "a": [1, 2.50, null], "b": 2}"#, &[]),
    ("a_jsonb", "json", r#"{"a": [1, 2.50, null], "b": 1}"#, &[]),
    ("a_bytea", "binary", "deadbeef", &[]),
    ("a_char", "string", "abc   ", &[]),
    ("a_bool", "bool", "true", &[]),
    ("an_int2", "int16", "12", &[]),
    ("a_float4", "float32", "1.25", &[]),
    ("a_float8", "float64", "1.1", &[]),
    ("a_money", "decimal", "1234.56", &[]),
    ("an_inet", "string", "192.168.1.5/24", &[]),
    ("a_bit", "string", "10110", &[]),
    ("ints", "list<int32>", "[1, 2, 3]", &[3, 5, 6]),
    ("texts", "list<string>", "[a, b]", &[3, 5]),
    ("grid", "list<decimal>", "", &[1, 3, 4, 6]),
    ("an_int4range", "string", "[1,10)", &[]),
    (
        "a_tstzrange",
        "string",
        r#"["2024-01-01 00:00:00+00","2024-02-01 00:00:00+00")"#,
        &[],
    ),
    ("a_mood", "string", "ok", &[]),
    ("a_zip", "string", "12345", &[]),
    ("a_place", "string", r#"("Main St",5,"(1,2)")"#, &[]),
    ("moods", "string", "{sad,ok}", &[]),
    ("an_xml", "string", r#"<a b="c">d</a>"#, &[]),
    ("an_oid", "int64", "42", &[]),
    ("a_name", "string", "a_name", &[]),
    ("an_only_null", "int32", "NULL", &[]),
];

async fn one(database: &Database, column: &str, id: i32) -> Result<Vec<RecordBatch>> {
    rows(
        &database.reader,
        &query(&format!("select {column} from kinds where id = {id}")),
    )
    .await
}

#[tokio::test]
async fn every_kind_has_a_typed_form() {
    let database = kinds().await;
    let spec = source(&database.reader).describe(&public("kinds")).await.unwrap();
    for (column, ty, first, refused) in TYPED {
        assert_eq!(spec.column(column).unwrap().ty.to_string(), *ty, "{column}");
        for id in 1..=8 {
            let read = one(&database, column, id).await;
            if !refused.contains(&id) {
                let read = read.unwrap_or_else(|error| panic!("{column} of row {id}: {error:?}"));
                if id == 1 {
                    assert_eq!(shown(&read, column, 0), *first, "{column}");
                }
                continue;
            }
            let error = read
                .err()
                .unwrap_or_else(|| panic!("{column} of row {id} cannot be carried"));
            assert_eq!(error.code(), Code::ValueOutOfRange(Side::Source), "{error:?}");
            assert_eq!(error.report().at.column.as_deref(), Some(*column), "{error:?}");
            assert_eq!(error.report().at.row.as_deref(), Some("number 1"), "{error:?}");
        }
    }
}
