//! Which rows a target should have, by mode.

use crate::writes::lab::Lab;

use super::{differences, verdict};

/// Compares; what differs.
fn verify(lab: &Lab, keys: &str, code: i32) -> Vec<String> {
    differences(&lab.syncapp("verify", keys, &["--json"]).exits(code))
}

fn count(lab: &Lab, keys: &str, what: &str) -> u64 {
    verdict(&lab.syncapp("verify", keys, &["--json"]))[what]
        .as_u64()
        .unwrap()
}

const SPOIL: &str = "update people set name = 'X' where id = 1; delete from people where id = 2;
    insert into people (id, name, rev) values (9, 'Neu', 5)";

#[test]
fn an_overwritten_target_holds_exactly_the_source() {
    Lab::each(|lab| {
        lab.run("").exits(0);
        assert!(verify(lab, "", 0).is_empty());
        lab.alter(SPOIL);
        let want = ["differs id=1 name: X for Ada", "extra id=9", "missing id=2"];
        assert_eq!(verify(lab, "", 1), want);
        let told = lab.syncapp("verify", "", &[]).exits(1);
        for line in [
            "people: id `1` differs",
            "  name: `X` instead of `Ada`",
            "people: id `2` is missing",
        ] {
            assert!(told.stdout.contains(line), "{}", told.stdout);
        }
    });
}

#[test]
fn a_merged_target_may_hold_more() {
    Lab::each(|lab| {
        lab.run("write: merge").exits(0);
        lab.alter(SPOIL);
        assert_eq!(
            verify(lab, "write: merge", 1),
            ["differs id=1 name: X for Ada", "missing id=2"]
        );
        assert_eq!(count(lab, "write: merge", "only_in_target"), 1);
        let hard = "write: merge, deletes: hard";
        assert_eq!(verify(lab, hard, 1)[1], "extra id=9");
    });
}

#[test]
fn marked_rows_and_ended_versions_do_not_count() {
    Lab::each(|lab| {
        let soft = "write: merge, deletes: soft, metadata: true";
        lab.run(soft).exits(0);
        lab.change("delete from people where id = 3");
        assert_eq!(verify(lab, soft, 1), ["extra id=3"]);
        lab.run(soft).exits(0);
        assert!(verify(lab, soft, 0).is_empty());
        let history = "write: history, deletes: hard, into: past";
        lab.run(history).exits(0);
        lab.change("update people set name = 'Eve' where id = 1; delete from people where id = 2");
        assert_eq!(
            verify(lab, history, 1),
            ["differs id=1 name: Ada for Eve", "extra id=2"]
        );
        lab.run(history).exits(0);
        assert!(verify(lab, history, 0).is_empty());
    });
}

fn not_synced_yet(keys: &str) {
    Lab::each(|lab| {
        lab.run(keys).exits(0);
        // Behind the last position, and beside the row at it.
        lab.change("insert into people values (4, 'Dee', 40), (5, 'Eve', 30); update people set rev = 50 where id = 1");
        assert!(verify(lab, keys, 0).is_empty(), "{keys}");
        assert_eq!(count(lab, keys, "pending"), 1);
        lab.alter("delete from people where id = 3");
        let missing = verify(lab, keys, 1);
        assert!(
            missing.len() == 1 && missing[0].starts_with("missing id=3"),
            "{missing:?}"
        );
    });
}

#[test]
fn rows_that_are_not_synced_yet_are_no_difference() {
    not_synced_yet("mode: incremental, cursor: rev");
    not_synced_yet("mode: incremental, cursor: rev, write: append");
}

#[test]
fn an_appended_target_holds_each_row_as_often_at_least() {
    Lab::each(|lab| {
        lab.run("write: append").exits(0);
        lab.run("write: append").exits(0);
        assert!(verify(lab, "write: append", 0).is_empty());
        assert_eq!(count(lab, "write: append", "only_in_target"), 3);
        lab.alter("delete from people where id = 1");
        assert_eq!(verify(lab, "write: append", 1), ["missing id=1, name=Ada, rev=10"]);
    });
}

#[test]
fn rows_that_were_set_aside_are_no_difference() {
    Lab::each(|lab| {
        lab.change("update people set name = 'none' where id = 2");
        let expr = "columns: { name: { expr: \"cast(rev / (case when name = 'none' then 0 else 1 end) as string)\" } }";
        let keys = format!("on_error: reject, {expr}");
        lab.run(&keys).exits(0);
        assert!(verify(lab, &keys, 0).is_empty());
        assert_eq!(count(lab, &keys, "rejected"), 1);
        let keys = format!("on_error: \"null\", {expr}");
        lab.run(&keys).exits(0);
        assert!(verify(lab, &keys, 0).is_empty());
        lab.alter("update people set name = '7' where id = 1");
        assert_eq!(verify(lab, &keys, 1), ["differs id=1 name: 7 for 10"]);
    });
}
