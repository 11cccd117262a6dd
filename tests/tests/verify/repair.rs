//! `--repair`: what differs is made good, in one commit, and nothing else is touched.

use serde_json::Value as Json;

use crate::contract::case::sync;
use crate::contract::place::Place;
use crate::writes::lab::Lab;

use super::verdict;

const SPOIL: &str = "update people set name = 'X' where id = 1; delete from people where id = 2;
    insert into people (id, name, rev) values (9, 'Neu', 5)";
const LOOK: &str = "select concat(id, ' ', name, ' ', rev) from people order by id";

/// Repairs; inserted, updated and removed rows.
#[track_caller]
fn repair(lab: &Lab, keys: &str) -> [u64; 3] {
    let ran = lab.syncapp("verify", keys, &["--repair", "--json"]).exits(0);
    let first = ran
        .json()
        .into_iter()
        .find(|event| event["event"] == "stream_verified")
        .unwrap();
    let last = verdict(&ran);
    assert!(first["equal"] == false && last["equal"] == true, "{}", ran.stdout);
    ["inserted", "updated", "deleted"].map(|what| first["repaired"][what].as_u64().unwrap())
}

/// What `state show` tells but the epoch, which every claim raises.
fn state(lab: &Lab) -> Json {
    let ran = lab.place.syncapp(&["state", "show", "sync.yaml", "--json"]).exits(0);
    ran.json()[0]["checkpoint"].clone()
}

#[test]
fn an_overwritten_target_becomes_the_source() {
    Lab::each(|lab| {
        let keys = "metadata: true, primary_key: [id]";
        lab.run(keys).exits(0);
        let before = state(lab);
        lab.alter("update people set name = 'X' where id = 1; delete from people where id = 2");
        assert_eq!(repair(lab, keys), [1, 1, 0]);
        lab.alter("update people set id = 9 where id = 1");
        assert_eq!(repair(lab, keys), [1, 0, 1]);
        assert_eq!(lab.rows(LOOK), ["1 Ada 10", "2 Bob 20", "3 Cy 30"]);
        assert_eq!(state(lab), before);
        assert_eq!(lab.rows("select count(distinct _run_id) from people"), ["3"]);
        lab.syncapp("verify", keys, &["--repair"]).exits(0);
    });
}

#[test]
fn a_merged_target_keeps_what_only_it_has() {
    Lab::each(|lab| {
        lab.run("write: merge").exits(0);
        lab.alter(SPOIL);
        assert_eq!(repair(lab, "write: merge"), [1, 1, 0]);
        assert_eq!(lab.rows(LOOK), ["1 Ada 10", "2 Bob 20", "3 Cy 30", "9 Neu 5"]);
    });
}

#[test]
fn marks_and_versions_are_repaired_as_a_run_would() {
    Lab::each(|lab| {
        let soft = "write: merge, deletes: soft";
        lab.run(soft).exits(0);
        lab.alter(SPOIL);
        assert_eq!(repair(lab, soft), [1, 1, 1]);
        assert_eq!(lab.rows("select id from people where _deleted_at is not null"), ["9"]);
        let history = "write: history, deletes: soft, into: past";
        lab.run(history).exits(0);
        lab.change("delete from people where id = 3; update people set name = 'Eve' where id = 1");
        assert_eq!(repair(lab, history), [1, 1, 1]);
        let versions = "select concat(id, ' ', name) from past where _valid_to is null order by id";
        assert_eq!(lab.rows(versions), ["1 Eve", "2 Bob"]);
        assert_eq!(lab.rows("select count(*) from past"), ["4"]);
    });
}

#[test]
fn an_increment_keeps_its_position() {
    Lab::each(|lab| {
        let keys = "mode: incremental, cursor: rev";
        lab.run(keys).exits(0);
        lab.change("insert into people values (4, 'Dee', 40)");
        lab.alter("delete from people where id = 1");
        assert_eq!(repair(lab, keys), [1, 0, 0]);
        assert_eq!(lab.rows("select count(*) from people"), ["3"]);
        lab.run(keys).exits(0);
        assert_eq!(lab.rows("select count(*) from people"), ["4"]);
    });
}

#[test]
fn without_a_key_a_full_refresh_is_what_helps() {
    Lab::each(|lab| {
        let keys = "write: append";
        lab.run(keys).exits(0);
        lab.alter("delete from people where id = 2");
        let ran = lab.syncapp("verify", keys, &["--repair"]).exits(2);
        assert!(ran.stderr.contains("--full-refresh"), "{}", ran.stderr);
        assert_eq!(lab.rows("select count(*) from people"), ["2"]);
    });
    let place = Place::new().sqlite(
        "from.db",
        "create table t(id integer primary key); insert into t values (1), (2)",
    );
    place.put(
        "sync.yaml",
        sync(
            "{ connector: sqlite, path: from.db }",
            "{ connector: files, path: out, format: csv }",
            "t",
            "",
        ),
    );
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    place.syncapp(&["verify", "sync.yaml", "--repair"]).exits(0);
    place.put("out/t.csv", "id\n1\n3\n");
    place.syncapp(&["verify", "sync.yaml"]).exits(1);
    let ran = place.syncapp(&["verify", "sync.yaml", "--repair"]).exits(2);
    assert!(ran.stderr.contains("--full-refresh"), "{}", ran.stderr);
}
