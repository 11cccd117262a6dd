//! A column of SyncApp's own table that grows: what hangs on the table stays, and all happens or nothing does.
//!
//! SQLite makes the table again for it, so most of this is about SQLite.

use std::process::Stdio;
use std::time::Instant;

use syncapp_tests::faults::dice::Dice;

use super::lab::{Lab, Target};
use crate::contract::connections::wait;
use crate::contract::place::program;

/// The people with their revision as another type, by the keys of the stream.
fn rev(ty: &str, keys: &str) -> String {
    format!("{keys}, columns: {{ rev: {{ type: \"{ty}\", allow_lossy: true }} }}")
}

fn sqlite() -> Lab {
    let is = |lab: &Lab| matches!(lab.target, Target::Sqlite);
    Lab::all().into_iter().find(is).unwrap()
}

/// The declared types of the people.
fn declared(lab: &Lab) -> Vec<String> {
    lab.rows("select name || ' ' || type || iif(\"notnull\", ' not null', '') from pragma_table_info('people')")
}

/// All that the file holds but the state.
fn held(lab: &Lab) -> Vec<String> {
    let mut held = lab.rows("select name || ': ' || sql from sqlite_schema where sql is not null order by name");
    held.extend(lab.rows("select id || ' ' || name || ' ' || rev || ' ' || typeof(rev) from people order by id"));
    held.extend(lab.rows("select coalesce(position, '-') || ' ' || rows from _syncapp_checkpoint"));
    held
}

const HUNG: &str = "
    create index by_name on people(name collate nocase) where rev > 1;
    create unique index by_id on people(id);
    create view seen as select id, rev from people;
    create table log(id, rev);
    create trigger logs after insert on people begin insert into log values (new.id, new.rev); end;
    create table pets(owner integer references people(id) on delete cascade, name text);
    insert into pets values (1, 'Rex'), (2, 'Tom');";

#[test]
fn what_hangs_on_a_widened_table_stays() {
    for write in ["write: merge", "write: append", "write: overwrite, primary_key: [id]"] {
        let lab = sqlite();
        lab.run(&rev("int16", write)).exits(0);
        assert_eq!(declared(&lab)[2], "rev INT16");
        let once = if write == "write: append" {
            HUNG.replace("unique index by_id on people(id)", "index by_id on people(id)")
                .replace("references people(id) on delete cascade", "")
        } else {
            HUNG.to_owned()
        };
        lab.alter(&once);
        let hung = lab.rows(
            "select sql from sqlite_schema where type in ('index', 'trigger', 'view') and sql <> '' order by name",
        );
        assert!(hung.len() >= 4, "{hung:?}");
        let planned = lab.syncapp("plan", &rev("int64", write), &[]).exits(0).stdout;
        for part in [
            "CREATE TABLE main.\"_syncapp_wider\" (",
            "\"rev\" INTEGER",
            "INSERT INTO main.\"_syncapp_wider\" (\"id\", \"name\", \"rev\") SELECT \"id\", \"name\", \"rev\" FROM main.\"people\";",
            "DROP TABLE main.\"people\";",
            "ALTER TABLE main.\"_syncapp_wider\" RENAME TO \"people\"",
            "CREATE TRIGGER logs after insert on people",
        ] {
            assert_eq!(planned.matches(part).count(), 1, "{write}: {part}: {planned}");
        }
        assert_eq!(declared(&lab)[2], "rev INT16", "a plan changes nothing");
        lab.change("update people set rev = 5000000000 where id = 1; insert into people values (4, 'Di', 40)");
        lab.run(&rev("int64", write)).exits(0);
        assert_eq!(
            declared(&lab),
            ["id INTEGER not null", "name TEXT", "rev INTEGER"],
            "{write}"
        );
        let after =
            "select sql from sqlite_schema where type in ('index', 'trigger', 'view') and sql <> '' order by name";
        assert_eq!(lab.rows(after), hung, "{write}");
        assert_eq!(lab.rows("select rev from seen where rev = 5000000000"), ["5000000000"]);
        assert_eq!(
            lab.rows("select owner || name from pets order by 1"),
            ["1Rex", "2Tom"],
            "{write}"
        );
        // Copying rows is none of the trigger's business.
        let logged = if write == "write: append" { "1|2|3|4" } else { "4" };
        assert_eq!(
            lab.rows("select group_concat(id, '|') from (select id from log order by id)"),
            [logged],
            "{write}"
        );
        assert_eq!(lab.rows("pragma integrity_check"), ["ok"]);
        // It still is SyncApp's own.
        let own = "select made = (select sql from sqlite_schema where name = 'people') from _syncapp_checkpoint";
        assert_eq!(lab.rows(own), ["1"], "{write}");
    }
}

