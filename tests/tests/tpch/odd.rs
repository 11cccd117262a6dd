//! Values that other systems cannot hold: an error that names column and row, and without them everything passes.

use syncapp_tests::compare;
use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::Syncapp;
use syncapp_tests::tpch;

use super::file;

const SQLITE: &str = "{ connector: sqlite, path: ./lake.db }";
const PARQUET: &str = "{ connector: files, path: ., format: parquet }";

/// `kinds` without the rows whose values have no Arrow form, and without the array of two dimensions.
const EVEN: &str = "      public.kinds: { into: kinds, query: \"select * from kinds where id in (1, 7, 8)\", \
                    select: [\"*\", \"-grid\"] }\n";

#[tokio::test]
async fn an_odd_value_is_an_error_with_its_column_and_row() {
    let source = tpch::copy().await;
    for (connection, streams) in [(SQLITE, ""), (PARQUET, "")] {
        let cases = [
            ("a_timestamptz", "number 3"),
            ("a_date", "number 4"),
            ("an_interval", "number 3"),
            ("a_money_like", "number 4"),
            ("grid", "number 1"),
        ];
        for (column, row) in cases {
            let syncapp = Syncapp::default();
            let stream = format!("      public.kinds: {{ into: kinds, select: [id, {column}] }}\n{streams}");
            syncapp.file("sync.yaml", &file(&source, connection, &stream));
            let ended = syncapp.run(&["run", "sync.yaml"]).await;
            assert_eq!(ended.code, Some(1), "{column}:\n{}", ended.output);
            for part in [format!("column {column}"), format!("row {row}")] {
                assert!(ended.output.contains(&part), "no `{part}` in:\n{}", ended.output);
            }
        }
    }
}

/// What comes back from another system, as the source's own types, is what the source has.
async fn comes_back(source: &Database, connection: &str, from: &str, stream: &str) {
    let target = Postgres::shared().await.database().await;
    let syncapp = Syncapp::default();
    syncapp.file("sync.yaml", &file(source, connection, EVEN));
    syncapp.succeed(&["run", "sync.yaml"]).await;
    let url = target.writer.url();
    syncapp.succeed(&["copy", from, stream, &url, "landing.kinds"]).await;
    // The types of the source, to read texts as.
    target
        .run(
            "create type mood as enum ('sad', 'ok', 'it''s \"fine\"'); create domain zip_code as text;
             create type place as (street text, number integer, at point)",
        )
        .await;
    for (name, ty) in compare::columns(source, "public.kinds").await {
        if name == "grid" {
            continue;
        }
        let own = compare::text_of(&name, &ty);
        let wanted = source
            .texts(&format!("select {own} from kinds where id in (1, 7, 8) order by id"))
            .await;
        let cast = compare::text_of(&format!("({name}::text::{ty})"), &ty);
        let landed = target
            .texts(&format!("select {cast} from landing.kinds order by id"))
            .await;
        assert_eq!(landed, wanted, "{name} {ty} from {stream}");
    }
}

#[tokio::test]
async fn what_can_be_carried_comes_back() {
    let source = tpch::copy().await;
    comes_back(&source, SQLITE, "./lake.db", "kinds").await;
    comes_back(&source, PARQUET, ".", "kinds.parquet").await;
}
