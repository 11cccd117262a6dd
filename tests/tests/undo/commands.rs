//! `syncapp undo`: which run, which file, and what stands against it.

use crate::contract::case::{PEOPLE, people, sync};
use crate::contract::place::Place;
use crate::writes::lab::{Lab, Target};

const COUNT: &str = "select cast(count(*) as text) from people";

#[test]
fn runs_are_taken_back_the_newest_first() {
    Lab::each(|lab| {
        let keys = "write: append";
        let first = lab.keep(keys, &[]);
        let second = lab.keep(keys, &["--limit", "2"]);
        let said = lab.undo(&first, &[]).exits(2).stderr;
        assert!(said.contains("config.conflict") && said.contains(&second), "{said}");
        assert_eq!(lab.rows(COUNT), ["5"]);
        lab.undo(&second, &[]).exits(0);
        assert_eq!(lab.rows(COUNT), ["3"]);
        lab.undo(&first, &[]).exits(0);
        assert!(!lab.has("people"));
        assert_eq!(lab.journals(), [""; 0]);
        lab.keep(keys, &[]);
        assert_eq!(lab.rows(COUNT), ["3"]);
    });
}

#[test]
fn a_run_that_moved_the_checkpoint_without_a_journal_stands_in_the_way() {
    Lab::each(|lab| {
        let keys = "mode: incremental, cursor: rev, write: append";
        let run = lab.keep(keys, &[]);
        lab.change("insert into people values (4, 'Di', 40)");
        lab.run(keys).exits(0);
        let said = lab.undo(&run, &[]).exits(2).stderr;
        assert!(
            said.contains("config.conflict") && said.contains("without `undo`"),
            "{said}"
        );
        assert_eq!(lab.rows(COUNT), ["4"]);
    });
}

#[test]
fn journals_go_when_their_time_is_over() {
    Lab::each(|lab| {
        lab.run("write: append, undo: { keep: 1ms }").exits(0);
        let old = lab.last();
        lab.run("write: append, undo: { keep: 1ms }").exits(0);
        assert_eq!(lab.journals().len(), 1);
        // A run without a journal of its own tidies up as well.
        lab.run("write: append").exits(0);
        assert_eq!(lab.journals(), [""; 0]);
        assert_eq!(lab.rows("select run_id from _syncapp_undo"), [""; 0]);
        assert!(lab.undo(&old, &[]).exits(2).stderr.contains("config.unknown_name"));
    });
}

#[test]
fn a_run_that_changed_nothing_keeps_nothing() {
    Lab::each(|lab| {
        let keys = "mode: incremental, cursor: rev, write: merge";
        lab.keep(keys, &[]);
        let run = lab.keep(keys, &[]);
        assert!(lab.undo(&run, &[]).exits(2).stderr.contains("changed nothing"));
        assert_eq!(lab.journals(), [""; 0]);
    });
}

#[test]
fn the_file_is_the_run_s_own_unless_another_one_is_named() {
    Lab::each(|lab| {
        let run = lab.keep("", &[]);
        let place = &lab.place;
        let text = place.text("sync.yaml");
        place.put("moved.yaml", &text);
        std::fs::remove_file(place.path("sync.yaml")).unwrap();
        let said = lab.undo(&run, &[]).exits(2).stderr;
        assert!(said.contains("config.unreadable_file"), "{said}");
        lab.undo(&run, &["--file", "moved.yaml"]).exits(0);
        assert!(!lab.has("people"));
        let unknown = "0190a000-0000-7000-8000-000000000000";
        let said = lab.undo(unknown, &[]).exits(2).stderr;
        assert!(said.contains("--file"), "{said}");
        lab.undo("nonsense", &[]).exits(2);
    });
}

#[test]
fn added_rows_are_found_again_or_refused() {
    Lab::each(|lab| {
        let number = match lab.target {
            Target::Sqlite => "no integer primary key",
            Target::Postgres(_) => "no bigint generated always as identity",
            Target::MariaDb(_) => "no bigint auto_increment primary key",
        };
        let text = if matches!(lab.target, Target::MariaDb(_)) {
            "varchar(50)"
        } else {
            "text"
        };
        lab.alter(&format!(
            "create table people({number}, id bigint, name {text}, rev bigint); \
             insert into people(id, name, rev) values (1, 'Ada', 10)"
        ));
        let before = lab.held(&lab.columns());
        let ran = lab.run("write: append, undo: { keep: 1h }");
        if matches!(lab.target, Target::Postgres(_)) {
            lab.undo(&lab.last(), &[]).exits(0);
        } else {
            assert!(ran.exits(2).stderr.contains("`no` of"), "a column that fills itself");
        }
        assert_eq!(lab.held(&lab.columns()), before);
        // Rows that a key tells apart are found whatever stands beside them.
        let merge = "write: merge, primary_key: [id]";
        lab.change("update people set name = 'New' where id < 3");
        let run = lab.keep(merge, &[]);
        lab.undo(&run, &[]).exits(0);
        assert_eq!(lab.held(&lab.columns()), before);
    });
}

#[test]
fn a_key_that_is_none_in_the_target_is_refused() {
    Lab::each(|lab| {
        lab.alter("create table people(id bigint, name varchar(50), rev bigint); insert into people values (1, 'a', 1), (1, 'b', 2)");
        let ran = lab.run("write: merge, undo: { keep: 1h }").exits(1);
        assert!(ran.stderr.contains("transform.duplicate_key"), "{}", ran.stderr);
        assert_eq!(lab.rows(COUNT), ["2"]);
    });
}

#[test]
fn files_keep_no_journal() {
    let file = sync(
        "{ connector: sqlite, path: from.db }",
        "{ connector: files, path: out, format: csv }",
        "people",
        "undo: { keep: 1h }",
    );
    let place = Place::new().sqlite("from.db", PEOPLE).file("sync.yaml", file);
    std::fs::create_dir(place.path("out")).unwrap();
    let ran = place.syncapp(&["run", "sync.yaml"]).exits(2);
    assert!(
        ran.stderr.contains("config.conflict") && ran.stderr.contains("journal"),
        "{}",
        ran.stderr
    );
}

/// `undo`
pub(crate) fn key() {
    let place = Place::new().sqlite("from.db", PEOPLE);
    let exit = |keys: &str| {
        place.put("sync.yaml", people(keys));
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        let id = place.syncapp(&["runs", "--json", "--limit", "1"]).json()[0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        place.syncapp(&["undo", &id]).code
    };
    assert_eq!((exit("undo: { keep: 7d }"), exit("")), (0, 2));
    place.put("sync.yaml", people("undo: { keep: soon }"));
    let ran = place.syncapp(&["run", "sync.yaml"]).exits(2);
    assert!(ran.stderr.contains("7d"), "{}", ran.stderr);
}

/// `undo.keep`
pub(crate) fn keep() {
    let journals = |keep: &str| {
        let place = Place::new().sqlite("from.db", PEOPLE);
        place.put("sync.yaml", people(&format!("write: append, undo: {{ keep: {keep} }}")));
        for _ in 0..2 {
            place.syncapp(&["run", "sync.yaml"]).exits(0);
        }
        place.rows("to.db", "select count(*) from _syncapp_undo")
    };
    assert_eq!(
        (journals("1h"), journals("1ms")),
        (vec!["2".to_owned()], vec!["1".to_owned()])
    );
}
