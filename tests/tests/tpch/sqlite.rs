//! Into a SQLite file.

use syncapp_tests::compare::{self, sqlite_rows};
use syncapp_tests::syncapp::Syncapp;
use syncapp_tests::tpch;

use super::{file, run, streams, tables};

/// What SyncApp declares for a type.
fn declared(ty: &str) -> String {
    match ty {
        "integer" => "INT32".into(),
        "bigint" => "INTEGER".into(),
        "date" => "TEXT_DATE".into(),
        "timestamp with time zone" => "TEXT_TIMESTAMPTZ".into(),
        ty if ty.starts_with("character") || ty == "text" => "TEXT".into(),
        ty => match ty.strip_prefix("numeric") {
            Some(modifier) => format!("TEXT_DECIMAL{modifier}"),
            None => panic!("no word for {ty}"),
        },
    }
}

#[tokio::test]
async fn a_database_lands_in_a_file() {
    let source = tpch::copy().await;
    let syncapp = Syncapp::default();
    let lake = syncapp.folder().join("lake.db");
    let connection = "{ connector: sqlite, path: ./lake.db }";
    syncapp.file("sync.yaml", &file(&source, connection, &streams("{stream}")));
    for round in 1..=2 {
        run(&syncapp).await;
        for table in tables() {
            assert_eq!(
                compare::digest(sqlite_rows(&lake, &format!("select * from {table}"))),
                compare::digest_for_sqlite(&source, &format!("public.{table}")).await,
                "{table} after run {round}"
            );
            let words = format!("select name || ' ' || type from pragma_table_info('{table}') order by cid");
            let columns = compare::columns(&source, &format!("public.{table}")).await;
            let wanted: Vec<_> = columns
                .iter()
                .map(|(name, ty)| format!("{name} {}", declared(ty)))
                .collect();
            assert_eq!(sqlite_rows(&lake, &words), wanted, "{table}");
        }
    }
    let names = "select count(*) from sqlite_schema where type = 'table' and name not like '\\_syncapp%' escape '\\'";
    assert_eq!(sqlite_rows(&lake, names), [tables().len().to_string()]);
}
