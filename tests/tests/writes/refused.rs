//! Rows that a constraint or trigger of the user's own in the target refuses: with `on_error: reject` they are set aside,
//! and all others land.

use serde_json::{Value as Json, json};

use super::lab::{Lab, Target};
use super::replay::{kept, replay};
use crate::contract::connections::wait;

pub(super) const LANDED: &str = "select id || ' ' || name || ' ' || rev from people order by id";

/// What refuses the second of three people, in a table of the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Check,
    ForeignKey,
    Unique,
    Trigger,
}

impl Rule {
    const ALL: [Self; 4] = [Self::Check, Self::ForeignKey, Self::Unique, Self::Trigger];

    /// What of the reason is the same in all systems.
    fn says(self, lab: &Lab) -> &'static str {
        match (self, &lab.target) {
            (Self::Check, Target::MariaDb(_)) => "CONSTRAINT",
            (Self::Check, Target::Postgres(_)) => "violates check constraint",
            (Self::Check, Target::Sqlite) => "CHECK constraint failed",
            (Self::ForeignKey, _) => "oreign key",
            (Self::Unique, Target::MariaDb(_)) => "Duplicate entry",
            (Self::Unique, Target::Postgres(_)) => "violates unique constraint",
            (Self::Unique, Target::Sqlite) => "UNIQUE constraint failed",
            (Self::Trigger, _) => "nobody is twenty",
        }
    }

    /// Makes the table, with what it refers to.
    fn make(self, lab: &Lab) {
        let rule = match self {
            Self::Check => ", check (rev <> 20)",
            Self::ForeignKey => ", foreign key (rev) references revs(rev)",
            Self::Unique => ", unique (rev)",
            Self::Trigger => "",
        };
        if self == Self::ForeignKey {
            alter(
                lab,
                "create table revs(rev bigint primary key); insert into revs values (10), (21), (30)",
            );
        }
        if self == Self::Unique {
            // The first of two that have one value is in the way of the other.
            lab.change("delete from people; insert into people values (1, 'Ada', 10), (2, 'Cy', 30), (3, 'Bob', 30)");
        }
        alter(lab, &table(lab, rule));
        if self == Self::Trigger {
            trigger(lab);
        }
    }

    /// The people in the source: the last one with a bad value is the one that is refused.
    fn refused(self) -> (u64, Json) {
        match self {
            Self::Unique => (3, json!({ "id": 3, "name": "Bob", "rev": 30 })),
            _ => (2, json!({ "id": 2, "name": "Bob", "rev": 20 })),
        }
    }

    /// What lands beside it.
    fn landed(self) -> [&'static str; 2] {
        match self {
            Self::Unique => ["1 Ada 10", "2 Cy 30"],
            _ => ["1 Ada 10", "3 Cy 30"],
        }
    }

    /// The one that was refused, once its `rev` is 21.
    fn mended(self) -> &'static str {
        match self {
            Self::Unique => "3 Bob 21",
            _ => "2 Bob 21",
        }
    }
}

/// Statements in the target, as the user who writes it.
pub(super) fn alter(lab: &Lab, sql: &str) {
    match &lab.target {
        Target::Postgres(_) => lab.alter(&format!("set search_path = landing; {sql}")),
        _ => lab.alter(sql),
    }
}

pub(super) fn text(lab: &Lab) -> &'static str {
    match lab.target {
        Target::MariaDb(_) => "longtext character set utf8mb4 collate utf8mb4_nopad_bin",
        _ => "text",
    }
}

pub(super) fn table(lab: &Lab, rule: &str) -> String {
    format!(
        "create table people(id bigint not null primary key, name {}, rev bigint{rule})",
        text(lab)
    )
}

