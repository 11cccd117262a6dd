//! What only one system can refuse, when it does so, and kills in between.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value as Json, json};
use syncapp_tests::faults::Dice;

use super::lab::{Lab, Target};
use super::refused::{LANDED, alter, finished, table, text};
use super::replay::{kept, replay};
use crate::contract::connections::wait;
use crate::contract::place::program;

/// A table that refuses the second of three people, made by these statements.
fn only_in(wanted: fn(&Target) -> bool, cases: &[(&str, &str)]) {
    let labs = Lab::all().into_iter().filter(|lab| wanted(&lab.target));
    for lab in labs {
        for (made, says) in cases {
            alter(&lab, made);
            for write in ["append", "merge", "overwrite"] {
                let keys = format!("write: {write}, primary_key: [id], on_error: reject");
                let told = finished(&lab.run_with(&keys, &["--json"]).exits(0).json());
                assert_eq!(
                    (&told["rejected"], &told["rows_written"]),
                    (&json!(1), &json!(2)),
                    "{made}: {told}"
                );
                assert_eq!(lab.rows(LANDED), ["1 Ada 10", "3 Cy 30"], "{made}: {write}");
                let kept = kept(&lab.place);
                // The list still has those of the cases before, unless an overwrite forgot them.
                assert!(
                    kept.iter().all(|reject| reject["row_key"] == json!([2])),
                    "{made}: {kept:?}"
                );
                let says = |reject: &Json| reject["message"].as_str().unwrap().contains(says);
                assert!(kept.iter().any(says), "{made}: {kept:?}");
                alter(&lab, "delete from people");
            }
            alter(&lab, "drop table people");
        }
    }
}

#[test]
fn what_postgres_refuses() {
    only_in(
        |target| matches!(target, Target::Postgres(_)),
        &[
            (
                "create domain age as bigint check (value <> 20); create table people(id bigint primary key, name text, rev age)",
                "violates check constraint",
            ),
            (
                "create table people(id bigint, name text, rev bigint, exclude using gist (int8range(rev, rev + 15) with &&))",
                "violates exclusion constraint",
            ),
            (
                "create table people(id bigint, name text, rev bigint, half bigint generated always as (1 / (rev - 20)) stored)",
                "division by zero",
            ),
            (
                "create table people(id bigint, name text, rev bigint) partition by list (rev); \
                 create table people_10 partition of people for values in (10); \
                 create table people_30 partition of people for values in (30)",
                "no partition",
            ),
            (
                "create table revs(rev bigint primary key); insert into revs values (10), (30); \
                 create table people(id bigint, name text, rev bigint references revs deferrable initially deferred)",
                "violates foreign key constraint",
            ),
            (
                "create function later() returns trigger language plpgsql as \
                 $$begin if new.rev = 20 then raise 'only at the end'; end if; return null; end$$; \
                 create table people(id bigint, name text, rev bigint); \
                 create constraint trigger later after insert or update on people deferrable initially deferred \
                 for each row execute function later()",
                "only at the end",
            ),
        ],
    );
}

#[test]
fn what_mariadb_refuses() {
    only_in(
        |target| matches!(target, Target::MariaDb(_)),
        &[
            (
                "create table people(id bigint, name longtext character set utf8mb4 collate utf8mb4_nopad_bin, rev bigint) \
                 partition by list (rev) (partition a values in (10), partition b values in (30))",
                "no partition",
            ),
            (
                "create table people(id bigint, name longtext character set utf8mb4 collate utf8mb4_nopad_bin, rev bigint, \
                 own bigint as (case when rev = 20 then null else 1 end) persistent, check (own is not null))",
                "CONSTRAINT",
            ),
        ],
    );
}

#[test]
fn what_sqlite_refuses() {
    only_in(
        |target| matches!(target, Target::Sqlite),
        &[
            (
                "create table revs(rev integer primary key); insert into revs values (10), (30); \
                 create table people(id integer, name text, rev integer references revs deferrable initially deferred)",
                "FOREIGN KEY constraint failed",
            ),
            (
                "create table people(id integer, name text, rev integer, own integer not null as (nullif(rev, 20)))",
                "NOT NULL constraint failed",
            ),
        ],
    );
}

