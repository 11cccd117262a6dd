//! Every value of every type, from each system into each: nothing differs, by sums alone; then one cell does.

use std::collections::BTreeMap;

use arrow_array::{Array, ArrayRef};
use serde_json::{Value as Json, json};
use syncapp_connector::testkit::System;
use syncapp_model::DataType;
use syncapp_tests::syncapp::Syncapp;

use crate::pairs::end::{ALL, End};
use crate::pairs::{Fate, Kind, filled, run};

/// What `verify` said of each stream, and the differences.
async fn verify(syncapp: &Syncapp) -> (BTreeMap<String, Json>, Vec<Json>) {
    let output = syncapp.run(&["verify", "sync.json", "--json"]).await.output;
    let events = output
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let (verdicts, others): (Vec<Json>, Vec<Json>) = events.partition(|event| event["event"] == "stream_verified");
    let problem = others.iter().find(|event| event["event"] == "problems");
    assert!(problem.is_none(), "{problem:?}");
    let verdicts = verdicts
        .into_iter()
        .map(|event| (event["stream"].as_str().unwrap().to_owned(), event));
    (verdicts.collect(), others)
}

/// The ids of two rows whose values are not NULL and differ, where there are any.
fn two(values: &ArrayRef) -> Option<(usize, usize)> {
    let rows = || (0..values.len()).filter(|row| !values.is_null(*row));
    let first = rows().next()?;
    let differs = |row: &usize| values.slice(*row, 1).to_data() != values.slice(first, 1).to_data();
    Some((first + 1, rows().find(differs)? + 1))
}

async fn execute(end: &End, sql: &str) {
    match end {
        End::Postgres(database) => {
            let sql = sql
                .replace("update ", "update landing.")
                .replace("from ", "from landing.");
            database.run(&sql).await;
        }
        End::MariaDb(databases) => databases.writer.run(sql).await,
        End::Sqlite(folder) => rusqlite::Connection::open(folder.path().join("it.db"))
            .unwrap()
            .execute_batch(sql)
            .unwrap(),
        End::Files(..) => unreachable!(),
    }
}

/// Whether an end sums the values of a type up itself, between two ends of different systems. Lists are told in several
/// ways.
fn sums(end: &End, ty: &DataType) -> Option<bool> {
    match (end, ty) {
        (_, DataType::List(_)) => None,
        (End::Postgres(_), _) => Some(true),
        (End::MariaDb(_), ty) => Some(!matches!(
            ty,
            DataType::Float32 | DataType::Float64 | DataType::Interval
        )),
        (End::Sqlite(_) | End::Files(..), _) => Some(false),
    }
}

async fn pair(origin: &End, kinds: &[Kind], other: &'static str, what: &str) {
    let (syncapp, there) = (Syncapp::default(), End::new(other).await);
    let flow_of = |kind: &Kind| origin.stream(&kind.table.name).raw();
    let keys = |kind: &Kind| json!({ "into": kind.table.name, "on_error": "null", "allow_lossy": true, "primary_key": ["id"] });
    let streams: BTreeMap<String, Json> = kinds.iter().map(|kind| (flow_of(kind), keys(kind))).collect();
    let fates = run(&syncapp, &origin.keys(), &there.keys(), streams).await;
    let landed: Vec<(&Kind, &Fate)> = kinds
        .iter()
        .map(|kind| (kind, &fates[&flow_of(kind)]))
        .filter(|(_, fate)| fate.refused.is_none())
        .collect();
    let streams: BTreeMap<String, Json> = landed.iter().map(|(kind, _)| (flow_of(kind), keys(kind))).collect();
    let file = json!({
        "version": 1,
        "connections": { "from": origin.keys(), "to": there.keys() },
        "syncs": { "s": { "source": "from", "destination": "to", "streams": streams } },
    });
    syncapp.file("sync.json", &file.to_string());
    let (verdicts, differences) = verify(&syncapp).await;
    assert!(differences.is_empty(), "{what} {other}: {differences:?}");
    for (kind, fate) in &landed {
        let verdict = &verdicts[&flow_of(kind)];
        for (end, by) in [(origin, "source_by"), (&there, "target_by")] {
            let server = matches!(end, End::Postgres(_) | End::MariaDb(_));
            let native = what == other && server;
            if let Some(sums) = sums(end, &kind.kept) {
                let want = if native || sums { "sums" } else { "rows" };
                assert_eq!(verdict[by], want, "{what} {other} {}: {verdict}", kind.name);
            }
        }
        assert_eq!(
            verdict["nulled"], fate.nulled,
            "{what} {other} {}: {verdict}",
            kind.name
        );
        if fate.nulled == 0 {
            assert_eq!(
                verdict["differing_buckets"], 0,
                "{what} {other} {}: {verdict}",
                kind.name
            );
        }
    }
    if matches!(there, End::Files(..)) {
        return;
    }
    for (kind, _) in landed.iter().filter(|(_, fate)| fate.nulled == 0) {
        let Some((one, other)) = two(&kind.want) else { continue };
        let table = &kind.table.name;
        execute(
            &there,
            &format!("update {table} set v = (select v from {table} where id = {other}) where id = {one}"),
        )
        .await;
    }
    let (_, differences) = verify(&syncapp).await;
    for (kind, fate) in landed {
        let of_stream = differences.iter().filter(|event| event["stream"] == flow_of(kind));
        let told: Vec<String> = of_stream
            .map(|event| {
                format!(
                    "{} {} {}",
                    event["difference"], event["row"][0][1], event["cells"][0]["column"]
                )
            })
            .collect();
        let one = two(&kind.want).filter(|_| fate.nulled == 0);
        let want = one.map(|(one, _)| format!("\"differs\" \"`{one}`\" \"v\""));
        assert_eq!(told, Vec::from_iter(want), "{what} {other} {}", kind.name);
    }
}

/// From one system into all.
async fn from(name: &'static str) {
    let origin = End::new(name).await;
    let kinds = filled(&origin, name).await;
    for other in ALL {
        pair(&origin, &kinds, other, name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_postgres() {
    from("postgres").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_mariadb() {
    from("mariadb").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sqlite() {
    from("sqlite").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_parquet() {
    from("parquet").await;
}
