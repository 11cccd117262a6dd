//! Commands that only look do with a row that cannot land what a run does: `verify`, `plan --rows`, `preview`.

use serde_json::{Value as Json, json};

use crate::contract::case::sync;
use crate::contract::place::{Place, Ran};

const SQLITE: &str = "{ connector: sqlite, path: to.db }";
/// Two lines that cannot be read, and a value that fits no `int16`.
const PEOPLE: &str = "id,age\n1,36\n2\n3,old\n4,70000\n5,12\n";
const MAPPED: &str = "columns: { age: { type: int16 } }, allow_lossy: true";

fn place(text: &str, keys: &str) -> Place {
    let from = "{ connector: files, path: in, format: csv, columns: { id: int64, age: int64 } }";
    let keys = format!("into: people, {MAPPED}, {keys}");
    Place::new()
        .file("in/people.csv", text)
        .file("sync.yaml", sync(from, SQLITE, "people.csv", &keys))
}

fn look(place: &Place, command: &str, more: &[&str]) -> Ran {
    let stream: &[&str] = match command {
        "preview" => &["--sync", "s", "--stream", "people.csv"],
        "plan" => &["--rows"],
        _ => &[],
    };
    place.syncapp(&[&[command, "sync.yaml"], stream, more].concat())
}

/// The last line that has all of this.
fn told(ran: &Ran, key: &str) -> Json {
    let lines = ran.json();
    let found = lines.iter().rev().find(|line| !line[key].is_null());
    found.unwrap_or_else(|| panic!("{lines:?}")).clone()
}

#[test]
fn verify_expects_no_row_that_a_run_sets_aside() {
    let place = place(PEOPLE, "on_error: reject, primary_key: [id]");
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let found = told(&look(&place, "verify", &["--json"]).exits(0), "equal");
    assert_eq!(
        (&found["source_rows"], &found["target_rows"], &found["rejected"]),
        (&json!(2), &json!(2), &json!(3)),
        "{found}"
    );
    let text = look(&place, "verify", &[]).exits(0).stdout;
    assert!(text.contains("3 rejected"), "{text}");
    // What is missing all the same is a difference, and is mended.
    place.alter("to.db", "delete from people where id = 5");
    let found = told(&look(&place, "verify", &["--json"]).exits(1), "equal");
    assert_eq!(
        (&found["missing"], &found["rejected"]),
        (&json!(1), &json!(3)),
        "{found}"
    );
    look(&place, "verify", &["--repair"]).exits(0);
    assert_eq!(
        place.rows("to.db", "select id, age from people order by id"),
        ["1|36", "5|12"]
    );
    // A row that landed and can be read no more is what a run would take away.
    place.put("in/people.csv", "id,age\n1,36\n5,old\n");
    let found = told(&look(&place, "verify", &["--json"]).exits(1), "equal");
    assert_eq!((&found["extra"], &found["rejected"]), (&json!(1), &json!(1)), "{found}");
}

#[test]
fn a_plan_of_rows_counts_what_a_run_sets_aside() {
    let place = place(PEOPLE, "on_error: reject");
    let rows = told(&look(&place, "plan", &["--json"]).exits(0), "rows");
    let counts = |rows: &Json| ["read", "inserted", "rejected"].map(|key| rows["rows"][key].as_u64().unwrap());
    assert_eq!(counts(&rows), [5, 2, 3], "{rows}");
    let text = look(&place, "plan", &[]).exits(0).stdout;
    assert!(text.contains("3 rows set aside"), "{text}");
    let ran = place.syncapp(&["run", "sync.yaml", "--json"]).exits(0).json();
    let finished = ran.iter().find(|event| event["event"] == "stream_finished").unwrap();
    assert_eq!(
        (&finished["rows_read"], &finished["rejected"]),
        (&json!(5), &json!(3)),
        "{finished}"
    );
}

#[test]
fn a_plan_of_rows_keeps_the_bounds_of_a_run() {
    for (most, code) in [(2, 1), (3, 0)] {
        let place = place(PEOPLE, &format!("on_error: reject, max_rejects: {most}"));
        let planned = look(&place, "plan", &["--json"]);
        assert_eq!(planned.code, code, "{}", planned.stderr);
        assert_eq!(place.syncapp(&["run", "sync.yaml"]).code, code);
    }
}

