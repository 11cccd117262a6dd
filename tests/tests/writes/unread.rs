//! Rows of files that cannot be read: they fail the stream, or are set aside with their line.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::replay::{kept, replay};
use crate::contract::case::sync;
use crate::contract::place::Place;

const SQLITE: &str = "{ connector: sqlite, path: to.db }";

/// A file and a sync of it into the table `people`.
fn place(name: &str, text: &str, connection: &str, keys: &str) -> Place {
    let from = format!("{{ connector: files, path: in, {connection} }}");
    let keys = format!("into: people, {keys}");
    Place::new()
        .file(&format!("in/{name}"), text)
        .file("sync.yaml", sync(&from, SQLITE, name, &keys))
}

fn landed(place: &Place) -> Vec<String> {
    place.rows("to.db", "select id, age from people order by id")
}

/// What is kept, the rows that have no columns last.
fn reasons(place: &Place) -> Vec<(String, Json)> {
    let mut kept: Vec<_> = kept(place)
        .iter()
        .map(|reject| (reject["message"].as_str().unwrap().to_owned(), reject["row"].clone()))
        .collect();
    kept.sort_by(|one, other| one.0.cmp(&other.0));
    kept
}

const PEOPLE: &str = "id,age\n1,36\n2\n3,7,8\n4,old\n5,\"12\"\n";
const TYPED: &str = "format: csv, columns: { id: int64, age: int64 }";

#[test]
fn ragged_lines_and_cells_of_another_type_are_set_aside() {
    let place = place("people.csv", PEOPLE, TYPED, "on_error: reject");
    for _ in 0..2 {
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        assert_eq!(landed(&place), ["1|36", "5|12"]);
        assert_eq!(
            reasons(&place),
            [
                (
                    "line 3 of people.csv: the row has 1 fields and the first one has 2".to_owned(),
                    json!({ "syncapp.text": "2" })
                ),
                (
                    "line 4 of people.csv: the row has 3 fields and the first one has 2".to_owned(),
                    json!({ "syncapp.text": "3,7,8" })
                ),
                (
                    "line 5 of people.csv: `old` is no int64".to_owned(),
                    json!({ "id": 4, "age": { "syncapp.unread": "old" } })
                ),
            ]
        );
    }
    // What has columns can be mended; the others are for whoever writes the file.
    let told = replay(&place, &["--fix", "age = id * 10", "--json"]).exits(3).json();
    let outcomes = told.last().unwrap();
    assert_eq!(
        (&outcomes["landed"], &outcomes["refused"]),
        (&json!(1), &json!(2)),
        "{told:?}"
    );
    assert_eq!(landed(&place), ["1|36", "4|40", "5|12"]);
    place.put("in/people.csv", "id,age\n1,36\n2,2\n3,7\n4,9\n5,12\n");
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(reasons(&place), []);
}

#[test]
fn unless_rows_may_be_rejected_the_stream_fails() {
    for (keys, text) in [
        ("on_error: fail", PEOPLE),
        ("on_error: fail", "id,age\n1,36\n4,old\n"),
        // A line that cannot be told apart has no cell to become NULL.
        ("on_error: \"null\"", "id,age\n1,36\n4\n"),
        // Nor may a key, or the cursor.
        (
            "on_error: \"null\", write: merge, primary_key: [id]",
            "id,age\n1,36\nfour,1\n",
        ),
        (
            "on_error: \"null\", mode: incremental, cursor: id",
            "id,age\n1,36\nfour,1\n",
        ),
    ] {
        let place = place("people.csv", text, TYPED, keys);
        let ran = place.syncapp(&["run", "sync.yaml"]).exits_with_failure();
        assert!(
            ran.stderr.contains("source.invalid_data") && ran.stderr.contains("people.csv:3"),
            "{keys}: {}",
            ran.stderr
        );
        assert_eq!(landed(&place), ["no such table: people"]);
    }
}

#[test]
fn a_cell_of_another_type_may_become_null() {
    let cases = [
        ("people.csv", "id,age\n1,36\n2,old\nx,7\n4,\n", TYPED),
        (
            "people.ndjson",
            "{\"id\":1,\"age\":36}\n{\"id\":2,\"age\":\"old\"}\n{\"id\":{},\"age\":7}\n{\"id\":4,\"age\":null}\n",
            "format: ndjson, columns: { id: int64, age: int64 }",
        ),
    ];
    for (name, text, connection) in cases {
        let place = place(name, text, connection, "on_error: \"null\"");
        let planned = place
            .syncapp(&["plan", "sync.yaml", "--rows", "--json"])
            .exits(0)
            .json();
        let planned = planned.iter().rev().find(|line| !line["rows"].is_null()).unwrap();
        assert_eq!(
            (&planned["rows"]["inserted"], &planned["rows"]["nulled"]),
            (&json!(4), &json!(2)),
            "{planned}"
        );
        let ran = place.syncapp(&["run", "sync.yaml"]).exits(0);
        assert!(ran.stderr.contains("2 values became NULL"), "{name}: {}", ran.stderr);
        let rows = "select coalesce(id, '-') || ' ' || coalesce(age, '-') from people order by rowid";
        assert_eq!(place.rows("to.db", rows), ["1 36", "2 -", "- 7", "4 -"], "{name}");
        assert_eq!(reasons(&place), []);
        let compared = place.syncapp(&["verify", "sync.yaml", "--json"]).exits(0).json();
        assert!(compared.iter().any(|line| line["equal"] == true), "{compared:?}");
        let shown = place
            .syncapp(&["preview", "sync.yaml", "--sync", "s", "--stream", name])
            .exits(0);
        assert!(shown.stdout.contains("NULL"), "{}", shown.stdout);
    }
}