/// Refuses what a statement inserts or updates.
fn trigger(lab: &Lab) {
    match &lab.target {
        Target::Sqlite => {
            for event in ["insert", "update"] {
                lab.alter(&format!(
                    "create trigger refuse_{event} before {event} on people when new.rev = 20 \
                     begin select raise(abort, 'nobody is twenty'); end"
                ));
            }
        }
        Target::Postgres(_) => alter(
            lab,
            "create function refuse() returns trigger language plpgsql as \
             $$begin if new.rev = 20 then raise exception 'nobody is twenty'; end if; return new; end$$; \
             create trigger refuse before insert or update on people for each row execute function refuse()",
        ),
        Target::MariaDb(databases) => {
            for event in ["insert", "update"] {
                wait(databases.writer.run(&format!(
                    "create trigger refuse_{event} before {event} on people for each row if new.rev = 20 then \
                     signal sqlstate '45000' set message_text = 'nobody is twenty'; end if"
                )));
            }
        }
    }
}

/// The last event of a stream.
pub(super) fn finished(events: &[Json]) -> Json {
    let found = events.iter().find(|event| event["event"] == "stream_finished");
    found.unwrap_or_else(|| panic!("{events:?}")).clone()
}

#[test]
fn a_row_that_the_target_refuses_is_set_aside_and_the_others_land() {
    for rule in Rule::ALL {
        for write in ["append", "merge", "overwrite", "merge, mode: incremental, cursor: id"] {
            Lab::each(|lab| {
                rule.make(lab);
                let keys = format!("write: {write}, on_error: reject");
                let events = lab.run_with(&keys, &["--json"]).exits(0).json();
                let told = finished(&events);
                let when = format!("{rule:?}, {write}: {told}");
                for (count, want) in [("rejected", 1), ("rows_written", 2), ("inserted", 2), ("deleted", 0)] {
                    assert_eq!(told[count], want, "{count}: {when}");
                }
                assert_eq!(lab.rows(LANDED), rule.landed(), "{when}");

                let first = kept(&lab.place);
                let (id, row) = rule.refused();
                assert_eq!(first.len(), 1, "{when}: {first:?}");
                assert_eq!((&first[0]["row"], &first[0]["row_key"]), (&row, &json!([id])), "{when}");
                assert_eq!(first[0]["code"], "destination.constraint_violated", "{when}");
                let message = first[0]["message"].as_str().unwrap().to_lowercase();
                assert!(message.contains(&rule.says(lab).to_lowercase()), "{when}: {message}");

                let compared = lab.syncapp("verify", &keys, &["--json"]).exits(0).json();
                let last = compared.iter().rev().find(|line| !line["equal"].is_null()).unwrap();
                assert_eq!(
                    (&last["equal"], &last["rejected"]),
                    (&json!(true), &json!(1)),
                    "{when}: {last}"
                );

                // It is refused again, by the same reason.
                let told = replay(&lab.place, &["--json"]).exits(1).json();
                assert_eq!(told[0]["outcome"], "rejected", "{when}: {told:?}");
                let again = kept(&lab.place);
                assert_eq!(again.len(), 1, "{when}");
                for same in ["id", "row", "row_key", "code", "message"] {
                    assert_eq!(again[0][same], first[0][same], "{when}");
                }
                assert_eq!(lab.rows(LANDED), rule.landed(), "{when}");

                let told = replay(&lab.place, &["--fix", "rev = 21", "--json"]).exits(0).json();
                assert_eq!(told[0]["outcome"], "landed", "{when}: {told:?}");
                assert!(lab.rows(LANDED).contains(&rule.mended().to_owned()), "{when}");
                assert_eq!(lab.rows("select cast(count(*) as text) from people"), ["3"], "{when}");
                assert_eq!(kept(&lab.place), [] as [Json; 0], "{when}");
            });
        }
    }
}

#[test]
fn without_it_the_stream_fails_and_nothing_changes() {
    for keys in ["on_error: fail", "on_error: \"null\""] {
        Lab::each(|lab| {
            Rule::Check.make(lab);
            let ran = lab.run(&format!("write: append, {keys}")).exits(1);
            assert!(ran.stderr.contains("destination.constraint_violated"), "{}", ran.stderr);
            assert_eq!(lab.rows(LANDED), [] as [&str; 0]);
        });
    }
}