#[test]
fn a_preview_shows_what_lands_and_names_what_does_not() {
    let place = place(PEOPLE, "on_error: reject");
    let before = place.contents();
    let preview = told(&look(&place, "preview", &["--json"]).exits(0), "mapped");
    assert_eq!(
        preview["mapped"],
        json!([{ "id": "1", "age": "36" }, { "id": "5", "age": "12" }])
    );
    // All but the line that has no columns.
    assert_eq!(preview["source"].as_array().unwrap().len(), 4, "{preview}");
    assert_eq!((&preview["rejected"], &preview["nulled"]), (&json!(3), &json!(0)));
    let codes: Vec<&str> = preview["rejects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        ["source.invalid_data", "source.invalid_data", "transform.cast_failed"],
        "{preview}"
    );
    let rejects = preview["rejects"].as_array().unwrap();
    let origins: Vec<&Json> = rejects.iter().map(|row| &row["origin"]).collect();
    assert_eq!(origins, [&Json::Null, &json!(1), &json!(2)], "{preview}");
    assert_eq!(preview["origins"], json!([0, 3]));
    assert!(
        rejects[2]["help"].as_str().is_some_and(|help| !help.is_empty()),
        "{preview}"
    );
    let types = json!({ "source": { "id": "int64", "age": "int64" }, "mapped": { "id": "int64", "age": "int16" } });
    assert_eq!(preview["types"], types);
    let text = look(&place, "preview", &[]).exits(0).stdout;
    for part in [
        "rows that would be set aside: 3",
        "line 3 of people.csv: the row has 1 fields and the first one has 2",
        "source.invalid_data in `age`: line 4 of people.csv: `old` is no int64",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(before == place.contents() && !place.path("to.db").exists());
}

#[test]
fn a_preview_says_which_row_each_row_comes_from() {
    let clean = "id,age\n1,36\n4,7\n5,12\n";
    for (text, keys, origins, rejected) in [
        (clean, "", json!([0, 1, 2]), json!([])),
        (clean, "where: \"id > 1\"", json!([1, 2]), json!([])),
        (clean, "where: \"id > 1\", on_error: reject", json!([1, 2]), json!([])),
        (
            PEOPLE,
            "where: \"id <> 1\", on_error: reject",
            json!([3]),
            json!([null, 1, 2]),
        ),
        (
            PEOPLE,
            "where: \"id <> 4\", on_error: reject",
            json!([0, 3]),
            json!([null, 1]),
        ),
        (
            "id,age\n1,x\n2,3\n3,70000\n4,y\n5,6\n6,7\n",
            "where: \"id <> 5\", on_error: reject",
            json!([1, 5]),
            json!([0, 3, 2]),
        ),
        (
            "id,age\n1,70000\n2,3\n3,4\n",
            "where: \"id <> 2\", on_error: \"null\"",
            json!([0, 2]),
            json!([]),
        ),
    ] {
        let place = place(text, if keys.is_empty() { "on_error: fail" } else { keys });
        let preview = told(&look(&place, "preview", &["--json"]).exits(0), "mapped");
        let refused = preview["rejects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["origin"].clone())
            .collect::<Json>();
        assert_eq!(
            (&preview["origins"], refused),
            (&origins, rejected),
            "{keys}: {preview}"
        );
        for (row, origin) in preview["mapped"]
            .as_array()
            .unwrap()
            .iter()
            .zip(origins.as_array().unwrap())
        {
            assert_eq!(
                row["id"],
                preview["source"][origin.as_u64().unwrap() as usize]["id"],
                "{preview}"
            );
        }
    }
}

#[test]
fn a_preview_shows_values_that_become_null() {
    let text = "id,age\n1,36\n4,70000\n";
    let null = place(text, "on_error: \"null\"");
    let preview = told(&look(&null, "preview", &["--json"]).exits(0), "mapped");
    assert_eq!(
        preview["mapped"],
        json!([{ "id": "1", "age": "36" }, { "id": "4", "age": null }])
    );
    assert_eq!((&preview["rejected"], &preview["nulled"]), (&json!(0), &json!(1)));
    let text = look(&null, "preview", &[]).exits(0).stdout;
    assert!(text.contains("values that would become NULL: 1"), "{text}");
}

#[test]
fn a_preview_of_a_stream_that_would_fail_fails() {
    for (text, keys) in [
        ("id,age\n1,36\n4,70000\n", "on_error: fail"),
        (PEOPLE, "on_error: fail"),
        (PEOPLE, "on_error: \"null\""),
    ] {
        look(&place(text, keys), "preview", &[]).exits(1);
    }
}

#[test]
fn a_preview_knows_what_the_target_takes() {
    let place = place("id,age\n1,36\n2,\n", "on_error: reject, write: append");
    place.alter("to.db", "create table people(id integer, age integer not null)");
    let preview = told(&look(&place, "preview", &["--json"]).exits(0), "mapped");
    assert_eq!(preview["mapped"].as_array().unwrap().len(), 1, "{preview}");
    assert_eq!(preview["rejects"][0]["column"], "age", "{preview}");
}

#[test]
fn what_a_preview_shows_beside_the_mapping_keeps_nothing_from_it() {
    // The column's type was guessed by a sample, and no run reads it.
    let from = "{ connector: files, path: in, format: csv, columns: { id: int64, age: int64 } }";
    let text = "id,age\n1,old\n2,3\n";
    for keys in ["on_error: reject", "on_error: fail"] {
        let keys = format!("into: people, select: [id], {keys}");
        let place = Place::new()
            .file("in/people.csv", text)
            .file("sync.yaml", sync(from, SQLITE, "people.csv", &keys));
        let preview = told(&look(&place, "preview", &["--json"]).exits(0), "mapped");
        assert_eq!(preview["mapped"], json!([{ "id": "1" }, { "id": "2" }]));
        assert_eq!(preview["rejected"], 0);
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        assert_eq!(place.rows("to.db", "select id from people order by id"), ["1", "2"]);
    }
}
