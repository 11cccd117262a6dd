//! From each system into each and back again: a value is the same, or the change is counted, or the column is refused.
//! Never neither.

pub(crate) mod end;
mod values;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use serde_json::{Value as Json, json};
use syncapp_connector::testkit::{Flow, System, TYPES, Table};
use syncapp_model::DataType;
use syncapp_model::sync_file::Write;
use syncapp_tests::syncapp::Syncapp;

use end::{ALL, End};

/// A type of the lattice, and the tables that hold its values.
pub(crate) struct Kind {
    pub(crate) ty: DataType,
    pub(crate) table: Table,
    pub(crate) values: ArrayRef,
}

pub(crate) fn kinds(origin: &str) -> Vec<Kind> {
    // An array of PostgreSQL has no fixed number of dimensions.
    let known = TYPES
        .iter()
        .filter(|word| origin != "postgres" || !word.starts_with("list<list"));
    let types = known.map(|word| word.parse::<DataType>().unwrap());
    types
        .enumerate()
        .map(|(at, ty)| Kind {
            table: Table::new(&format!("t{at}"), &[("v", ty.clone())]),
            values: values::values(&ty),
            ty,
        })
        .collect()
}

/// What became of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Fate {
    pub(crate) nulled: u64,
    /// The code of what refused it.
    pub(crate) refused: Option<String>,
}

/// Runs a sync of streams with their keys; what became of each. Those that the plan refuses are left out of the run.
pub(crate) async fn run(
    syncapp: &Syncapp,
    from: &Json,
    to: &Json,
    mut streams: BTreeMap<String, Json>,
) -> BTreeMap<String, Fate> {
    let mut fates = BTreeMap::new();
    loop {
        let output = attempt(syncapp, from, to, &streams).await;
        let events: Vec<Json> = output
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let refused = events.iter().filter_map(|event| event["problems"].as_array()).flatten();
        let mut any = false;
        for problem in refused.filter(|problem| problem["severity"] == "error") {
            let stream = problem["where"]["stream"]
                .as_str()
                .unwrap_or_else(|| panic!("{output}"));
            any |= streams.remove(stream).is_some();
            let refused = problem["code"].as_str().map(str::to_owned);
            fates.insert(stream.to_owned(), Fate { nulled: 0, refused });
        }
        if any {
            continue;
        }
        for event in events.iter().filter(|event| event["event"] == "stream_finished") {
            let fate = Fate {
                nulled: event["nulled"].as_u64().unwrap(),
                refused: event["error"]["code"].as_str().map(str::to_owned),
            };
            fates.insert(event["stream"].as_str().unwrap().to_owned(), fate);
        }
        assert!(streams.keys().all(|stream| fates.contains_key(stream)), "{output}");
        return fates;
    }
}

async fn attempt(syncapp: &Syncapp, from: &Json, to: &Json, streams: &BTreeMap<String, Json>) -> String {
    let file = json!({
        "version": 1,
        "connections": { "from": from, "to": to },
        "syncs": { "s": { "source": "from", "destination": "to", "streams": streams } },
    });
    syncapp.file("sync.json", &file.to_string());
    syncapp.run(&["run", "sync.json", "--json"]).await.output
}