/// A trigger that ends the transaction takes everything with it.
#[test]
fn a_trigger_that_rolls_back_fails_the_stream() {
    let labs = Lab::all()
        .into_iter()
        .filter(|lab| matches!(lab.target, Target::Sqlite));
    for lab in labs {
        alter(&lab, &table(&lab, ""));
        lab.alter(
            "create trigger ends before insert on people when new.rev = 20 begin select raise(rollback, 'all of it'); end",
        );
        let ran = lab.run("write: append, on_error: reject").exits(1);
        assert!(ran.stderr.contains("all of it"), "{}", ran.stderr);
        assert_eq!(lab.rows(LANDED), [] as [&str; 0]);
        assert_eq!(kept(&lab.place), [] as [Json; 0]);
    }
}

/// What is only checked at the end may be mended by what runs before it.
#[test]
fn what_the_users_own_sql_mends_is_not_set_aside() {
    for lab in Lab::all()
        .into_iter()
        .filter(|lab| !matches!(lab.target, Target::MariaDb(_)))
    {
        let number = if matches!(lab.target, Target::Sqlite) {
            "integer"
        } else {
            "bigint"
        };
        let made = format!(
            "create table revs(rev {number} primary key); \
             create table people(id {number}, name text, rev {number} references revs deferrable initially deferred)"
        );
        alter(&lab, &made);
        let keys = "write: append, on_error: reject, after_sql: \"insert into revs select distinct rev from people\"";
        lab.run(keys).exits(0);
        assert_eq!(lab.rows(LANDED), ["1 Ada 10", "2 Bob 20", "3 Cy 30"]);
        assert_eq!(kept(&lab.place), [] as [Json; 0]);
    }
}

/// A table that SyncApp made refuses what the user forbids there later.
#[test]
fn a_table_that_syncapp_made_may_come_to_refuse_rows() {
    for write in ["merge", "overwrite", "append"] {
        Lab::each(|lab| {
            lab.run(&format!("write: {write}, on_error: reject")).exits(0);
            alter(lab, "delete from people");
            alter(lab, "create unique index one on people(rev)");
            lab.change("update people set rev = 10 where id = 3");
            let keys = format!("write: {write}, on_error: reject");
            let told = finished(&lab.run_with(&keys, &["--json"]).exits(0).json());
            assert_eq!(told["rejected"], 1, "{write}: {told}");
            assert_eq!(lab.rows(LANDED), ["1 Ada 10", "2 Bob 20"], "{write}");
            assert_eq!(kept(&lab.place)[0]["row"]["id"], 3);
        });
    }
}

/// The rows are not kept in case that it does: the run fails, and the next one sets them aside.
#[test]
fn a_table_that_begins_to_refuse_rows_fails_the_run() {
    for lab in Lab::all()
        .into_iter()
        .filter(|lab| matches!(lab.target, Target::Postgres(_)))
    {
        lab.run("write: merge").exits(0);
        lab.change("update people set name = 'bad' where id = 2");
        let check = "before_sql: \"alter table people add check (name <> 'bad')\"";
        let ran = lab.run(&format!("write: merge, on_error: reject, {check}")).exits(1);
        assert!(ran.stderr.contains("destination.constraint_violated"), "{}", ran.stderr);
        assert_eq!(lab.rows(LANDED), ["1 Ada 10", "2 Bob 20", "3 Cy 30"]);
        assert_eq!(kept(&lab.place), [] as [Json; 0]);
        lab.run("write: merge, on_error: reject").exits(0);
        assert_eq!(lab.rows(LANDED), ["1 Ada 10", "2 bad 20", "3 Cy 30"]);
    }
}

/// Where the stream names no bound, a load has one of its own.
#[test]
fn more_than_a_load_looks_for_leave_the_target_as_it_was() {
    let lab = Lab::all().remove(0);
    alter(&lab, &table(&lab, ", check (name <> 'bad')"));
    lab.run("write: overwrite").exits(0);
    lab.change(
        "with recursive n(i) as (select 11 union all select i + 1 from n where i < 10011) \
         insert into people select i, 'bad', i from n",
    );
    let keys = "write: overwrite, on_error: reject";
    let ran = lab.run(keys).exits(1);
    assert!(
        ran.stderr.contains("too_many_rejects") && ran.stderr.contains("refuses more than 10000 rows"),
        "{}",
        ran.stderr
    );
    assert_eq!(lab.rows(LANDED), ["1 Ada 10", "2 Bob 20", "3 Cy 30"]);
    assert_eq!(kept(&lab.place), [] as [Json; 0]);
    lab.change("delete from people where id = 11");
    let told = finished(&lab.run_with(keys, &["--json"]).exits(0).json());
    assert_eq!(told["rejected"], 10_000, "{told}");
}

