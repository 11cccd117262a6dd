//! Every naughty string as the name of a table, a column and a namespace: it is taken as it is, or refused with a code, and
//! what else is there stays as it was.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use syncapp_connector::StreamRef;
use syncapp_connector::testkit::System;
use syncapp_model::StreamName;
use syncapp_tests::syncapp::Syncapp;
use tempfile::TempDir;

use crate::pairs::end::{ALL, End};
use crate::pairs::run;

const CANARY: &str = "create table canary(id int); insert into canary values (1), (2), (3)";

/// A source with a table for each name, and one row in each.
fn source(names: &[String]) -> (Arc<TempDir>, Json) {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let path = folder.path().join("from.db");
    let mut sql = String::from("begin;");
    for at in 0..names.len() {
        write!(
            sql,
            "create table t{at}(id integer, v text); insert into t{at} values ({at}, 'value {at}');"
        )
        .unwrap();
    }
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(&format!("{sql} commit"))
        .unwrap();
    (folder, json!({ "connector": "sqlite", "path": path }))
}

/// A part of a name as `into` takes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether a name holds what may be a placeholder.
fn has_braces(name: &str) -> bool {
    name.split_once('{').is_some_and(|(_, rest)| rest.contains('}'))
}

/// A file whose target has a placeholder that is none says so, and runs nothing.
async fn placeholder(name: &str) {
    let syncapp = Syncapp::default();
    let connection = json!({ "connector": "sqlite", "path": "it.db" });
    let file = json!({
        "version": 1,
        "connections": { "it": connection },
        "syncs": { "s": { "source": "it", "destination": "it", "streams": { "t": { "into": quoted(name) } } } },
    });
    syncapp.file("sync.json", &file.to_string());
    let ended = syncapp.run(&["check", "sync.json"]).await;
    assert_eq!(ended.code, Some(2), "{name:?}: {}", ended.output);
    assert!(
        ended.output.contains("config.invalid_value"),
        "{name:?}: {}",
        ended.output
    );
}

async fn put_canary(end: &End) {
    match end {
        End::Postgres(database) => {
            let client = database.writer.client().await;
            client.batch_execute(CANARY).await.unwrap();
        }
        End::MariaDb(databases) => {
            for statement in CANARY.split("; ") {
                databases.writer.run(statement).await;
            }
        }
        End::Sqlite(folder) => {
            let file = rusqlite::Connection::open(folder.path().join("it.db")).unwrap();
            file.execute_batch(CANARY).unwrap();
        }
        End::Files(_, folder) => fs::write(folder.path().join("canary"), "3").unwrap(),
    }
}

async fn canary(end: &End) -> String {
    match end {
        End::Postgres(database) => database.text("select count(*) from landing.canary").await,
        End::MariaDb(databases) => {
            let count = databases
                .writer
                .texts("select cast(count(*) as char) from canary")
                .await;
            count[0].clone().unwrap()
        }
        End::Sqlite(folder) => {
            let file = rusqlite::Connection::open(folder.path().join("it.db")).unwrap();
            let count: i64 = file
                .query_row("select count(*) from canary", [], |row| row.get(0))
                .unwrap();
            count.to_string()
        }
        End::Files(_, folder) => fs::read_to_string(folder.path().join("canary")).unwrap(),
    }
}

/// Whether the table and its column have just this name, and hold the row.
async fn is_there(end: &End, at: usize, name: &str) {
    let value = format!("value {at}");
    if let End::Files(format, folder) = end {
        let path = folder.path().join(format!("{name}.{format}"));
        let bytes = fs::read(&path).unwrap_or_else(|problem| panic!("{format}, {name:?}: {problem}"));
        if *format == "ndjson" {
            let row: Json = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(row[name], value, "{name:?}");
        }
        return;
    }
    let stream = match end {
        End::Postgres(_) => StreamName::within("landing", name),
        End::MariaDb(databases) => StreamName::within(databases.writer.database.clone(), name),
        _ => StreamName::bare(name),
    };
    let spec = end.source().describe(&StreamRef::table(stream)).await;
    let spec = spec.unwrap_or_else(|error| panic!("{name:?} landed and is not there: {error:?}"));
    let columns: Vec<&str> = spec.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["id", name], "{name:?}");
}

/// Runs a stream for each name; how many landed, and why others did not.
async fn names(end: &End, names: &[String], keys: impl Fn(&str) -> Json) -> (Vec<usize>, BTreeMap<String, usize>) {
    let (folder, from) = source(names);
    let streams = names
        .iter()
        .enumerate()
        .map(|(at, name)| (format!("t{at}"), keys(name)));
    let fates = run(&Syncapp::default(), &from, &end.keys(), streams.collect()).await;
    let (mut landed, mut refused) = (Vec::new(), BTreeMap::new());
    for (at, name) in names.iter().enumerate() {
        match &fates[&format!("t{at}")].refused {
            None => landed.push(at),
            Some(code) => {
                assert!(!code.starts_with("internal"), "{name:?}: {code}");
                *refused.entry(code.clone()).or_default() += 1;
            }
        }
    }
    drop(folder);
    (landed, refused)
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the counts are what one wants to see")]
async fn names_are_taken_as_they_are_or_refused() {
    let (braced, all): (Vec<String>, Vec<String>) = super::naughty().into_iter().partition(|name| has_braces(name));
    let mut told = String::new();
    for name in &braced {
        placeholder(name).await;
    }
    writeln!(
        told,
        "{} names look like placeholders, which the file refuses",
        braced.len()
    )
    .unwrap();
    for system in ALL {
        let end = End::new(system).await;
        put_canary(&end).await;
        let keys = |name: &str| {
            let columns = json!({ name: { "from": "v" } });
            json!({ "into": quoted(name), "columns": columns })
        };
        let (landed, refused) = names(&end, &all, keys).await;
        for at in &landed {
            is_there(&end, *at, &all[*at]).await;
        }
        writeln!(
            told,
            "{system}: {} tables and columns, refused: {refused:?}",
            landed.len()
        )
        .unwrap();
        if !matches!(end, End::Files(..)) {
            let within = |name: &str| json!({ "into": format!("{}.x", quoted(name)) });
            let (landed, refused) = names(&end, &all, within).await;
            assert!(landed.is_empty(), "{system}: no such namespace was there");
            writeln!(told, "{system}: no namespace, refused: {refused:?}").unwrap();
        }
        assert_eq!(canary(&end).await, "3", "{system}");
    }
    println!("{} names\n{told}", all.len());
    insta::assert_snapshot!(told);
}
