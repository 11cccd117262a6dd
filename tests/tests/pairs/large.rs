//! One value of 64 MiB, from each system into another: it arrives whole, and a run never has more than 256 MiB.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value as Json, json};
use syncapp_connector::testkit::System;
use syncapp_tests::server::mariadb::MariaDb;
use syncapp_tests::syncapp::Syncapp;

use crate::pairs::end::End;

const CELL: usize = 64 << 20;
/// MiB of memory.
const MOST: u64 = 256;

/// Rows before and behind the large one. Quotes, separators and line ends are longer in each format than they are.
fn rows() -> String {
    let line = "one \"two\", 'three'\\\\four;\tfive\n🦀 ";
    let large = line.repeat(CELL / line.len() + 1);
    let large = &large[..large.floor_char_boundary(CELL)];
    let cell = |id| if id == 50 { json!(large) } else { json!("small") };
    (0..100).fold(String::new(), |rows, id| {
        rows + &json!({ "id": id, "v": cell(id) }).to_string() + "\n"
    })
}

#[tokio::test]
async fn a_value_of_64_mib_passes_through_every_system_in_256_mib() {
    let server = MariaDb::start(&["--max-allowed-packet=256M"], &[]).await;
    let first = End::new("ndjson").await;
    let rows = rows();
    let Json::String(folder) = &first.keys()["path"] else {
        unreachable!("files lie in a folder")
    };
    fs::write(format!("{folder}/t.ndjson"), &rows).unwrap();

    let mut told = BTreeMap::new();
    let mut from = first;
    for name in [
        "mariadb", "postgres", "sqlite", "csv", "postgres", "mariadb", "parquet", "ndjson",
    ] {
        let to = match name {
            "mariadb" => End::MariaDb(server.databases().await),
            other => End::new(other).await,
        };
        let (stream, into) = (from.stream("t").raw(), to.stream("t").raw());
        let file = json!({
            "version": 1,
            "connections": { "from": from.keys(), "to": to.keys() },
            "syncs": { "s": { "source": "from", "destination": "to", "streams": { &stream: {
                "into": into, "columns": { "id": { "type": "int64" }, "v": { "type": "string" } } } } } },
        });
        let syncapp = Syncapp::default();
        syncapp.file("sync.json", &file.to_string());
        let ended = syncapp.succeed(&["run", "sync.json"]).await;
        assert!(ended.memory > 64, "nobody saw its memory: {} MiB", ended.memory);
        told.insert(format!("{stream} into {into}"), ended.memory);
        from = to;
    }
    let most = told.values().max().unwrap();
    assert!(*most <= MOST, "MiB of memory: {told:#?}");
    let Json::String(folder) = &from.keys()["path"] else {
        unreachable!("files lie in a folder")
    };
    assert!(
        fs::read_to_string(format!("{folder}/t.ndjson")).unwrap() == rows,
        "what arrived differs"
    );
}