/// The mapping sees NULL, and a row that `where` leaves out is none that cannot be read.
#[test]
fn expressions_see_null_and_where_comes_first() {
    let text = "id,age,note\n1,36,a\n2,old,b\n3,older,c\n";
    let typed = "format: csv, columns: { id: int64, age: int64 }";
    let keys = "on_error: \"null\", columns: { age: { expr: \"coalesce(age, -1)\" } }";
    let null = place("people.csv", text, typed, keys);
    null.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(landed(&null), ["1|36", "2|-1", "3|-1"]);
    let keys = "on_error: reject, where: \"note <> 'c'\", write: merge, primary_key: [id]";
    let reject = place("people.csv", text, typed, keys);
    reject.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(landed(&reject), ["1|36"]);
    let listed = kept(&reject);
    assert_eq!(listed.len(), 1, "{listed:?}");
    // The row is known by its key: a run that lands it settles what is kept.
    assert_eq!(listed[0]["row_key"], json!([2]));
    reject.put("in/people.csv", text.replace("old,", "40,"));
    reject.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(landed(&reject), ["1|36", "2|40"]);
    assert_eq!(reasons(&reject), []);
}

#[test]
fn lines_that_are_no_objects_are_set_aside() {
    let text = "{\"id\":1,\"age\":36}\n{\"id\":2,\"age\":\n[3]\n{\"id\":4,\"age\":\"old\"}\n{\"id\":5,\"id\":6,\"age\":1}\n\
                {\"id\":7,\"age\":8,\"more\":true}\n{\"age\":12,\"id\":9}\n";
    let connection = "format: ndjson, sample_rows: 1";
    let place = place("people.ndjson", text, connection, "on_error: reject");
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(landed(&place), ["1|36", "9|12"]);
    let rows: Vec<Json> = reasons(&place).into_iter().map(|(_, row)| row).collect();
    assert_eq!(
        rows,
        [
            json!({ "syncapp.text": "{\"id\":2,\"age\":" }),
            json!({ "syncapp.text": "[3]" }),
            json!({ "id": 4, "age": { "syncapp.unread": "\"old\"" } }),
            json!({ "syncapp.text": "{\"id\":5,\"id\":6,\"age\":1}" }),
            json!({ "id": 7, "age": 8, "more": true }),
        ]
    );
    replay(&place, &["--fix", "age = 40"]).exits(3);
    assert_eq!(landed(&place), ["1|36", "4|40", "7|40", "9|12"]);
}

#[test]
fn the_bounds_hold_for_them_too() {
    for (bounds, code) in [
        ("max_rejects: 2", 1),
        ("max_rejects: 3", 0),
        ("max_reject_ratio: 0.5", 1),
        ("max_reject_ratio: 0.6", 0),
    ] {
        let place = place("people.csv", PEOPLE, TYPED, &format!("on_error: reject, {bounds}"));
        let ran = place.syncapp(&["run", "sync.yaml"]);
        assert_eq!(ran.code != 0, code != 0, "{bounds}: {}", ran.stderr);
        assert_eq!(landed(&place).len(), if code == 0 { 2 } else { 1 }, "{bounds}");
    }
}

#[test]
fn masked_values_of_them_are_kept_nowhere() {
    const CANARY: &str = "canary-7272";
    let text = format!("id,age\n1,{CANARY}\n2,{CANARY},3\n4,5\n");
    let keys = "on_error: reject, columns: { age: { mask: redact } }";
    let place = place("people.csv", &text, TYPED, keys);
    let ran = place.syncapp(&["run", "sync.yaml", "--json"]).exits(0);
    let list = place.syncapp(&["rejects", "list", "sync.yaml", "--json"]).exits(0);
    for text in [&ran.stdout, &ran.stderr, &list.stdout] {
        assert!(!text.contains(CANARY), "{text}");
    }
    let rows: Vec<Json> = reasons(&place).into_iter().map(|(_, row)| row).collect();
    assert_eq!(
        rows,
        [json!({ "id": 1, "age": "***" }), json!({ "syncapp.text": "***" })]
    );
}

#[test]
fn many_and_long_ones_are_kept_within_bounds() {
    let mut text = String::from("id,age\n");
    for id in 0..6000 {
        let _ = writeln!(
            text,
            "{}",
            if id % 2 == 0 {
                format!("{id},{id}")
            } else {
                id.to_string()
            }
        );
    }
    let _ = writeln!(text, "7000,{}", "x".repeat(1 << 20));
    let place = place("people.csv", &text, TYPED, "on_error: reject");
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    assert_eq!(landed(&place).len(), 3000);
    let list = place.syncapp(&["rejects", "list", "sync.yaml", "--json", "--limit", "9999"]);
    let kept = list.exits(0).json();
    assert_eq!(kept.len(), 3001);
    let longest = kept.iter().map(|reject| reject["row"].to_string().len()).max().unwrap();
    assert!((60_000..70_000).contains(&longest), "{longest}");
}
