//! Rows that cannot land: they fail the stream, lose a value, or are set aside, as `on_error` says.

use serde_json::{Value as Json, json};

use super::lab::{Lab, Target};
use crate::contract::case::sync;
use crate::contract::place::Place;

/// Whose second row has a name that is no number.
const BAD: &str = "columns: { name: { type: int64 } }";
const NAMES: &str = "update people set name = case id when 2 then 'x' else id * 11 end";
const LANDED: &str = "select id || ' ' || coalesce(cast(name as text), 'NULL') from people order by id";

/// What the target keeps of rejected rows.
fn kept(lab: &Lab) -> Vec<Json> {
    lab.place
        .syncapp(&["rejects", "list", "sync.yaml", "--json"])
        .exits(0)
        .json()
}

/// The last event of a stream.
fn finished(events: &[Json]) -> &Json {
    events
        .iter()
        .find(|event| event["event"] == "stream_finished")
        .unwrap_or_else(|| panic!("{events:?}"))
}

#[test]
fn a_value_that_cannot_land_becomes_null_and_is_counted() {
    Lab::each(|lab| {
        lab.change(NAMES);
        let keys = format!("write: merge, on_error: \"null\", {BAD}");
        let ran = lab.run_with(&keys, &["--json"]).exits(0);
        let events = ran.json();
        assert_eq!(finished(&events)["nulled"], 1);
        assert_eq!(finished(&events)["rejected"], 0);
        assert_eq!(lab.rows(LANDED), ["1 11", "2 NULL", "3 33"]);
        let ran = lab.run(&keys).exits(0);
        assert!(ran.stderr.contains("people: 1 value became NULL"), "{}", ran.stderr);
        assert_eq!(kept(lab), [] as [Json; 0]);
    });
}

#[test]
fn a_rejected_row_is_kept_whole_once_and_the_others_land() {
    for write in ["merge", "append", "overwrite", "merge, mode: incremental, cursor: rev"] {
        Lab::each(|lab| {
            lab.change(NAMES);
            let keys = format!("write: {write}, on_error: reject, {BAD}");
            let ran = lab.run(&keys).exits(0);
            assert!(ran.stderr.contains("people: 1 row was rejected"), "{}", ran.stderr);
            assert_eq!(lab.rows(LANDED), ["1 11", "3 33"], "{write}");
            let first = kept(lab);
            lab.run(&keys).exits(0);
            let again = kept(lab);
            assert_eq!((first.len(), again.len()), (1, 1), "{write}: {again:?}");
            let reject = &first[0];
            assert_eq!(reject["row"], json!({ "id": 2, "name": "x", "rev": 20 }));
            assert_eq!(reject["row_key"], json!([2]));
            assert_eq!(reject["code"], "transform.cast_failed");
            assert_eq!(
                (&reject["column"], &reject["stream"]),
                (&json!("name"), &json!("people"))
            );
            assert_eq!(reject["id"], again[0]["id"]);
            let shown = lab
                .place
                .syncapp(&["rejects", "show", "sync.yaml", reject["id"].as_str().unwrap()])
                .exits(0);
            for part in ["transform.cast_failed", "name       \"x\"", "rev        20"] {
                assert!(shown.stdout.contains(part), "{}", shown.stdout);
            }
        });
    }
}

#[test]
fn an_overwrite_forgets_what_earlier_ones_rejected() {
    Lab::each(|lab| {
        lab.change(NAMES);
        let keys = format!("write: overwrite, on_error: reject, {BAD}");
        lab.run(&keys).exits(0);
        lab.change("update people set name = '22' where id = 2");
        lab.run(&keys).exits(0);
        assert_eq!(lab.rows(LANDED), ["1 11", "2 22", "3 33"]);
        assert_eq!(kept(lab), [] as [Json; 0]);
    });
}

#[test]
fn too_many_leave_the_target_as_it_was() {
    Lab::each(|lab| {
        lab.run("write: overwrite").exits(0);
        lab.change(NAMES);
        let run = |bound: &str| lab.run(&format!("write: overwrite, on_error: reject, {bound}, {BAD}"));
        for bound in ["max_rejects: 0", "max_reject_ratio: 0.1"] {
            let ran = run(bound).exits(1);
            assert!(ran.stderr.contains("too_many_rejects"), "{}", ran.stderr);
            assert!(
                ran.stderr.contains("1 times transform.cast_failed in name"),
                "{}",
                ran.stderr
            );
            assert_eq!(lab.rows(LANDED), ["1 Ada", "2 Bob", "3 Cy"]);
            assert_eq!(kept(lab), [] as [Json; 0]);
        }
        run("max_rejects: 1, max_reject_ratio: 0.34").exits(0);
        assert_eq!(lab.rows(LANDED), ["1 11", "3 33"]);
        assert_eq!(kept(lab).len(), 1);
    });
}

