//! Every string as a value, in every system: it arrives as it was, or its row is rejected with a code.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use serde_json::{Value as Json, json};
use syncapp_connector::testkit::Table;
use syncapp_tests::syncapp::Syncapp;

use crate::pairs::end::{ALL, End};
use crate::pairs::{read, run};

/// What a system holds, read without what wrote it where there is another reader.
async fn landed(end: &End) -> BTreeMap<usize, String> {
    let pairs = |ids: Vec<Option<String>>, texts: Vec<Option<String>>| {
        let pairs = ids.into_iter().flatten().map(|id| id.parse().unwrap()).zip(texts);
        pairs
            .map(|(id, text)| (id, text.expect("no value became NULL")))
            .collect()
    };
    match end {
        End::Postgres(database) => pairs(
            database.texts("select t.id::text from landing.t order by t.id").await,
            database.texts("select v from landing.t order by id").await,
        ),
        End::MariaDb(databases) => pairs(
            databases
                .writer
                .texts("select cast(t.id as char) from t order by t.id")
                .await,
            databases.writer.texts("select v from t order by id").await,
        ),
        End::Sqlite(folder) => {
            let file = rusqlite::Connection::open(folder.path().join("it.db")).unwrap();
            let mut rows = file.prepare("select id, v from t").unwrap();
            let rows = rows.query_map([], |row| Ok((row.get::<_, i64>(0)? as usize, row.get(1)?)));
            rows.unwrap().map(Result::unwrap).collect()
        }
        End::Files("ndjson", folder) => {
            let lines = fs::read_to_string(folder.path().join("t.ndjson")).unwrap();
            let rows = lines.split('\n').filter(|line| !line.is_empty());
            let rows = rows.map(|line| serde_json::from_str::<Json>(line).unwrap());
            rows.map(|row| {
                (
                    row["id"].as_u64().unwrap() as usize,
                    row["v"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
        }
        End::Files(..) => {
            let rows = read(end, &Table::texts("t")).await;
            let (ids, texts) = (
                rows.column(0).as_primitive::<Int64Type>(),
                rows.column(1).as_string::<i32>(),
            );
            let row = |row| (ids.value(row) as usize, texts.value(row).to_owned());
            assert_eq!(texts.null_count(), 0, "no value became NULL");
            (0..rows.num_rows()).map(row).collect()
        }
    }
}

/// The rejected rows: their ids, and the code of each.
async fn rejected(syncapp: &Syncapp) -> BTreeMap<usize, String> {
    let listed = syncapp
        .succeed(&["rejects", "list", "sync.json", "--json", "--limit", "100000"])
        .await
        .output;
    let rejects = listed.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let told = rejects.map(|reject| {
        assert_eq!(reject["column"], "v", "{reject}");
        assert!(!reject["message"].as_str().unwrap().is_empty(), "{reject}");
        (
            reject["row"]["id"].as_u64().unwrap() as usize,
            reject["code"].as_str().unwrap().to_owned(),
        )
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the counts are what one wants to see")]
async fn every_string_arrives_or_is_rejected() {
    let strings = super::strings::all();
    let lines: Vec<String> = strings
        .iter()
        .enumerate()
        .map(|(id, (_, v))| json!({ "id": id, "v": v }).to_string())
        .collect();
    let mut told = String::new();
    for name in ALL {
        let (syncapp, end) = (Syncapp::default(), End::new(name).await);
        syncapp.file("t.ndjson", &lines.join("\n"));
        let from = json!({ "connector": "files", "path": "." });
        let streams = BTreeMap::from([("t.ndjson".to_owned(), json!({ "into": "t", "on_error": "reject" }))]);
        let fates = run(&syncapp, &from, &end.keys(), streams).await;
        assert_eq!(fates["t.ndjson"].refused, None, "{name}");
        let (landed, rejected) = (landed(&end).await, rejected(&syncapp).await);
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (id, (from, want)) in strings.iter().enumerate() {
            let count = counts.entry(from).or_default();
            match (landed.get(&id), rejected.get(&id)) {
                (Some(got), None) => {
                    assert!(got == want, "{name}, {from}: {want:?} became {got:?}");
                    count.0 += 1;
                }
                (None, Some(code)) => {
                    assert_eq!(code, "destination.value_out_of_range", "{name}: {want:?}");
                    count.1 += 1;
                }
                (got, code) => panic!("{name}, {from}: {want:?} landed as {got:?} and is rejected with {code:?}"),
            }
        }
        assert_eq!(
            landed.len() + rejected.len(),
            strings.len(),
            "{name}: no row is there twice"
        );
        for (from, (equal, rejected)) in counts {
            writeln!(told, "{name}: {from}: {equal} equal, {rejected} rejected").unwrap();
        }
    }
    println!("{} strings\n{told}", strings.len());
    insta::assert_snapshot!(told);
}
