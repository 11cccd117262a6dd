//! Rejected rows that are sent again: mended, never in place of a newer version, each once.

use serde_json::{Value as Json, json};

use super::lab::{Lab, Target};
use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, Ran, database, postgres};

/// Whose second row has a name that is no number.
const BAD: &str = "on_error: reject, columns: { name: { type: int64 } }";
const INCREMENT: &str = "mode: incremental, write: merge, cursor: rev, primary_key: [id], on_error: reject, \
                         columns: { name: { type: int64 } }";
const NAMES: &str = "update people set name = case id when 2 then 'x' else id * 11 end";
const LANDED: &str = "select id || ' ' || coalesce(cast(name as text), 'NULL') from people order by id";

pub(super) fn kept(place: &Place) -> Vec<Json> {
    place
        .syncapp(&["rejects", "list", "sync.yaml", "--json"])
        .exits(0)
        .json()
}

pub(super) fn replay(place: &Place, more: &[&str]) -> Ran {
    place.syncapp(&[&["rejects", "replay", "sync.yaml"], more].concat())
}

/// A target that lacks the second of three people.
fn lacking(lab: &Lab, keys: &str) {
    lab.change(NAMES);
    lab.run(keys).exits(0);
    assert_eq!(lab.rows(LANDED), ["1 11", "3 33"]);
    assert_eq!(kept(&lab.place).len(), 1);
}

/// A row of the table `people` in the target, as someone else writes it.
fn meanwhile(lab: &Lab, name: u32, rev: &str) {
    lab.alter(&match &lab.target {
        Target::Postgres(_) => format!("set search_path = landing; insert into people values (2, {name}, {rev})"),
        _ => format!("insert into people values (2, {name}, {rev})"),
    });
}

fn state(lab: &Lab) -> Json {
    let state = lab.place.syncapp(&["state", "show", "sync.yaml", "--json"]).exits(0);
    state.json()[0]["checkpoint"].clone()
}

#[test]
fn a_mended_row_lands_and_is_no_longer_listed() {
    for keys in [
        INCREMENT,
        &format!("write: merge, {BAD}"),
        &format!("write: append, {BAD}"),
        &format!("write: overwrite, {BAD}"),
        &format!("write: overwrite, select: [name, rev, id], primary_key: [rev], {BAD}"),
    ] {
        Lab::each(|lab| {
            lacking(lab, keys);
            let before = state(lab);
            let ran = replay(&lab.place, &["--fix", "name = replace(name, 'x', '22')", "--json"]).exits(0);
            let told = ran.json();
            assert_eq!(told[0]["outcome"], "landed", "{told:?}");
            assert_eq!(told[1]["landed"], 1);
            assert_eq!(lab.rows(LANDED), ["1 11", "2 22", "3 33"], "{keys}");
            assert_eq!(kept(&lab.place), Vec::<Json>::new());
            assert_eq!(state(lab), before);
            replay(&lab.place, &[]).exits(0);
            assert_eq!(lab.rows(LANDED), ["1 11", "2 22", "3 33"]);
        });
    }
}

#[test]
fn a_mapping_that_was_corrected_is_enough() {
    Lab::each(|lab| {
        lacking(lab, INCREMENT);
        let computed = "name: { expr: \"case name when 'x' then 22 else cast(name as bigint) end\" }";
        let corrected = INCREMENT.replace("name: { type: int64 }", computed);
        lab.write(&corrected);
        replay(&lab.place, &[]).exits(0);
        assert_eq!(lab.rows(LANDED), ["1 11", "2 22", "3 33"]);
        let runs = lab.place.syncapp(&["runs", "--json"]).exits(0).json();
        assert_eq!(runs.len(), 2, "a replay is a run: {runs:?}");
    });
}

#[test]
fn a_row_that_still_fails_stays_with_its_new_reason() {
    Lab::each(|lab| {
        lacking(lab, INCREMENT);
        let before = kept(&lab.place);
        let ran = replay(&lab.place, &["--fix", "name = concat(name, 'y')"]).exits(1);
        assert!(ran.stdout.contains("transform.cast_failed"), "{}", ran.stdout);
        let after = kept(&lab.place);
        assert_eq!(after.len(), 1);
        for same in ["id", "row", "row_key"] {
            assert_eq!(before[0][same], after[0][same]);
        }
        assert_ne!(before[0]["message"], after[0]["message"]);
        assert_ne!(before[0]["run_id"], after[0]["run_id"]);
        assert_eq!(lab.rows(LANDED), ["1 11", "3 33"]);
    });
}