#[test]
fn a_row_without_its_key_is_rejected_and_never_gets_another() {
    Lab::each(|lab| {
        let query = "query: \"select nullif(id, 2) as id, name, rev from people\", primary_key: [id], write: merge";
        let ran = lab.run(&format!("{query}, on_error: \"null\"")).exits(1);
        assert!(
            ran.stderr.contains("NULL") && ran.stderr.contains("row 2"),
            "{}",
            ran.stderr
        );
        lab.run(&format!("{query}, on_error: reject")).exits(0);
        assert_eq!(lab.rows("select name from people order by id"), ["Ada", "Cy"]);
        let kept = kept(lab);
        assert_eq!(kept[0]["row"], json!({ "id": null, "name": "Bob", "rev": 20 }));
        assert_eq!(kept[0]["row_key"], json!([null]));
    });
}

#[test]
fn a_row_without_its_cursor_is_rejected() {
    Lab::each(|lab| {
        lab.change("update people set rev = null where id = 2");
        let keys = "mode: incremental, cursor: rev, write: merge";
        lab.run(keys).exits(1);
        lab.run(&format!("{keys}, on_error: reject")).exits(0);
        assert_eq!(lab.rows("select name from people order by id"), ["Ada", "Cy"]);
        let kept = kept(lab);
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0]["row"]["name"], "Bob");
    });
}

#[test]
fn what_only_the_target_cannot_hold_is_rejected_too() {
    Lab::each(|lab| {
        lab.change("update people set name = 'a' || char(0) || 'b' where id = 2");
        lab.run("write: merge, on_error: reject").exits(0);
        let want: &[&str] = match lab.target {
            Target::Sqlite | Target::MariaDb(_) => &["1", "2", "3"],
            Target::Postgres(_) => &["1", "3"],
        };
        assert_eq!(lab.rows("select cast(id as text) from people order by id"), want);
        assert_eq!(kept(lab).len(), 3 - want.len());
    });
}

#[test]
fn many_bad_rows_among_many_are_told_apart() {
    Lab::each(|lab| {
        lab.change(
            "delete from people;
             with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
             insert into people select i, case when i % 37 = 0 then 'bad' else i end, 5 from n",
        );
        lab.run(&format!("write: overwrite, on_error: reject, {BAD}")).exits(0);
        assert_eq!(lab.rows("select cast(count(*) as text) from people"), ["19460"]);
        let list = ["rejects", "list", "sync.yaml", "--limit", "1000", "--json"];
        let kept = lab.place.syncapp(&list).exits(0).json();
        assert_eq!(kept.len(), 540);
        assert!(
            kept.iter()
                .all(|reject| reject["row"]["id"].as_u64().unwrap() % 37 == 0)
        );
        // The same row twice is two rejects.
        lab.change("delete from people where id <> 37");
        let twice = "query: \"select 1 as one, 'bad' as name from people union all select 1, 'bad' from people\"";
        lab.run(&format!("{twice}, write: append, into: twice, on_error: reject, {BAD}"))
            .exits(0);
        let kept = lab.place.syncapp(&list).exits(0).json();
        let twice = kept
            .iter()
            .filter(|reject| reject["row"] == json!({ "one": 1, "name": "bad" }));
        assert_eq!(twice.count(), 2);
    });
}

#[test]
fn masked_values_are_kept_nowhere() {
    const CANARY: &str = "canary-5151";
    Lab::each(|lab| {
        lab.change(&format!("update people set name = '{CANARY}' where id = 2"));
        lab.change("alter table people add column score text; update people set score = 'none' where id = 2");
        for columns in [
            "name: { mask: redact }, score: { type: int64 }",
            "name: { type: int64, mask: { partial: { keep_first: 1 } } }",
            "name: { mask: redact }, copy: { expr: \"cast(name as bigint)\", mask: redact }",
        ] {
            let keys = format!("write: overwrite, on_error: reject, columns: {{ {columns} }}");
            let ran = lab.run(&keys);
            let list = lab.place.syncapp(&["rejects", "list", "sync.yaml", "--json"]);
            for text in [&ran.stderr, &ran.stdout, &list.stdout] {
                assert!(!text.contains(CANARY), "{columns}: {text}");
            }
        }
    });
}

#[test]
fn files_keep_them_beside_themselves() {
    let place = Place::new();
    for format in ["csv", "ndjson", "parquet"] {
        place.put("in/people.csv", "id,age\n1,36\n2,old\n3,7\n");
        let file = sync(
            "{ connector: files, path: in, format: csv }",
            &format!("{{ connector: files, path: out-{format}, format: {format} }}"),
            "people.csv",
            "into: people, on_error: reject, columns: { age: { type: int64 } }",
        );
        place.put("sync.yaml", file);
        for _ in 0..2 {
            place.syncapp(&["run", "sync.yaml"]).exits(0);
            let kept = place
                .syncapp(&["rejects", "list", "sync.yaml", "--json"])
                .exits(0)
                .json();
            assert_eq!(kept.len(), 1, "{format}: {kept:?}");
            assert_eq!(kept[0]["row"], json!({ "id": 2, "age": "old" }));
        }
        assert!(place.path(&format!("out-{format}/_syncapp_rejects.ndjson")).exists());
        place.put("in/people.csv", "id,age\n1,36\n2,40\n3,7\n");
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        let kept = place.syncapp(&["rejects", "list", "sync.yaml", "--json"]).exits(0);
        assert_eq!(
            kept.json(),
            [] as [Json; 0],
            "{format}: an overwrite forgets those of earlier ones"
        );
    }
}
