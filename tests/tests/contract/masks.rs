//! What `preview` shows of columns that are masked. A run of [`Place`] fails where a canary is printed.

use serde_json::{Value as Json, json};

use crate::contract::case::{PEOPLE, people, sync};
use crate::contract::place::{Place, Ran};

const MASKS: [&str; 4] = [
    "hash",
    "redact",
    "\"null\"",
    "{ partial: { keep_first: 1, keep_last: 1 } }",
];

/// Previews a stream as text and as JSON; both end with this code.
fn previews(place: &Place, stream: &str, code: i32) -> (Ran, Ran) {
    let line = ["preview", "sync.yaml", "--sync", "s", "--stream", stream];
    let text = place.syncapp(&line).exits(code);
    (text, place.syncapp(&[&line[..], &["--json"]].concat()).exits(code))
}

fn named_canaries(keys: &str) -> Place {
    let place = Place::new()
        .sqlite("from.db", PEOPLE)
        .variable("SYNCAPP_SECRET_MASK_KEY", "canary-mask-key")
        .file("sync.yaml", people(keys));
    place.alter("from.db", "update people set name = 'canary-' || name");
    place
}

#[test]
fn a_preview_shows_no_value_of_a_masked_column() {
    for mask in MASKS {
        for column in ["name", "alias"] {
            for on_error in ["fail", "\"null\"", "reject"] {
                let keys = format!(
                    "on_error: {on_error}, columns: {{ {column}: {{ from: name, mask: {mask} }}, \
                     size: {{ expr: \"length(name)\" }} }}"
                );
                let (text, json) = previews(&named_canaries(&keys), "people", 0);
                assert!(text.stdout.contains("***"), "{keys}: {}", text.stdout);
                let preview = &json.json()[0];
                let names: Vec<&Json> = preview["source"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| &row["name"])
                    .collect();
                assert_eq!(names, ["***", "***", "***"], "{keys}: {preview}");
                let ids: Vec<&Json> = preview["source"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| &row["id"])
                    .collect();
                assert_eq!(ids, ["1", "2", "3"], "{keys}: {preview}");
                assert_eq!(preview["mapped"].as_array().unwrap().len(), 3, "{keys}: {preview}");
            }
        }
    }
}

#[test]
fn nor_of_rows_that_cannot_be_mapped() {
    for mask in MASKS {
        for column in ["name", "alias"] {
            let keys = format!("columns: {{ {column}: {{ from: name, type: int64, mask: {mask} }} }}");
            let place = named_canaries(&format!("{keys}, on_error: reject"));
            let (text, json) = previews(&place, "people", 0);
            // NULL is put in the place of a value that nobody has looked at.
            let fails = mask != "\"null\"";
            let told = text.stdout.contains("rows that would be set aside: 3");
            assert_eq!(told, fails, "{keys}: {}", text.stdout);
            assert_eq!(json.json()[0]["rejected"], if fails { 3 } else { 0 }, "{keys}");
            previews(&named_canaries(&keys), "people", i32::from(fails));
        }
    }
}

#[test]
fn nor_of_values_that_cannot_be_read() {
    for mask in MASKS {
        for column in ["age", "years"] {
            let from = "{ connector: files, path: in, format: csv, columns: { id: int64, age: int64 } }";
            let place = |on_error: &str| {
                let keys = format!(
                    "into: people, on_error: {on_error}, columns: {{ {column}: {{ from: age, mask: {mask} }} }}"
                );
                let to = "{ connector: sqlite, path: to.db }";
                Place::new()
                    .variable("SYNCAPP_SECRET_MASK_KEY", "canary-mask-key")
                    .file("in/people.csv", "id,age\n1,36\n2,canary-old\n")
                    .file("sync.yaml", sync(from, to, "people.csv", &keys))
            };
            let (text, json) = previews(&place("reject"), "people.csv", 0);
            if mask == "\"null\"" {
                // No run reads the column.
                assert_eq!(json.json()[0]["source"], json!([{ "id": "1" }, { "id": "2" }]));
                previews(&place("fail"), "people.csv", 0);
                continue;
            }
            assert!(text.stdout.contains("it is masked and not shown"), "{}", text.stdout);
            let preview = &json.json()[0];
            let hidden = json!([{ "id": "1", "age": "***" }, { "id": "2", "age": "***" }]);
            assert_eq!(preview["source"], hidden, "{preview}");
            let failing = place("fail");
            let (text, _) = previews(&failing, "people.csv", 1);
            let mut told = vec![text.stderr];
            for command in [&["plan", "--rows"][..], &["run"], &["verify"], &["runs", "list"]] {
                let mut line = command.to_vec();
                if command[0] != "runs" {
                    line.push("sync.yaml");
                }
                if command[0] == "verify" {
                    failing.alter(
                        "to.db",
                        "create table people(id integer primary key, age text, years text)",
                    );
                }
                let ran = failing.syncapp(&line);
                told.push(ran.stderr + &ran.stdout);
            }
            let run = &told[2];
            assert!(run.contains("source.invalid_data") && run.contains("line 3"), "{run}");
            for told in &told[..4] {
                assert!(told.contains("it is masked and not shown"), "{told}");
            }
        }
    }
}