#[test]
fn some_land_and_others_do_not() {
    Lab::each(|lab| {
        lab.change("update people set name = case id when 2 then 'x' when 3 then 'z' else '11' end");
        lab.run(INCREMENT).exits(0);
        let fix = "name = case name when 'x' then '22' else name end";
        let ran = replay(&lab.place, &["--fix", fix]).exits(3);
        let summary: Vec<&str> = ran.stdout.lines().rev().take(2).map(str::trim).collect();
        assert!(
            summary[1].starts_with("stream") && summary[1].ends_with("refused"),
            "{}",
            ran.stdout
        );
        assert!(
            summary[0].split_whitespace().skip(2).eq(["1", "0", "0", "1", "0"]),
            "{}",
            ran.stdout
        );
        assert_eq!(lab.rows(LANDED), ["1 11", "2 22"]);
        let left = kept(&lab.place);
        assert_eq!(left[0]["row"]["name"], "z");
        // By its id alone.
        let id = left[0]["id"].as_str().unwrap();
        let ran = replay(&lab.place, &["--id", id, "--fix", "name = 33", "--stream", "people"]);
        ran.exits(0);
        assert_eq!(lab.rows(LANDED), ["1 11", "2 22", "3 33"]);
        replay(&lab.place, &["--id", id]).exits(2);
    });
}

#[test]
fn a_newer_version_is_never_overwritten() {
    for (name, rev, outcome, code, lands) in [
        (7, "50", "superseded", 0, "2 7"),
        // As new, and another one.
        (7, "20", "superseded", 0, "2 7"),
        (7, "10", "landed", 0, "2 22"),
        (22, "20", "landed", 0, "2 22"),
        (7, "null", "undecided", 1, "2 7"),
    ] {
        Lab::each(|lab| {
            lacking(lab, INCREMENT);
            meanwhile(lab, name, rev);
            let told = replay(&lab.place, &["--fix", "name = 22", "--json"]).exits(code).json();
            assert_eq!(told[0]["outcome"], outcome, "{rev}: {told:?}");
            assert_eq!(lab.rows(LANDED), ["1 11", lands, "3 33"]);
            assert_eq!(kept(&lab.place).len(), usize::from(code == 1));
        });
    }
}

#[test]
fn without_a_cursor_a_key_that_is_there_is_not_touched() {
    for keys in ["write: merge", "write: overwrite"] {
        Lab::each(|lab| {
            lacking(lab, &format!("{keys}, {BAD}"));
            meanwhile(lab, 7, "20");
            let ran = replay(&lab.place, &["--fix", "name = 22"]).exits(1);
            assert!(
                ran.stdout.contains("nothing tells which version is newer"),
                "{}",
                ran.stdout
            );
            assert_eq!(lab.rows(LANDED), ["1 11", "2 7", "3 33"]);
            assert_eq!(kept(&lab.place).len(), 1);
            // The same row is there already: there is nothing to decide.
            replay(&lab.place, &["--fix", "name = 7"]).exits(0);
            assert_eq!(kept(&lab.place), Vec::<Json>::new());
        });
    }
}

#[test]
fn of_two_versions_that_were_kept_the_newer_one_lands() {
    Lab::each(|lab| {
        lacking(lab, INCREMENT);
        lab.change("update people set name = 'y', rev = 40 where id = 2");
        lab.run(INCREMENT).exits(0);
        assert_eq!(kept(&lab.place).len(), 2);
        let fix = "name = case name when 'x' then '1' else '2' end";
        let told = replay(&lab.place, &["--fix", fix, "--json"]).exits(0).json();
        assert_eq!(
            (&told[2]["landed"], &told[2]["superseded"]),
            (&json!(1), &json!(1)),
            "{told:?}"
        );
        assert_eq!(lab.rows(LANDED), ["1 11", "2 2", "3 33"]);
    });
}