#[test]
fn what_a_merge_cannot_update_stays_as_it_is() {
    for write in ["merge", "merge, mode: incremental, cursor: rev", "merge, deletes: hard"] {
        Lab::each(|lab| {
            alter(lab, &table(lab, ", check (name <> 'bad')"));
            let keys = format!("write: {write}, on_error: reject");
            lab.run(&keys).exits(0);
            lab.change(
                "update people set name = 'bad', rev = 40 where id = 2; update people set name = 'Cyd', rev = 41 \
                 where id = 3; insert into people values (4, 'bad', 42), (5, 'Dan', 43); delete from people where id = 1",
            );
            let told = finished(&lab.run_with(&keys, &["--json"]).exits(0).json());
            for (count, want) in [("rejected", 2), ("inserted", 1), ("updated", 1), ("deleted", 0)] {
                assert_eq!(told[count], want, "{write}, {count}: {told}");
            }
            assert_eq!(
                lab.rows(LANDED),
                ["1 Ada 10", "2 Bob 20", "3 Cyd 41", "5 Dan 43"],
                "{write}"
            );
            assert_eq!(kept(&lab.place).len(), 2);
            // A later run that lands the row settles what was kept of it; the other one is refused again.
            lab.change("update people set name = 'Bobby', rev = 50 where id = 2");
            lab.run(&keys).exits(0);
            let left = kept(&lab.place);
            assert_eq!(left.len(), 1, "{write}: {left:?}");
            assert_eq!(left[0]["row_key"], json!([4]));
            assert!(lab.rows(LANDED).contains(&"2 Bobby 50".to_owned()));
        });
    }
}

#[test]
fn a_version_that_is_refused_ends_none() {
    const VERSIONS: &str = "select id || ' ' || name || case when _valid_to is null then '' else ' old' end \
                            from people order by id, _valid_from, name";
    Lab::each(|lab| {
        let keys = "write: history, on_error: reject";
        // A table like SyncApp's own, with a check.
        lab.run(keys).exits(0);
        let made = match &lab.target {
            Target::Sqlite => {
                let sql = &lab.rows("select replace(sql, char(10), ' ') from sqlite_schema where name = 'people'")[0];
                let columns = sql.trim_end().trim_end_matches(')');
                format!("drop table people; {columns}, check (name <> 'bad'))")
            }
            _ => "alter table people add check (name <> 'bad')".to_owned(),
        };
        alter(lab, &made);
        lab.run(keys).exits(0);
        lab.change("update people set name = 'bad' where id = 2; update people set name = 'Cyd' where id = 3");
        let told = finished(&lab.run_with(keys, &["--json"]).exits(0).json());
        assert_eq!((&told["rejected"], &told["updated"]), (&json!(1), &json!(1)), "{told}");
        assert_eq!(lab.rows(VERSIONS), ["1 Ada", "2 Bob", "3 Cy old", "3 Cyd"]);
    });
}

#[test]
fn too_many_leave_the_target_as_it_was() {
    Lab::each(|lab| {
        alter(lab, &table(lab, ", check (name <> 'bad')"));
        lab.run("write: overwrite").exits(0);
        lab.change("update people set name = 'bad' where id < 3");
        let run = |bound: &str| lab.run(&format!("write: overwrite, on_error: reject, {bound}"));
        for bound in ["max_rejects: 0", "max_rejects: 1", "max_reject_ratio: 0.5"] {
            let ran = run(bound).exits(1);
            assert!(ran.stderr.contains("too_many_rejects"), "{bound}: {}", ran.stderr);
            assert!(
                ran.stderr.contains("destination.constraint_violated in the row"),
                "{}",
                ran.stderr
            );
            assert_eq!(lab.rows(LANDED), ["1 Ada 10", "2 Bob 20", "3 Cy 30"], "{bound}");
            assert_eq!(kept(&lab.place), [] as [Json; 0]);
        }
        run("max_rejects: 2, max_reject_ratio: 0.67").exits(0);
        assert_eq!(lab.rows(LANDED), ["3 Cy 30"]);
        assert_eq!(kept(&lab.place).len(), 2);
    });
}

