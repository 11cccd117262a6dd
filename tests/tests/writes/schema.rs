//! `schema_changes`: what becomes of columns that come, go or change in the source.

use super::lab::{Lab, Target};

const WRITES: [&str; 4] = [
    "write: overwrite",
    "write: append, mode: incremental, cursor: rev",
    "write: merge",
    "write: history",
];

/// Each write in a table of its own, after a first run.
fn each(lab: &Lab, policy: &str, test: impl Fn(&str, &str)) {
    for (at, write) in WRITES.iter().enumerate() {
        let keys = format!("{write}, into: t{at}, schema_changes: {policy}");
        lab.run(&keys).exits(0);
        test(&keys, &format!("t{at}"));
    }
}

fn has(lab: &Lab, table: &str, column: &str) -> bool {
    let sql = match lab.target {
        Target::Sqlite => format!("select count(*) from pragma_table_info('{table}') where name = '{column}'"),
        Target::Postgres(_) => {
            format!("select count(*) from pg_attribute where attrelid = '{table}'::regclass and attname = '{column}'")
        }
        Target::MariaDb(_) => format!(
            "select count(*) from information_schema.columns where table_schema = database() \
             and table_name = '{table}' and column_name = '{column}'"
        ),
    };
    lab.rows(&sql) == ["1"]
}

#[test]
fn propagate_adds_what_is_new_and_keeps_what_is_gone() {
    Lab::each(|lab| {
        each(lab, "propagate", |keys, table| {
            lab.change("alter table people add column city text; insert into people values (4, 'Dan', 40, 'Rome')");
            lab.run(keys).exits(0);
            assert_eq!(
                lab.rows(&format!("select city from {table} where id = 4")),
                ["Rome"],
                "{keys}"
            );
            lab.change("alter table people drop column name; insert into people values (5, 50, 'Oslo')");
            let ran = lab.run(keys).exits(0);
            assert_eq!(
                lab.rows(&format!("select city from {table} where id = 5")),
                ["Oslo"],
                "{keys}"
            );
            if has(lab, table, "name") {
                assert!(
                    ran.stderr.contains("columns are gone from the source: name"),
                    "{keys}: {}",
                    ran.stderr
                );
                assert_eq!(
                    lab.rows(&format!("select coalesce(name, '-') from {table} where id = 5")),
                    ["-"]
                );
            }
            lab.change(
                "drop table people; create table people(id integer primary key, name text, rev integer);
                        insert into people values (1, 'Ada', 10), (2, 'Bob', 20), (3, 'Cy', 30)",
            );
        });
    });
}

#[test]
fn ignore_leaves_new_columns_out_and_says_so() {
    Lab::each(|lab| {
        each(lab, "ignore", |keys, table| {
            lab.change("alter table people add column city text; insert into people values (4, 'Dan', 40, 'Rome')");
            let ran = lab.run(&format!("{keys}, metadata: true")).exits(0);
            assert!(
                ran.stderr.contains("new columns are left out: city"),
                "{keys}: {}",
                ran.stderr
            );
            assert!(!has(lab, table, "city"), "{keys}");
            assert_eq!(
                lab.rows(&format!("select name from {table} where id = 4")),
                ["Dan"],
                "{keys}"
            );
            assert!(
                has(lab, table, "_run_id"),
                "what the file asks for is no change of the source: {keys}"
            );
            lab.change("delete from people where id = 4; alter table people drop column city");
        });
    });
}

#[test]
fn pause_stops_before_anything_is_written() {
    Lab::each(|lab| {
        each(lab, "pause", |keys, table| {
            let rows = format!("select id from {table} order by id");
            for (change, back, said) in [
                (
                    "alter table people add column city text",
                    "alter table people drop column city",
                    "new: city",
                ),
                (
                    "alter table people rename column name to title",
                    "alter table people rename column title to name",
                    "new: title; gone: name",
                ),
            ] {
                lab.change(change);
                let ran = lab.run(keys).exits(1);
                assert!(
                    ran.stderr.contains("error[source.schema_changed]") && ran.stderr.contains(said),
                    "{keys}: {}",
                    ran.stderr
                );
                assert_eq!(lab.rows(&rows), ["1", "2", "3"], "{keys}");
                lab.change(back);
            }
            lab.run(keys).exits(0);
            lab.change("alter table people add column city text");
            lab.run(&keys.replace("pause", "propagate")).exits(0);
            assert!(has(lab, table, "city"), "{keys}");
            lab.run(keys).exits(0);
            lab.change("alter table people drop column city");
        });
    });
}