/// Moves every type from one system into another and back; a line for each type that is refused or loses values.
async fn pair(origin: &End, kinds: &[Kind], other: &'static str, told: &mut String, what: &str) {
    let (syncapp, there) = (Syncapp::default(), End::new(other).await);
    let flow_of = |kind: &Kind, end: &End| end.stream(&kind.table.name).raw();
    let streams = kinds.iter().map(|kind| {
        let keys = json!({ "into": kind.table.name, "on_error": "null", "allow_lossy": true });
        (flow_of(kind, origin), keys)
    });
    let out = run(&syncapp, &origin.keys(), &there.keys(), streams.collect()).await;
    let landed = kinds
        .iter()
        .filter(|kind| out[&flow_of(kind, origin)].refused.is_none());
    let streams = landed.map(|kind| {
        let columns = json!({ "id": { "type": "int64" }, "v": { "type": kind.ty.to_string() } });
        let into = back_name(what, kind);
        (
            flow_of(kind, &there),
            json!({ "into": into, "on_error": "null", "allow_lossy": true, "columns": columns }),
        )
    });
    let streams: BTreeMap<String, Json> = streams.collect();
    let back = run(&syncapp, &there.keys(), &origin.keys(), streams).await;
    for kind in kinds {
        let out = &out[&flow_of(kind, origin)];
        let back = back.get(&flow_of(kind, &there));
        let refused = out.refused.clone().or_else(|| back?.refused.clone());
        if let Some(code) = refused {
            let way = if out.refused.is_some() { "there" } else { "back" };
            writeln!(told, "{what} {}: refused {way}, {code}", kind.ty).unwrap();
            continue;
        }
        let nulled = out.nulled + back.map_or(0, |back| back.nulled);
        let table = Table {
            name: back_name(what, kind),
            ..kind.table.clone()
        };
        let spec = origin
            .source()
            .describe(&syncapp_connector::StreamRef::table(origin.stream(&table.name)))
            .await;
        let spec = spec.unwrap_or_else(|error| panic!("{what} {}: {error:?}", kind.ty));
        assert_eq!(spec.columns[1].ty, kind.ty, "{what} {}", kind.ty);
        let lost = lost(origin, &table, kind, what).await;
        assert_eq!(
            lost, nulled,
            "{what} {}: values that changed, and those counted",
            kind.ty
        );
        if lost > 0 {
            writeln!(
                told,
                "{what} {}: {lost} of {} are NULL, and counted",
                kind.ty,
                kind.values.len()
            )
            .unwrap();
        }
    }
}

/// The table for what comes back. SQLite keeps names with its own at the beginning for itself.
fn back_name(what: &str, kind: &Kind) -> String {
    format!("of_{what}{}", kind.table.name)
}

/// How many values came back as NULL; any other change ends the test.
async fn lost(origin: &End, table: &Table, kind: &Kind, what: &str) -> u64 {
    let rows = read(origin, table).await;
    let (got, want) = (rows.column(1), &kind.values);
    assert_eq!(got.len(), want.len(), "{what} {}: rows", kind.ty);
    let mut lost = 0;
    for row in 0..want.len() {
        if got.slice(row, 1).to_data() == want.slice(row, 1).to_data() {
            continue;
        }
        // Blanks around a JSON document are no part of it: in NDJSON it stands between commas.
        let trimmed = |array: &ArrayRef| array.as_string::<i32>().value(row).trim().to_owned();
        if kind.ty == DataType::Json && !got.is_null(row) && trimmed(got) == trimmed(want) {
            continue;
        }
        assert!(
            got.is_null(row),
            "{what} {}: row {row} changed in silence: got {:?}, want {:?}",
            kind.ty,
            got.slice(row, 1),
            want.slice(row, 1)
        );
        lost += 1;
    }
    lost
}

async fn read(origin: &End, table: &Table) -> RecordBatch {
    let flow = Flow {
        system: Box::new(origin.clone()),
    };
    let rows = flow.read(table).await;
    rows.unwrap_or_else(|| panic!("{} is not there", table.name))
}

/// From one system into all others and back.
async fn from(name: &'static str) -> String {
    let origin = End::new(name).await;
    let flow = Flow {
        system: Box::new(origin.clone()),
    };
    let mut told = String::new();
    let mut kinds = kinds(name);
    for kind in &kinds {
        let rows = kind.table.value_rows(kind.values.clone());
        flow.put(&kind.table, Write::Overwrite, &[rows]).await;
        let kept = &flow.describe(&kind.table).await.unwrap().columns[1].ty;
        if *kept != kind.ty {
            writeln!(told, "{name} has no {}: it is {kept} there", kind.ty).unwrap();
        }
    }
    kinds.retain(|kind| !told.contains(&format!(" no {}:", kind.ty)));
    for other in ALL {
        pair(&origin, &kinds, other, &mut told, &format!("{name}_by_{other}_")).await;
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn from_postgres() {
    insta::assert_snapshot!(from("postgres").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_mariadb() {
    insta::assert_snapshot!(from("mariadb").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sqlite() {
    insta::assert_snapshot!(from("sqlite").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_parquet() {
    insta::assert_snapshot!(from("parquet").await);
}
