//! A whole source database, moved by the real program: TPC-H and what else a real PostgreSQL has.

mod files;
mod odd;
mod postgres;
mod sqlite;

use syncapp_tests::compare;
use syncapp_tests::server::postgres::Database;
use syncapp_tests::syncapp::Syncapp;
use syncapp_tests::tpch;

/// Every table of the source but `kinds`: base tables, a partitioned one, and the view.
fn tables() -> Vec<&'static str> {
    let others = tpch::OTHER_TABLES.into_iter().filter(|table| *table != "kinds");
    tpch::TABLES.into_iter().chain(others).chain([tpch::VIEW]).collect()
}

/// A sync file from the source to a connection; `streams` is the YAML below the key.
fn file(source: &Database, target: &str, streams: &str) -> String {
    format!(
        "version: 1\nproject: tpch\nconnections:\n  source: {{ connector: postgres, url: \"{}\" }}\n  target: {target}\n\
         syncs:\n  all:\n    source: source\n    destination: target\n    streams:\n{streams}",
        source.reader
    )
}

/// The streams of [`tables`], each into a name made from its own.
fn streams(into: &str) -> String {
    format!(
        "      public.*: {{ into: \"{into}\" }}\n      \"!public.kinds\":\n      public.{}: {{ into: \"{into}\" }}\n",
        tpch::VIEW
    )
}

/// Tables of two databases hold the same, column by column.
async fn same(source: &Database, from: &str, target: &Database, to: &str) {
    let columns = compare::columns(source, from).await;
    let landed = compare::columns(target, to).await;
    let names = |columns: &[(String, String)]| columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&landed), names(&columns), "{to}");
    assert_eq!(
        compare::checksums(target, to, &landed).await,
        compare::checksums(source, from, &columns).await,
        "{from} and {to}"
    );
}

/// Runs the sync; everything has to land.
async fn run(syncapp: &Syncapp) {
    syncapp.succeed(&["run", "sync.yaml"]).await;
}