#[test]
fn a_history_gets_a_version_more() {
    const VERSIONS: &str = "select id || ' ' || cast(name as text) || case when _valid_to is null then '' else ' old' end \
                            from people order by id, _valid_from, name";
    Lab::each(|lab| {
        let history = INCREMENT.replace("write: merge", "write: history");
        lab.change("update people set name = id * 11");
        lab.run(&history).exits(0);
        lab.change("update people set name = 'x', rev = 40 where id = 2");
        lab.run(&history).exits(0);
        assert_eq!(kept(&lab.place).len(), 1);
        replay(&lab.place, &["--fix", "name = 222"]).exits(0);
        assert_eq!(lab.rows(VERSIONS), ["1 11", "2 22 old", "2 222", "3 33"]);
        // A version between two that are there would be in the wrong place.
        lab.change("update people set name = 'y', rev = 50 where id = 2");
        lab.run(&history).exits(0);
        lab.alter(&match &lab.target {
            Target::Postgres(_) => "update landing.people set rev = 60 where name = 222".to_owned(),
            _ => "update people set rev = 60 where name = 222".to_owned(),
        });
        let told = replay(&lab.place, &["--fix", "name = 2222", "--json"]).exits(0).json();
        assert_eq!(told[0]["outcome"], "superseded", "{told:?}");
        assert_eq!(lab.rows(VERSIONS), ["1 11", "2 22 old", "2 222", "3 33"]);
    });
}

#[test]
fn a_row_that_a_later_run_lands_is_no_longer_listed() {
    for keys in [
        INCREMENT.to_owned(),
        format!("write: merge, {BAD}"),
        INCREMENT.replace("merge", "history"),
    ] {
        Lab::each(|lab| {
            lacking(lab, &keys);
            lab.change("update people set rev = 40 where id = 3");
            lab.run(&keys).exits(0);
            assert_eq!(kept(&lab.place).len(), 1, "others settle nothing");
            lab.change("update people set name = '22', rev = 40 where id = 2");
            lab.run(&keys.replace("on_error: reject, ", "")).exits(0);
            assert_eq!(kept(&lab.place), Vec::<Json>::new(), "{keys}");
            assert!(lab.rows(LANDED).contains(&"2 22".to_owned()));
        });
    }
}

#[test]
fn an_older_version_that_lands_settles_nothing() {
    Lab::each(|lab| {
        lab.change(NAMES);
        lab.run(INCREMENT).exits(0);
        // A part is filled in again, which has the row as it was before.
        lab.change("update people set name = '1', rev = 15 where id = 2");
        lab.run_with(INCREMENT, &["--range", "10..18"]).exits(0);
        assert_eq!(kept(&lab.place).len(), 1);
    });
}

#[test]
fn what_is_masked_is_not_sent_unless_it_is_given() {
    Lab::each(|lab| {
        lab.change("alter table people add column score text; update people set score = 'none' where id = 2");
        let keys = "write: merge, on_error: reject, columns: { name: { mask: redact }, score: { type: int64 } }";
        lab.run(keys).exits(0);
        let ran = replay(&lab.place, &["--fix", "score = 5"]).exits(1);
        assert!(
            ran.stdout.contains("`name` cannot be had: it is masked"),
            "{}",
            ran.stdout
        );
        // Nor by way of another column.
        replay(&lab.place, &["--fix", "score = length(name)"]).exits(1);
        assert_eq!(lab.rows("select cast(count(*) as text) from people"), ["2"]);
        replay(&lab.place, &["--fix", "score = 5", "--fix", "name = 'canary' "]).exits(0);
        assert_eq!(
            lab.rows("select name || cast(score as text) from people where id = 2"),
            [format!("{}5", lab.rows("select name from people where id = 1")[0])]
        );
    });
}

#[test]
fn a_fix_is_checked_before_anything_is_sent() {
    Lab::each(|lab| {
        lacking(lab, INCREMENT);
        for (fix, code) in [
            ("nmae = 22", "config.unknown_column"),
            ("name = 22 +", "config.invalid_expression"),
            ("name = nothing", "config.unknown_column"),
            ("rev = date '2024-01-01'", "config.invalid_value"),
        ] {
            let ran = replay(&lab.place, &["--fix", fix]).exits(2);
            assert!(ran.stderr.contains(code), "{fix}: {}", ran.stderr);
        }
        replay(&lab.place, &["--fix", "name"]).exits(2);
        replay(&lab.place, &["--fix", "name = 1", "--fix", "name = 2"]).exits(2);
        replay(&lab.place, &["--stream", "nobody"]).exits(2);
        assert_eq!(kept(&lab.place).len(), 1);
        assert_eq!(lab.rows(LANDED), ["1 11", "3 33"]);
        // What the mapping does not read cannot be mended.
        lab.write(&INCREMENT.replace("primary_key", "select: [id, name], primary_key"));
        let ran = replay(&lab.place, &["--fix", "rev = 5"]);
        assert!(
            ran.code == 2 && ran.stderr.contains("nothing in the target comes from"),
            "{}",
            ran.stderr
        );
    });
}

