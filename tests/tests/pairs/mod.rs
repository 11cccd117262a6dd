//! From each system into each and back again: a value is the same, or the change is counted, or the column is refused.
//! Never neither.

pub(crate) mod end;
mod large;
mod natives;
mod values;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use serde_json::{Value as Json, json};
use syncapp_connector::testkit::{Flow, Odd, System, TYPES, Table, checkpoint};
use syncapp_model::DataType;
use syncapp_model::sync_file::Write;
use syncapp_tests::syncapp::Syncapp;

use end::{ALL, End};

/// A column of the origin that travels.
pub(crate) struct Kind {
    /// What it is called in what is told.
    pub(crate) name: String,
    /// The type that it has on its way.
    ty: DataType,
    pub(crate) table: Table,
    /// The type that the origin keeps it as.
    pub(crate) kept: DataType,
    /// What the origin holds.
    pub(crate) want: ArrayRef,
    /// Whether what becomes of it differs between versions of a server.
    varies: bool,
}

/// The columns to try: each type, and each value beyond a type's ordinary range.
fn columns(origin: &str) -> Vec<(String, DataType, ArrayRef)> {
    // An array of PostgreSQL has no fixed number of dimensions.
    let known = TYPES
        .iter()
        .filter(|word| origin != "postgres" || !word.starts_with("list<list"));
    let types = known.map(|word| {
        let ty: DataType = word.parse().unwrap();
        ((*word).to_owned(), ty.clone(), values::values(&ty))
    });
    let odd = Odd::ALL.into_iter().map(|odd| {
        let (ty, values) = odd.values();
        (format!("{odd:?}"), ty, values)
    });
    types.chain(odd).collect()
}

/// Puts a column into the origin, without the values that it refuses.
async fn put(origin: &End, at: usize, (name, ty, mut values): (String, DataType, ArrayRef)) -> Option<Kind> {
    let table = Table::new(&format!("t{at}"), &[("v", ty.clone())]);
    let flow = flow(origin);
    while !values.is_empty() {
        let rows = table.value_rows(values.clone());
        let target = flow.target(&table, Write::Overwrite);
        let Err(error) = flow.load(&target, &[rows], &checkpoint(1)).await else {
            let kept = flow.describe(&table).await.unwrap().columns[1].ty.clone();
            let want = read(origin, &table).await.column(1).clone();
            let varies = name == "NegativeZero";
            return Some(Kind {
                name,
                ty,
                table,
                kept,
                want,
                varies,
            });
        };
        let row = error.report().at.row.clone();
        let row = row.and_then(|row| row.rsplit(' ').next()?.parse::<usize>().ok());
        let row = row.unwrap_or_else(|| panic!("{name}: {error:?}")) - 1;
        let rest = values.slice(row + 1, values.len() - row - 1);
        values = arrow_select::concat::concat(&[&values.slice(0, row), &rest]).unwrap();
    }
    None
}

fn flow(end: &End) -> Flow {
    Flow {
        system: Box::new(end.clone()),
    }
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

/// Moves every column from one system into another and back; a line for each that is refused or loses values.
async fn pair(origin: &End, kinds: &[Kind], other: &'static str, told: &mut String, what: &str) {
    let (syncapp, there) = (Syncapp::default(), End::new(other).await);
    let flow_of = |kind: &Kind, end: &End| end.stream(&kind.table.name).raw();
    let streams = kinds.iter().map(|kind| {
        let mut keys = json!({ "into": kind.table.name, "on_error": "null", "allow_lossy": true });
        if kind.kept != kind.ty {
            keys["columns"] = json!({ "v": { "type": kind.ty.to_string() } });
        }
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
        let line = outcome(
            origin,
            kind,
            (&out[&flow_of(kind, origin)], back.get(&flow_of(kind, &there))),
            what,
        )
        .await;
        if let Some(line) = line.filter(|_| !kind.varies) {
            writeln!(told, "{what} {}: {line}", kind.name).unwrap();
        }
    }
}

/// What became of a column there and back, unless it came back just as it was. A change that nothing counted ends the
/// test.
async fn outcome(origin: &End, kind: &Kind, (out, back): (&Fate, Option<&Fate>), what: &str) -> Option<String> {
    let refused = out.refused.clone().or_else(|| back?.refused.clone());
    if let Some(code) = refused {
        let way = if out.refused.is_some() { "there" } else { "back" };
        return Some(format!("refused {way}, {code}"));
    }
    let nulled = out.nulled + back.map_or(0, |back| back.nulled);
    let table = Table {
        name: back_name(what, kind),
        ..kind.table.clone()
    };
    let lost = lost(origin, &table, kind, what).await;
    assert_eq!(
        lost, nulled,
        "{what} {}: values that changed, and those counted",
        kind.name
    );
    (lost > 0).then(|| format!("{lost} of {} are NULL, and counted", kind.want.len()))
}

/// The table for what comes back. SQLite keeps names with its own at the beginning for itself.
fn back_name(what: &str, kind: &Kind) -> String {
    format!("of_{what}{}", kind.table.name)
}

/// How many values came back as NULL; any other change ends the test.
async fn lost(origin: &End, table: &Table, kind: &Kind, what: &str) -> u64 {
    let rows = read(origin, table).await;
    let (got, want) = (rows.column(1), &kind.want);
    let what = format!("{what} {}", kind.name);
    assert_eq!(got.len(), want.len(), "{what}: rows");
    if got.null_count() < got.len() {
        // What holds nothing is no file's guess.
        assert_eq!(got.data_type(), want.data_type(), "{what}: type");
    }
    let mut lost = 0;
    for row in 0..want.len() {
        if got.is_null(row) && want.is_null(row) || got.slice(row, 1).to_data() == want.slice(row, 1).to_data() {
            continue;
        }
        // Blanks around a JSON document are no part of it: in NDJSON it stands between commas.
        let trimmed = |array: &ArrayRef| array.as_string::<i32>().value(row).trim().to_owned();
        if kind.ty == DataType::Json && !got.is_null(row) && trimmed(got) == trimmed(want) {
            continue;
        }
        assert!(
            got.is_null(row),
            "{what}: row {row} changed in silence: got {:?}, want {:?}",
            got.slice(row, 1),
            want.slice(row, 1)
        );
        lost += 1;
    }
    lost
}

pub(crate) async fn read(origin: &End, table: &Table) -> RecordBatch {
    let rows = flow(origin).read(table).await;
    rows.unwrap_or_else(|| panic!("{} is not there", table.name))
}

/// Puts all columns into the origin that it takes.
pub(crate) async fn filled(origin: &End, name: &str) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (at, column) in columns(name).into_iter().enumerate() {
        kinds.extend(put(origin, at, column).await);
    }
    kinds
}

/// From one system into all others and back.
async fn from(name: &'static str) -> String {
    let origin = End::new(name).await;
    let kinds = filled(&origin, name).await;
    let mut told = String::new();
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

#[tokio::test(flavor = "multi_thread")]
async fn from_csv() {
    insta::assert_snapshot!(from("csv").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_ndjson() {
    insta::assert_snapshot!(from("ndjson").await);
}