/// Rejected rows of both kinds: by the mapping, and by the target.
#[test]
fn both_kinds_of_rejected_rows_are_kept_together() {
    Lab::each(|lab| {
        let (int, text) = ("bigint", text(lab));
        let made = format!(
            "create table people(id {int} not null primary key, name {int}, rev {int}, note {text}, check (rev <> 30))"
        );
        alter(lab, &made);
        lab.change("alter table people add column note text; update people set note = 'canary-6161'");
        lab.change("update people set name = case id when 2 then 'x' else id * 11 end");
        let keys = "write: merge, on_error: reject, columns: { name: { type: int64 }, note: { mask: redact } }";
        let ran = lab.run_with(keys, &["--json"]).exits(0);
        assert_eq!(finished(&ran.json())["rejected"], 2);
        assert_eq!(lab.rows("select cast(id as text) from people"), ["1"]);
        let listed = lab.place.syncapp(&["rejects", "list", "sync.yaml", "--json"]).exits(0);
        assert_eq!(listed.json().len(), 2);
        for told in [&ran.stdout, &ran.stderr, &listed.stdout] {
            assert!(!told.contains("canary-6161"), "{told}");
        }
        let codes: Vec<Json> = listed.json().iter().map(|reject| reject["code"].clone()).collect();
        assert!(codes.contains(&json!("transform.cast_failed")), "{codes:?}");
        assert!(codes.contains(&json!("destination.constraint_violated")), "{codes:?}");
    });
}

/// What `where` leaves out has no number among the rows that land.
#[test]
fn rows_that_where_leaves_out_are_not_taken_for_those_that_are_refused() {
    Lab::each(|lab| {
        lab.change(
            "delete from people; with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) \
             insert into people select i, case when i % 1000 = 7 then 'bad' else 'n' || i end, i % 2 from n",
        );
        alter(lab, &table(lab, ", check (name <> 'bad')"));
        for write in ["append", "overwrite"] {
            let ran = lab.run_with(
                &format!("write: {write}, where: \"rev = 1 or id < 3\", on_error: reject"),
                &["--json"],
            );
            let events = ran.exits(0).json();
            let told = finished(&events);
            assert_eq!(
                (&told["rejected"], &told["rows_written"]),
                (&json!(20), &json!(9981)),
                "{told}"
            );
            let committed = events.iter().find(|event| event["event"] == "committed").unwrap();
            assert_eq!(committed["rows"], 9981, "{committed}");
            assert_eq!(lab.rows("select cast(count(*) as text) from people"), ["9981"]);
            let list = ["rejects", "list", "sync.yaml", "--limit", "100", "--json"];
            let kept = lab.place.syncapp(&list).exits(0).json();
            assert_eq!(kept.len(), 20);
            assert!(
                kept.iter()
                    .all(|reject| reject["row"]["id"].as_u64().unwrap() % 1000 == 7)
            );
            alter(lab, "delete from people");
        }
    });
}

#[test]
fn a_run_that_set_rows_aside_is_taken_back() {
    for write in ["append", "merge", "overwrite"] {
        Lab::each(|lab| {
            alter(lab, &table(lab, ", check (name <> 'bad')"));
            if write == "merge" {
                alter(lab, "insert into people values (1, 'old', 1), (2, 'older', 2)");
            }
            let before = lab.rows(LANDED);
            lab.change("update people set name = 'bad' where id = 2");
            lab.run(&format!("write: {write}, on_error: reject, undo: {{ keep: 1h }}"))
                .exits(0);
            assert_eq!(lab.rows(LANDED).len(), if write == "merge" { 3 } else { 2 }, "{write}");
            assert_eq!(kept(&lab.place).len(), 1);
            let runs = lab.place.syncapp(&["runs", "--json"]).exits(0).json();
            let ran = lab
                .place
                .syncapp(&["undo", runs[0]["id"].as_str().unwrap(), "--json"])
                .exits(0);
            assert_eq!(lab.rows(LANDED), before, "{write}: {}", ran.stdout);
            assert_eq!(kept(&lab.place), [] as [Json; 0], "{write}");
        });
    }
}