#[test]
fn a_row_that_where_leaves_out_stays() {
    Lab::each(|lab| {
        lacking(lab, INCREMENT);
        lab.write(&format!("{INCREMENT}, where: \"rev < 20\""));
        let ran = replay(&lab.place, &["--fix", "name = 22"]).exits(1);
        assert!(ran.stdout.contains("`where` leaves the row out"), "{}", ran.stdout);
        assert_eq!(kept(&lab.place).len(), 1);
        replay(&lab.place, &["--fix", "name = 22", "--fix", "rev = 19"]).exits(0);
        assert_eq!(lab.rows(LANDED), ["1 11", "2 22", "3 33"]);
    });
}

#[test]
fn a_target_that_is_gone_is_not_made() {
    Lab::each(|lab| {
        lacking(lab, INCREMENT);
        lab.alter(if matches!(lab.target, Target::Postgres(_)) {
            "drop table landing.people"
        } else {
            "drop table people"
        });
        let ran = replay(&lab.place, &["--fix", "name = 22"]).exits_with_failure();
        assert!(ran.stderr.contains("run the sync first"), "{}", ran.stderr);
        assert_eq!(kept(&lab.place).len(), 1);
    });
}

/// Within PostgreSQL columns travel as the server's own bytes, and are kept so.
#[test]
fn what_only_the_system_can_say_survives() {
    let database = wait(database());
    wait(database.run(
        "create table public.odd (id int primary key, at timestamptz, span int4range, short varchar(9), doc jsonb, n text);
         insert into public.odd values (1, 'infinity', '[1,5)', 'é', 'null', '1'), (2, '-infinity', '(,7]', null, '{\"a\": 1.50}', 'x')",
    ));
    let keys = "into: landing.odd, write: merge, on_error: reject, columns: { n: { type: int64 } }";
    let file = sync(
        &postgres(&database.reader),
        &postgres(&database.writer),
        "public.odd",
        keys,
    );
    let place = Place::new().file("sync.yaml", file);
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let listed = kept(&place);
    assert_eq!(listed[0]["row_key"], json!([2]), "{listed:?}");
    let refused = replay(&place, &["--fix", "n = 2", "--fix", "id = cast(upper(span) as int)"]);
    assert_ne!(refused.code, 0);
    replay(&place, &["--fix", "n = 2", "--fix", "short = 'mended'"]).exits(0);
    let rows = wait(database.texts("select concat_ws(' ', at, span, short, doc, n) from landing.odd order by id"));
    assert_eq!(
        rows,
        [
            Some("infinity [1,5) é null 1".to_owned()),
            Some("-infinity (,8) mended {\"a\": 1.50} 2".to_owned())
        ]
    );
    let ty = "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'landing.odd'::regclass \
              and attname = 'short'";
    assert_eq!(wait(database.texts(ty)), [Some("character varying(9)".to_owned())]);
}

#[test]
fn files_get_the_rows_beside_the_others() {
    for format in ["csv", "ndjson", "parquet"] {
        let place = Place::new().file("in/people.csv", "id,age\n1,36\n2,old\n3,7\n");
        let to = format!("{{ connector: files, path: out, format: {format} }}");
        let keys = "into: people, on_error: reject, columns: { age: { type: int64 } }";
        let from = "{ connector: files, path: in, format: csv }";
        place.put("sync.yaml", sync(from, &to, "people.csv", keys));
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        replay(&place, &["--fix", "age = 12"]).exits(0);
        assert_eq!(kept(&place), Vec::<Json>::new());
        replay(&place, &[]).exits(0);
        // Read back by another sync.
        place.put(
            "sync.yaml",
            sync(
                &to,
                "{ connector: sqlite, path: back.db }",
                &format!("people*.{format}"),
                "into: people",
            ),
        );
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        assert_eq!(
            place.rows("back.db", "select id, age from people order by id"),
            ["1|36", "2|12", "3|7"],
            "{format}"
        );
    }
}