#[test]
fn a_type_that_grows_is_widened() {
    Lab::each(|lab| {
        let query = |ty: &str, value: &str| {
            format!(
                "query: \"select id, name, rev, {value} as v from people\", primary_key: [id], columns: {{ v: {{ type: \"{ty}\", allow_lossy: true }} }}"
            )
        };
        for (at, write) in WRITES.iter().enumerate() {
            for (number, (small, big, value)) in [
                ("int16", "int64", "5000000000"),
                ("decimal(4,1)", "decimal(30,3)", "'12345.678'"),
                ("float32", "float64", "1e300"),
            ]
            .into_iter()
            .enumerate()
            {
                let keys = |ty: &str, value: &str| format!("{write}, into: t{at}_{number}, {}", query(ty, value));
                lab.run(&keys(small, "1")).exits(0);
                let before = lab.rows(&format!("select count(*) from t{at}_{number}"));
                // Who does not want it wider is told.
                let held = lab
                    .run(&format!("{}, schema_changes: ignore", keys(big, value)))
                    .exits(1);
                assert!(
                    held.stderr.contains("source.schema_changed"),
                    "{write} {small}: {}",
                    held.stderr
                );
                let held = lab
                    .run(&format!("{}, schema_changes: pause", keys(big, value)))
                    .exits(1);
                assert!(
                    held.stderr.contains("of another type: v from"),
                    "{write} {small}: {}",
                    held.stderr
                );
                assert_eq!(lab.rows(&format!("select count(*) from t{at}_{number}")), before);
                lab.change("update people set rev = rev + 100");
                lab.run(&keys(big, value)).exits(0);
                let landed = format!("select count(*) from t{at}_{number} where v = {value}");
                assert_eq!(lab.rows(&landed), ["3"], "{write} {small} to {big}");
                // The other way round values might not fit: nothing narrows.
                if *write != "write: overwrite" {
                    let back = lab.run(&keys(small, "1"));
                    assert!(
                        back.code == 0 || back.stderr.contains("type_mismatch"),
                        "{}",
                        back.stderr
                    );
                }
            }
        }
    });
}

#[test]
fn a_key_or_cursor_that_is_gone_stops_the_stream() {
    Lab::each(|lab| {
        let keys = "write: merge, mode: incremental, cursor: rev, primary_key: [id]";
        lab.run(keys).exits(0);
        lab.change("alter table people rename column rev to version");
        let ran = lab.run(keys).exits(2);
        assert!(ran.stderr.contains("no column `rev` for a cursor"), "{}", ran.stderr);
        assert_eq!(lab.rows("select count(*) from people"), ["3"]);
    });
}

/// Rows that are there would not be found by another key, and land once more.
#[test]
fn a_key_of_another_name_stops_the_stream() {
    Lab::each(|lab| {
        for (at, write) in [
            "write: merge",
            "write: history",
            "write: merge, mode: incremental, cursor: rev",
        ]
        .into_iter()
        .enumerate()
        {
            let keys = format!("{write}, into: k{at}");
            lab.run(&keys).exits(0);
            lab.change("alter table people rename column id to number");
            for policy in ["propagate", "ignore", "pause"] {
                let ran = lab.run(&format!("{keys}, schema_changes: {policy}")).exits(1);
                assert!(
                    ran.stderr.contains("error[source.schema_changed]")
                        && ran.stderr.contains("no key column `number`"),
                    "{write} {policy}: {}",
                    ran.stderr
                );
            }
            assert_eq!(
                lab.rows(&format!("select id from k{at} order by id")),
                ["1", "2", "3"],
                "{write}"
            );
            let named = lab.run(&format!("{keys}, primary_key: [id]")).exits(2);
            assert!(
                named.stderr.contains("the key column `id` does not land"),
                "{}",
                named.stderr
            );
            // The old name, and all is well.
            lab.run(&format!("{keys}, columns: {{ id: {{ from: number }} }}"))
                .exits(0);
            assert_eq!(
                lab.rows(&format!("select id from k{at} order by id")),
                ["1", "2", "3"],
                "{write}"
            );
            lab.change("alter table people rename column number to id");
        }
    });
}

#[test]
fn a_new_table_that_a_glob_matches_comes_along() {
    Lab::each(|lab| {
        let file = |lab: &Lab| {
            lab.place
                .text("sync.yaml")
                .replace("      people: {  }", "      \"*\": {}")
        };
        lab.run("").exits(0);
        lab.place.put("sync.yaml", file(lab));
        lab.change("create table pets(id integer primary key, name text); insert into pets values (1, 'Rex')");
        lab.place.syncapp(&["run", "sync.yaml"]).exits(0);
        assert_eq!(lab.rows("select name from pets"), ["Rex"]);
    });
}