#[test]
fn a_row_may_come_before_the_one_that_it_refers_to() {
    Lab::each(|lab| {
        // 4 and 3 refer to 5, 2 to nobody that there is.
        lab.change(
            "delete from people; insert into people values (1, 'Ada', null), (2, 'Bob', 9), (3, 'Cy', 5), \
                    (4, 'Dan', 5), (5, 'Eve', null)",
        );
        alter(lab, &table(lab, ", foreign key (rev) references people(id)"));
        lab.run("write: merge, on_error: reject").exits(0);
        let landed = lab.rows("select cast(id as text) from people order by id");
        match lab.target {
            // It looks at each row as it comes, even within a statement.
            Target::MariaDb(_) => {
                assert_eq!(landed, ["1", "5"]);
                let ran = replay(&lab.place, &[]).exits(3);
                assert!(ran.stdout.contains("oreign key"), "{}", ran.stdout);
                assert_eq!(
                    lab.rows("select cast(id as text) from people order by id"),
                    ["1", "3", "4", "5"]
                );
            }
            _ => assert_eq!(landed, ["1", "3", "4", "5"]),
        }
        assert_eq!(kept(&lab.place)[0]["row_key"], json!([2]));
    });
}

/// A column that nobody fills, and that takes no NULL.
#[test]
fn where_every_row_is_refused_none_lands() {
    Lab::each(|lab| {
        alter(lab, &table(lab, ", own bigint not null"));
        let ran = lab.run_with("write: merge, on_error: reject", &["--json"]);
        let told = finished(&ran.json());
        let set_aside = match lab.target {
            // It refuses the statement, even one that would add no row.
            Target::MariaDb(_) => {
                assert_eq!(told["error"]["code"], "destination.constraint_violated", "{told}");
                0
            }
            _ => {
                assert_eq!((ran.code, &told["rows_written"]), (0, &json!(0)), "{told}");
                3
            }
        };
        assert_eq!(told["rejected"], set_aside, "{told}");
        assert_eq!(kept(&lab.place).len() as u64, set_aside);
        assert_eq!(lab.rows(LANDED), [] as [&str; 0]);
    });
}

const ROWS: usize = 3000;

#[test]
fn a_killed_run_neither_loses_nor_doubles_a_row() {
    for (seed, write) in [(201, "merge"), (202, "overwrite"), (203, "history")] {
        Lab::each(|lab| {
            lab.change(&format!(
                "delete from people; with recursive n(i) as (select 1 union all select i + 1 from n where i < {ROWS}) \
                 insert into people select i, case when i % 50 = 0 then 'bad' else 'n' end, i from n"
            ));
            let keys = format!("write: {write}, on_error: reject");
            if write == "history" {
                // SQLite adds no check to a table that is there.
                let moment = if matches!(lab.target, Target::MariaDb(_)) {
                    "datetime(6)"
                } else {
                    "timestamptz"
                };
                let made = format!(
                    "create table people(id bigint not null, name {}, rev bigint, _valid_from {moment}, _valid_to {moment}, \
                     check (name <> 'bad'))",
                    text(lab)
                );
                alter(lab, &made);
            } else {
                alter(lab, &table(lab, ", check (name <> 'bad')"));
            }
            lab.write(&keys);
            let count = || {
                lab.rows("select cast(count(*) as text) from people")[0]
                    .parse::<usize>()
                    .unwrap()
            };
            let listed = || {
                let list = ["rejects", "list", "sync.yaml", "--json", "--limit", "1000"];
                lab.place.syncapp(&list).json().len()
            };
            let mut dice = Dice::new(seed);
            let line = [program(), "run".to_owned(), "sync.yaml".to_owned()];
            let line: Vec<&str> = line.iter().map(String::as_str).collect();
            for kill in 0..5 {
                let mut child = lab
                    .place
                    .command(&line)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                // A random moment is what a kill is about: there is nothing to wait for.
                let pause = Duration::from_millis(900).mul_f64(dice.between(0.1, 1.0));
                wait(async { tokio::time::sleep(pause).await });
                child.kill().unwrap();
                child.wait().unwrap();
                let found = (count(), listed());
                let all = (ROWS - ROWS / 50, ROWS / 50);
                assert!(found == (0, 0) || found == all, "{write}, kill {kill}: {found:?}");
            }
            lab.run(&keys).exits(0);
            assert_eq!((count(), listed()), (ROWS - ROWS / 50, ROWS / 50), "{write}");
        });
    }
}
