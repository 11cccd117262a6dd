//! `deletes` with `on_error: reject`: a row that is set aside spares what the target has, and all the rest with it.

use serde_json::Value as Json;

use super::lab::Lab;

const NUMBERS: &str = "columns: { name: { type: int64 } }, on_error: reject";
/// How rows go, and the target's rows with what became of them.
const WAYS: [(&str, &str); 3] = [
    (
        "write: merge, deletes: hard",
        "select id || ' ' || name from people order by id",
    ),
    (
        "write: merge, deletes: soft",
        "select id || ' ' || name || case when _deleted_at is null then '' else ' gone' end from people order by id",
    ),
    (
        "write: history, deletes: hard",
        "select id || ' ' || name || case when _valid_to is null then '' else ' old' end \
         from people order by id, _valid_from",
    ),
];
/// What a target of each way holds once row 3 is gone and row 2 is another.
const SETTLED: [&[&str]; 3] = [
    &["1 12", "2 23"],
    &["1 12", "2 23", "3 33 gone"],
    &["1 11 old", "1 12", "2 22 old", "2 23", "3 33 old"],
];
const WARNING: &str = "1 row was set aside, so none of the target's rows is taken for gone";

/// The last line that has this key.
fn told(lines: &[Json], key: &str) -> Json {
    let found = lines.iter().rev().find(|line| !line[key].is_null());
    found.unwrap_or_else(|| panic!("{lines:?}"))[key].clone()
}

/// What a plan foresees and a run then does: inserted, updated, deleted, rejected.
fn planned_and_run(lab: &Lab, keys: &str) -> [u64; 4] {
    let counts = |of: &Json| ["inserted", "updated", "deleted", "rejected"].map(|key| of[key].as_u64().unwrap());
    let planned = lab.syncapp("plan", keys, &["--rows", "--json"]).exits(0).json();
    let changes: Vec<&Json> = planned.iter().filter(|line| !line["change"].is_null()).collect();
    let ran = lab.run_with(keys, &["--json"]).exits(0).json();
    let (planned, ran_s) = (counts(&told(&planned, "rows")), counts(&told(&ran, "streams")[0]));
    assert_eq!(
        planned[..3].iter().sum::<u64>(),
        changes.len() as u64,
        "{keys}: {changes:?}"
    );
    // In a history a new version is a row that is inserted, too.
    let from = usize::from(keys.contains("history"));
    assert_eq!(planned[from..], ran_s[from..], "{keys}: {ran:?}");
    let warned = ran.iter().filter(|event| event["event"] == "warning").count() as u64;
    assert_eq!(warned, ran_s[3], "{keys}: {ran:?}");
    planned
}

/// What a comparison of both ends finds: the rows that are too many, only in the target, and set aside.
fn verified(lab: &Lab, keys: &str) -> (Json, [Json; 3]) {
    let found = lab.syncapp("verify", keys, &["--json"]).exits(0).json();
    let last = found.iter().rev().find(|line| !line["equal"].is_null()).unwrap();
    let counts = ["extra", "only_in_target", "rejected"].map(|key| last[key].clone());
    (last["warnings"][0]["why"].clone(), counts)
}

#[test]
fn a_row_that_is_set_aside_is_never_taken_for_gone() {
    Lab::each(|lab| {
        for ((way, rows), settled) in WAYS.into_iter().zip(SETTLED) {
            let keys = format!("{way}, {NUMBERS}");
            lab.change("update people set name = id * 11");
            lab.run(&keys).exits(0);
            let before = lab.rows(rows);
            assert_eq!(before, ["1 11", "2 22", "3 33"], "{way}");

            lab.change(
                "update people set name = case id when 1 then '12' else 'x' end where id < 3; \
                 delete from people where id = 3",
            );
            let text = lab.syncapp("plan", &keys, &["--rows"]).exits(0);
            assert!(text.stderr.contains(WARNING), "{way}: {}", text.stderr);
            assert_eq!(planned_and_run(lab, &keys), [0, 1, 0, 1], "{way}");
            let kept = match way {
                "write: history, deletes: hard" => vec!["1 11 old", "1 12", "2 22", "3 33"],
                _ => vec!["1 12", "2 22", "3 33"],
            };
            assert_eq!(lab.rows(rows), kept, "{way}");
            let (why, [extra, spared, rejected]) = verified(lab, &keys);
            assert_eq!((extra, spared, rejected), (0.into(), 2.into(), 1.into()), "{way}");
            assert_eq!(
                why,
                "rows of the source are set aside, so extra rows of the target were not looked for"
            );
            let ran = lab.syncapp("verify", &keys, &["--repair"]).exits(0);
            assert_eq!(lab.rows(rows), kept, "{way}: {}", ran.stdout);
            let ran = lab.run(&keys).exits(0);
            assert!(ran.stderr.contains(WARNING), "{way}: {}", ran.stderr);

            lab.change("update people set name = '23' where id = 2");
            assert_eq!(planned_and_run(lab, &keys), [0, 1, 1, 0], "{way}");
            assert_eq!(lab.rows(rows), settled, "{way}");
            let (why, [extra, _, rejected]) = verified(lab, &keys);
            assert_eq!((why, extra, rejected), (Json::Null, 0.into(), 0.into()), "{way}");

            lab.alter("drop table people");
            lab.change("insert into people values (3, 'Cy', 30)");
        }
    });
}

#[test]
fn a_run_that_spared_rows_is_taken_back_without_them() {
    Lab::each(|lab| {
        for (way, rows) in WAYS {
            let keys = format!("{way}, {NUMBERS}, undo: {{ keep: 1h }}");
            lab.change("update people set name = id * 11");
            lab.run(&keys).exits(0);
            lab.change("update people set name = case id when 1 then '12' else 'x' end where id < 3; delete from people where id = 3");
            let ran = lab.run_with(&keys, &["--json"]).exits(0).json();
            assert_eq!(told(&ran, "streams")[0]["deleted"], 0, "{way}");
            let runs = lab.place.syncapp(&["runs", "--json"]).exits(0).json();
            lab.place.syncapp(&["undo", runs[0]["id"].as_str().unwrap()]).exits(0);
            assert_eq!(lab.rows(rows), ["1 11", "2 22", "3 33"], "{way}");
            lab.alter("drop table people");
            lab.change("insert into people values (3, 'Cy', 30)");
        }
    });
}
