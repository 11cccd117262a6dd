//! `write: history`

use super::lab::Lab;

const VERSIONS: &str = "select id || ' ' || name || case when _valid_to is null then '' else ' old' end \
    from people order by id, _valid_from, name";

/// Versions whose end is not the beginning of another one, but for keys that are gone.
const TORN: &str = "select count(*) from people p where _valid_to is not null \
    and not exists (select 1 from people n where n.id = p.id and n._valid_from = p._valid_to)";

#[test]
fn a_changed_row_is_a_new_version_and_an_equal_one_is_none() {
    Lab::each(|lab| {
        for keys in [
            "write: history",
            "write: history, mode: incremental, cursor: rev, metadata: true",
        ] {
            lab.run(&format!("{keys}, into: people")).exits(0);
            assert_eq!(lab.rows(VERSIONS), ["1 Ada", "2 Bob", "3 Cy"]);
            lab.run(keys).exits(0);
            assert_eq!(lab.rows(VERSIONS), ["1 Ada", "2 Bob", "3 Cy"], "the same rows again");

            lab.change(
                "update people set name = 'Eve', rev = 40 where id = 2; insert into people values (4, 'Dan', 50)",
            );
            let ran = lab.run_with(keys, &["--json"]).exits(0);
            let last = ran.json().pop().unwrap();
            let counts = &last["streams"][0];
            assert_eq!(
                [&counts["inserted"], &counts["updated"], &counts["deleted"]].map(ToString::to_string),
                ["2", "1", "0"],
                "{last}"
            );
            assert_eq!(lab.rows(VERSIONS), ["1 Ada", "2 Bob old", "2 Eve", "3 Cy", "4 Dan"]);
            assert_eq!(lab.rows(TORN), ["0"]);

            // Back to what it was is another version still.
            lab.change("update people set name = 'Bob', rev = 60 where id = 2");
            lab.run(keys).exits(0);
            let bobs = "select name from people where id = 2 order by _valid_from";
            assert_eq!(lab.rows(bobs), ["Bob", "Eve", "Bob"]);
            assert_eq!(lab.rows(TORN), ["0"]);

            lab.alter("drop table people");
            lab.alter("delete from _syncapp_checkpoint");
            lab.change("delete from people where id = 4; update people set rev = 20 where id = 2");
        }
    });
}

#[test]
fn null_is_a_value_like_others() {
    Lab::each(|lab| {
        lab.run("write: history").exits(0);
        for (name, versions) in [("null", 2), ("null", 2), ("''", 3), ("'NULL'", 4), ("'null'", 5)] {
            lab.change(&format!("update people set name = {name} where id = 1"));
            lab.run("write: history").exits(0);
            let count = lab.rows("select count(*) from people where id = 1");
            assert_eq!(count, [versions.to_string()], "{name}");
        }
    });
}

#[test]
fn a_vanished_key_has_no_current_version() {
    Lab::each(|lab| {
        for (deletes, current) in [("ignore", "3"), ("soft", "2"), ("hard", "2")] {
            let keys = format!("write: history, deletes: {deletes}, into: h_{deletes}");
            lab.run(&keys).exits(0);
            lab.change("delete from people where id = 1");
            // A part of the source says nothing of the rest.
            lab.run_with(&keys, &["--limit", "1"]).exits(0);
            let open = format!("select count(*) from h_{deletes} where _valid_to is null");
            assert_eq!(lab.rows(&open), ["3"], "{deletes}");
            lab.run(&keys).exits(0);
            assert_eq!(lab.rows(&open), [current], "{deletes}");
            lab.change("insert into people values (1, 'Ada', 10)");
            lab.run(&keys).exits(0);
            assert_eq!(lab.rows(&open), ["3"], "{deletes}");
            let all = lab.rows(&format!("select count(*) from h_{deletes}"));
            assert_eq!(all, [if deletes == "ignore" { "3" } else { "4" }], "{deletes}");
        }
    });
}

#[test]
fn a_full_refresh_keeps_the_history() {
    Lab::each(|lab| {
        let keys = "write: history, mode: incremental, cursor: rev";
        lab.run(keys).exits(0);
        // Behind the cursor: only reading everything finds it.
        lab.change("update people set name = 'Eve' where id = 1");
        lab.run(keys).exits(0);
        assert_eq!(lab.rows(VERSIONS), ["1 Ada", "2 Bob", "3 Cy"]);
        lab.run_with(keys, &["--full-refresh"]).exits(0);
        assert_eq!(lab.rows(VERSIONS), ["1 Ada old", "1 Eve", "2 Bob", "3 Cy"]);
        lab.change("insert into people values (4, 'Dan', 40)");
        lab.run(keys).exits(0);
        assert_eq!(lab.rows("select count(*) from people"), ["5"]);
    });
}

#[test]
fn of_one_key_the_greatest_cursor_wins_within_a_run() {
    Lab::each(|lab| {
        let keys = "write: history, mode: incremental, cursor: rev, primary_key: [name]";
        lab.change("insert into people values (4, 'Ada', 40), (5, 'Ada', 35)");
        lab.run(keys).exits(0);
        assert_eq!(
            lab.rows("select id || name from people order by id"),
            ["2Bob", "3Cy", "4Ada"]
        );
        lab.change("insert into people values (6, 'Cy', 60), (7, 'Cy', 60)");
        let ran = lab.run(keys).exits(1);
        assert!(
            ran.stderr.contains("duplicate_key") && ran.stderr.contains("Cy"),
            "{}",
            ran.stderr
        );
    });
}

#[test]
fn a_user_s_table_gets_the_columns_and_keeps_its_rows() {
    Lab::each(|lab| {
        lab.alter("create table people(id bigint, name text, rev bigint, note text); insert into people values (1, 'Ada', 10, 'mine'), (2, 'Old', 0, 'mine')");
        lab.run("write: history").exits(0);
        let notes = "select id || name || coalesce(note, '-') || case when _valid_to is null then '' else ' old' end from people order by id, name, note";
        assert_eq!(lab.rows(notes), ["1Adamine", "2Bob-", "2Oldmine old", "3Cy-"]);
    });
}

#[test]
fn it_needs_a_key_and_its_names() {
    Lab::each(|lab| {
        let ran = lab.run("write: history, query: \"select name from people\"").exits(2);
        assert!(ran.stderr.contains("needs a key"), "{}", ran.stderr);
        let ran = lab
            .run("write: history, columns: { _valid_to: { from: rev } }")
            .exits(2);
        assert!(
            ran.stderr.contains("the run adds a column `_valid_to` of its own"),
            "{}",
            ran.stderr
        );
    });
}