#[test]
fn several_columns_become_wider_at_once() {
    let lab = sqlite();
    let keys = |rev: &str, size: &str, more: &str| {
        format!(
            "write: history, primary_key: [id], query: \"select id, name, rev, size{more} from people\", columns: {{ \
             rev: {{ type: {rev}, allow_lossy: true }}, size: {{ type: \"{size}\", allow_lossy: true }} }}"
        )
    };
    lab.change("alter table people add column size text; update people set size = '12.5'; update people set size = '-0.5' where id = 2");
    lab.run(&keys("int16", "decimal(4,1)", "")).exits(0);
    lab.alter("insert into people(id, name, rev, size, _valid_from) values (7, 'Odd', 9, '1.5e1', '2024'), (9, 'Odd', 9, '7', '2024')");
    lab.change("alter table people add column city text");
    let plan = lab
        .syncapp("plan", &keys("int32", "decimal(30,3)", ", city"), &["--json"])
        .exits(0)
        .json();
    let changes = plan[0]["plan"]["changes"].as_array().unwrap().clone();
    let words: Vec<String> = changes
        .iter()
        .map(|change| {
            format!(
                "{} {}",
                change["change"].as_str().unwrap(),
                change["column"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(words, ["widen rev", "widen size", "add_column city"]);
    assert_eq!(changes[1]["from"], "TEXT_DECIMAL(4,1)");
    assert_eq!(changes[1]["to"], "TEXT_DECIMAL(30,3)");
    assert_eq!(changes[1]["sql"], "");
    lab.run(&keys("int32", "decimal(30,3)", ", city")).exits(0);
    // Another spelling makes no other row: what did not change in the source has no second version.
    assert_eq!(
        lab.rows("select id || ' ' || size from people order by id"),
        ["1 12.500", "2 -0.500", "3 12.500", "7 1.5e1", "9 7"]
    );
}

#[test]
fn a_load_that_fails_leaves_the_narrow_table() {
    let lab = sqlite();
    lab.run(&rev("int16", "write: merge")).exits(0);
    lab.alter(HUNG);
    let before = held(&lab);
    lab.change("update people set rev = 5000000000 where id = 1");
    let failing = format!(
        "{}, after_sql: \"select nothing from nowhere\"",
        rev("int64", "write: merge")
    );
    let ran = lab.run(&failing).exits(2);
    assert!(ran.stderr.contains("`after_sql` failed"), "{}", ran.stderr);
    assert_eq!(held(&lab), before);
    lab.run(&rev("int64", "write: merge")).exits(0);
    assert_eq!(lab.rows("select rev from people where id = 1"), ["5000000000"]);
}

#[test]
fn a_load_that_widens_leaves_no_row_that_refers_to_nothing() {
    let lab = sqlite();
    let keys = |ty: &str, deletes: &str| rev(ty, &format!("write: merge, deletes: {deletes}"));
    lab.run(&keys("int16", "hard")).exits(0);
    lab.alter(HUNG);
    // One that referred to nothing before is nobody's fault.
    lab.alter("pragma foreign_keys = off; insert into pets values (77, 'Stray')");
    let before = held(&lab);
    lab.change("delete from people where id = 1; update people set rev = 5000000000 where id = 2");
    let ran = lab.run(&keys("int64", "hard")).exits(1);
    assert!(ran.stderr.contains("error[destination.dependents]"), "{}", ran.stderr);
    assert_eq!(held(&lab), before);
    lab.run(&keys("int64", "ignore")).exits(0);
    assert_eq!(
        lab.rows("select owner || name from pets order by 1"),
        ["1Rex", "2Tom", "77Stray"]
    );
    lab.run(&keys("int64", "hard")).exits(0);
    assert_eq!(
        lab.rows("select owner || name from pets order by 1"),
        ["2Tom", "77Stray"]
    );
}

/// A column that the source has no more, or that may be NULL now, takes NULL.
#[test]
fn a_column_takes_null_once_the_source_says_so() {
    Lab::each(|lab| {
        for (at, write) in ["write: merge", "write: append", "write: history"]
            .into_iter()
            .enumerate()
        {
            lab.change("drop table people; create table people(id integer primary key, name text not null, rev integer not null);
                        insert into people values (1, 'Ada', 10)");
            let keys = format!("{write}, into: n{at}");
            lab.run(&keys).exits(0);
            lab.change(
                "drop table people; create table people(id integer primary key, rev integer);
                        insert into people values (1, 10), (2, null)",
            );
            lab.run(&keys).exits(0);
            assert_eq!(
                lab.rows(&format!("select coalesce(name, '-') from n{at} where id = 2")),
                ["-"],
                "{write}"
            );
            assert_eq!(
                lab.rows(&format!(
                    "select coalesce(cast(rev as text), '-') from n{at} where id = 2"
                )),
                ["-"],
                "{write}"
            );
        }
    });
}

#[test]
fn a_table_of_the_users_own_is_never_made_again() {
    let lab = sqlite();
    lab.alter("create table people(id integer primary key, name text not null, rev INT16)");
    let before = lab.rows("select sql from sqlite_schema where name = 'people'");
    let ran = lab.run(&rev("int64", "write: merge")).exits(1);
    assert!(
        ran.stderr.contains("error[destination.type_mismatch]"),
        "{}",
        ran.stderr
    );
    // SyncApp's own, until someone changes its definition.
    lab.run(&rev("int16", "write: merge, into: own")).exits(0);
    lab.alter("alter table own add column mine text default 'x'");
    let ran = lab.run(&rev("int64", "write: merge, into: own")).exits(1);
    assert!(
        ran.stderr.contains("error[destination.type_mismatch]"),
        "{}",
        ran.stderr
    );
    assert_eq!(lab.rows("select sql from sqlite_schema where name = 'people'"), before);
}

#[test]
fn a_killed_load_has_widened_the_table_or_not() {
    let lab = sqlite();
    lab.change(
        "with recursive n(i) as (select 10 union all select i + 1 from n where i < 20000)
         insert into people select i, 'name ' || i, i from n",
    );
    for seed in 0..8 {
        let lab_rows = |sql: &str| lab.rows(&sql.replace("people", &format!("k{seed}")));
        let keys = format!("write: merge, into: k{seed}");
        let begun = Instant::now();
        lab.run(&rev("int16", &keys)).exits(0);
        let usual = begun.elapsed();
        let sums = "select total(rev) || ' ' || count(*) || ' ' || (select type from pragma_table_info('people') where name = 'rev') from people";
        let before = lab_rows(sums);
        lab.change("update people set rev = rev + 1 where id % 3 = 0");
        lab.write(&rev("int64", &keys));
        let mut command = lab.place.command(&[&program(), "run", "sync.yaml"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let moment = usual.mul_f64(Dice::new(seed).between(0.2, 1.0));
        wait(async { tokio::time::sleep(moment).await });
        // Where it has ended already there is nothing to kill.
        let _ = child.kill();
        child.wait().unwrap();
        let after = lab_rows(sums);
        let source = lab.place.rows(
            "from.db",
            "select total(rev) || ' ' || count(*) || ' INTEGER' from people",
        );
        assert!(
            after == before || after == source,
            "a mix: {after:?}, not {before:?} or {source:?}"
        );
        assert_eq!(
            lab.rows("select name from sqlite_schema where name like '\\_syncapp\\_wider%' escape '\\'")
                .len(),
            0
        );
        lab.run(&rev("int64", &keys)).exits(0);
        assert_eq!(lab_rows(sums), source);
    }
}
