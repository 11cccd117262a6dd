//! What a run does to a stream's state, and the commands that show and change it.

use serde_json::Value as Json;

use crate::contract::case::people;
use crate::contract::commands::{count, place, run};
use crate::contract::place::Place;

/// The position that a stream's state has.
fn position(place: &Place) -> Json {
    let states = place.syncapp(&["state", "show", "sync.yaml", "--json"]).exits(0).json();
    assert_eq!(states.len(), 1);
    states[0]["checkpoint"]["position"]["cursor"]["value"].clone()
}

#[test]
fn limit_leaves_the_state() {
    let place = place("mode: incremental, cursor: rev");
    run(&place, &["--limit", "2"]).exits(0);
    assert_eq!(count(&place), ["2"]);
    assert_eq!(position(&place), Json::Null);
    run(&place, &[]).exits(0);
    assert_eq!((count(&place), position(&place)), (vec!["3".into()], "30".into()));
    place.alter(
        "from.db",
        "insert into people values (4, 'Di', 1, 40, ''), (5, 'Ed', 1, 50, '')",
    );
    run(&place, &["--limit", "2"]).exits(0);
    assert_eq!(position(&place), "30");
    run(&place, &[]).exits(0);
    assert_eq!((count(&place), position(&place)), (vec!["5".into()], "50".into()));
}

#[test]
fn it_counts_the_rows_of_all_runs() {
    let place = place("mode: incremental, cursor: rev, write: append");
    for (more, rows) in [
        ("", 3),
        (
            "insert into people values (4, 'Di', 1, 40, ''), (5, 'Ed', 1, 50, '')",
            5,
        ),
    ] {
        place.alter("from.db", more);
        run(&place, &[]).exits(0);
        let states = place.syncapp(&["state", "show", "sync.yaml", "--json"]).exits(0).json();
        assert_eq!(states[0]["checkpoint"]["rows"], rows);
    }
}

#[test]
fn range_takes_its_begin_and_not_its_end_and_leaves_the_state() {
    let place = place("mode: incremental, cursor: rev, start: 30");
    run(&place, &[]).exits(0);
    let ids = |want: &[&str]| assert_eq!(place.rows("to.db", "select id from people order by id"), want);
    ids(&["3"]);
    run(&place, &["--range", "10..20"]).exits(0);
    ids(&["1", "3"]);
    assert_eq!(position(&place), "30");
    run(&place, &["--range", "20.."]).exits(0);
    ids(&["1", "2", "3"]);
    place.alter("from.db", "update people set name = 'Eve'");
    run(&place, &["--range", "..20"]).exits(0);
    assert_eq!(
        place.rows("to.db", "select name from people order by id"),
        ["Eve", "Bob", "Cy"]
    );
    let ran = run(&place, &["--range", "x..y"]).exits(2);
    assert!(ran.stderr.contains("config.invalid_value"), "{}", ran.stderr);
    place.put("sync.yaml", people(""));
    let ran = run(&place, &["--range", "1..2"]).exits(2);
    assert!(ran.stderr.contains("config.conflict"), "{}", ran.stderr);
}

#[test]
fn full_refresh_reads_everything_again() {
    let place = place("mode: incremental, cursor: rev");
    run(&place, &[]).exits(0);
    place.alter(
        "from.db",
        "delete from people where id = 1; update people set name = 'Eve' where id = 2",
    );
    run(&place, &[]).exits(0);
    let names = |want: &[&str]| assert_eq!(place.rows("to.db", "select name from people order by id"), want);
    names(&["Ada", "Bob", "Cy"]);
    run(&place, &["--full-refresh"]).exits(0);
    names(&["Eve", "Cy"]);
    assert_eq!(position(&place), "30", "the next increment goes on from here");
}

#[test]
fn a_table_that_is_gone_begins_anew() {
    let place = place("mode: incremental, cursor: rev");
    run(&place, &[]).exits(0);
    place.alter("to.db", "drop table people");
    let planned = place.syncapp(&["plan", "sync.yaml", "--rows"]).exits(0);
    for part in ["begins anew", "3"] {
        assert!(
            planned.stdout.contains(part) || planned.stderr.contains(part),
            "{part} in {}{}",
            planned.stdout,
            planned.stderr
        );
    }
    let ran = run(&place, &["--limit", "1"]).exits(0);
    assert!(ran.stderr.contains("begins anew"), "{}", ran.stderr);
    assert_eq!(position(&place), Json::Null, "what the old table held is not there");
    run(&place, &[]).exits(0);
    assert_eq!((count(&place), position(&place)), (vec!["3".into()], "30".into()));
}

#[test]
fn another_target_is_not_taken_for_the_first() {
    let place = place("mode: incremental, cursor: rev, write: append");
    run(&place, &[]).exits(0);
    let to = |table: &str| {
        place.put(
            "sync.yaml",
            people(&format!("mode: incremental, cursor: rev, write: append, into: {table}")),
        );
    };
    to("others");
    let ran = run(&place, &[]).exits(0);
    assert!(ran.stderr.contains("begins anew"), "{}", ran.stderr);
    assert_eq!(place.rows("to.db", "select count(*) from others"), ["3"]);
    to("people");
    let before = place.contents();
    for command in ["plan", "run"] {
        let ran = place.syncapp(&[command, "sync.yaml"]).exits(2);
        for part in ["config.conflict", "others", "state reset"] {
            assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
        }
    }
    assert_eq!(place.contents(), before);
    place
        .syncapp(&["state", "set", "sync.yaml", "--stream", "people", "31"])
        .exits(0);
    run(&place, &[]).exits(0);
    assert_eq!(count(&place), ["3"]);
}

#[test]
fn state_is_shown_set_and_reset() {
    let place = place("mode: incremental, cursor: rev");
    run(&place, &[]).exits(0);
    let shown = place.syncapp(&["state", "show", "sync.yaml"]).exits(0).stdout;
    assert!(shown.contains("position") && shown.contains("30"), "{shown}");
    let json = place
        .syncapp(&["state", "show", "sync.yaml", "--sync", "s", "--json"])
        .exits(0)
        .json();
    assert!(
        json[0]["updated_at"].as_str().is_some_and(|at| at.ends_with('Z')),
        "{}",
        json[0]
    );
    place.alter("from.db", "update people set name = upper(name)");
    place
        .syncapp(&["state", "set", "sync.yaml", "--stream", "people", "20"])
        .exits(0);
    assert_eq!(position(&place), "20");
    run(&place, &[]).exits(0);
    assert_eq!(
        place.rows("to.db", "select name from people order by id"),
        ["Ada", "BOB", "CY"]
    );
    place
        .syncapp(&["state", "reset", "sync.yaml", "--stream", "people"])
        .exits(0);
    run(&place, &[]).exits(0);
    assert_eq!(
        place.rows("to.db", "select name from people order by id"),
        ["ADA", "BOB", "CY"]
    );
    let ran = place
        .syncapp(&["state", "set", "sync.yaml", "--stream", "people", "soon"])
        .exits(2);
    assert!(ran.stderr.contains("config.invalid_value"), "{}", ran.stderr);
    let ran = place
        .syncapp(&["state", "reset", "sync.yaml", "--stream", "nobody"])
        .exits(2);
    assert!(ran.stderr.contains("config.unknown_name"), "{}", ran.stderr);
}
