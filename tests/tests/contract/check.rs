//! `syncapp check`: what it finds before anything runs, and that it writes nothing.

use crate::contract::case::{PEOPLE, people, sync};
use crate::contract::connections::{shop, wait};
use crate::contract::place::{Place, database, postgres};

const FROM: &str = "{ connector: sqlite, path: from.db }";

fn place(keys: &str) -> Place {
    Place::new().sqlite("from.db", PEOPLE).file("sync.yaml", people(keys))
}

#[test]
fn check_says_what_is_well_and_what_is_not() {
    let place = place("");
    let before = place.contents();
    let ran = place.syncapp(&["check", "sync.yaml"]).exits(0);
    assert!(
        ran.stdout.contains("connection from (source): ok") && ran.stdout.contains("sync s: 1 stream\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(
        place.syncapp(&["check", "sync.yaml", "--json"]).exits(0).json()[0]["ok"],
        true
    );
    place.put("sync.yaml", people("").replace("from.db", "gone.db"));
    let ran = place.syncapp(&["check", "sync.yaml"]).exits(1);
    assert!(
        ran.stdout.contains("connection from (source): failed") && ran.stderr.contains("source.unreachable"),
        "{}",
        ran.stderr
    );
    place.syncapp(&["check", "sync.yaml", "--connection", "to"]).exits(0);
    let json = place
        .syncapp(&["check", "sync.yaml", "--connection", "from", "--json"])
        .exits(1)
        .json();
    assert_eq!(
        (&json[0]["ok"], &json[0]["problems"][0]["code"]),
        (&false.into(), &"source.unreachable".into())
    );
    place.put("sync.yaml", people(""));
    assert!(before == place.contents() && !place.path("to.db").exists());
}

#[test]
fn a_key_that_tells_no_rows_apart_is_found() {
    let check = |keys: &str, change: &str, code: i32, said: &[&str]| {
        let place = place(keys);
        place.alter("from.db", change);
        let ran = place.syncapp(&["check", "sync.yaml"]).exits(code);
        for said in said {
            assert!(ran.stderr.contains(said), "{keys}: {}", ran.stderr);
        }
        assert!(!place.path("to.db").exists());
    };
    let (twice, null) = (
        "update people set name = 'Ada' where id = 2",
        "update people set name = null where id = 2",
    );
    let by_name = "write: merge, primary_key: [name]";
    check(by_name, "", 0, &[]);
    check(by_name, twice, 1, &["transform.duplicate_key", "(`Ada`)", "help: "]);
    check(
        by_name,
        null,
        1,
        &["transform.null_key", "NULL in 1 of 3 rows", "help: "],
    );
    check("write: history, primary_key: [name]", twice, 1, &["(`Ada`)"]);
    check("write: merge, primary_key: [name, id]", twice, 0, &[]);
    check(&format!("{by_name}, where: \"id <> 2\""), twice, 0, &[]);
    check(
        &format!("{by_name}, columns: {{ name: {{ expr: \"'x'\" }} }}"),
        "",
        1,
        &["(`x`)"],
    );
    // Along a cursor the greatest value wins: worth saying, and no more.
    check(
        &format!("{by_name}, mode: incremental, cursor: rev"),
        twice,
        0,
        &["warning[transform.duplicate_key]"],
    );
    check("write: append", twice, 0, &[]);
}

#[test]
fn rows_that_on_error_lets_a_run_go_on_behind_are_counted() {
    let numbers = "write: merge, primary_key: [name], columns: { score: { type: float64 } }";
    let change = "insert into people values (4, 'Dan', 1, 40, 'many'), (5, 'Dan', 1, 50, '7')";
    let check = |keys: &str, change: &str, code: i32, said: &[&str]| {
        let place = place(keys);
        place.alter("from.db", change);
        let ran = place.syncapp(&["check", "sync.yaml"]).exits(code);
        for said in said {
            assert!(ran.stderr.contains(said), "{keys}: {}", ran.stderr);
        }
        let run = place.syncapp(&["run", "sync.yaml"]);
        assert_eq!(run.code, code, "{keys}: {}", run.stderr);
    };
    check(numbers, "", 1, &["error[transform.cast_failed]"]);
    let rejects = format!("{numbers}, on_error: reject");
    let said = "2 of 5 rows cannot land as they are: a run sets them aside";
    check(&rejects, change, 0, &["warning[transform.cast_failed]", said]);
    // A key that only a row has which is set aside stands once.
    let nulls = numbers.replace("[name]", "[id]");
    let said = "2 of 5 rows cannot land as they are: a run makes their values NULL";
    let nulls = format!("{nulls}, query: \"select * from people\", on_error: \"null\"");
    check(&nulls, change, 0, &["warning[transform.cast_failed]", said]);
    let keyless = "update people set name = null where id = 2";
    let said = "2 of 3 rows cannot land as they are: a run sets them aside";
    check(&rejects, keyless, 0, &[said]);
    let (misread, by_age) = (
        "update people set age = 'old' where id = 3",
        "write: merge, primary_key: [age], on_error: reject",
    );
    let said = "1 of 3 rows cannot land as they are: a run sets them aside";
    check(by_age, misread, 0, &["warning[source.invalid_data]", said]);
    let place = place(&format!("{by_age}, where: \"id <> 3\""));
    place.alter("from.db", misread);
    let ran = place.syncapp(&["check", "sync.yaml"]).exits(0);
    assert!(!ran.stderr.contains("cannot land"), "{}", ran.stderr);
}

#[test]
fn rights_that_the_target_s_user_lacks_are_found() {
    let (target, source) = (wait(database()), shop());
    let user = target.writer.user.clone();
    let at = Place::new().sqlite("from.db", PEOPLE);
    let check = |keys: &str, code: i32, said: &[&str]| {
        at.put("sync.yaml", sync(FROM, &postgres(&target.writer), "people", keys));
        let ran = at.syncapp(&["check", "sync.yaml"]).exits(code);
        for said in said {
            assert!(ran.stderr.contains(said), "{keys}: {}", ran.stderr);
        }
    };
    check("", 0, &[]);
    check(
        "into: public.people",
        1,
        &[
            "lacks usage, create on schema \"public\"",
            &format!("grant usage, create on schema \"public\" to {user}"),
        ],
    );
    wait(target.run(&format!(
        "create table public.people(id bigint, name text, age bigint, rev bigint, score text);
         grant usage, create on schema \"public\" to {user}; grant select, insert on public.people to {user}"
    )));
    check("into: public.people, write: append", 0, &[]);
    check(
        "into: public.people, write: merge",
        1,
        &["lacks select, insert, update on \"public\".\"people\""],
    );
    check(
        "into: public.people",
        1,
        &["lacks insert, delete on \"public\".\"people\""],
    );
    wait(target.run(&format!("grant update, delete on public.people to {user}")));
    check("into: public.people, write: merge, deletes: hard", 0, &[]);
    let left = "select count(*) from pg_class where relname like '\\_syncapp%'";
    assert_eq!(wait(target.text(left)), "0", "check writes nothing");
    drop(source);
}

#[test]
fn rows_that_cannot_be_read_are_counted_with_them() {
    let from = "{ connector: files, path: in, format: csv, columns: { id: int64, age: int64 } }";
    let keys = "into: people, write: merge, primary_key: [id], on_error: reject, columns: { age: { type: int16 } }, \
        allow_lossy: true";
    let to = "{ connector: sqlite, path: to.db }";
    for (keys, rejected) in [(keys.to_owned(), 3), (format!("{keys}, where: \"id <> 4\""), 2)] {
        let place = Place::new()
            .file("in/people.csv", "id,age\n1,36\n2\n3,old\n4,70000\n5,12\n")
            .file("sync.yaml", sync(from, to, "people.csv", &keys));
        let ran = place.syncapp(&["check", "sync.yaml"]).exits(0);
        let said = format!("{rejected} of 5 rows cannot land as they are: a run sets them aside");
        assert!(ran.stderr.contains(&said), "{}", ran.stderr);
        let run = place.syncapp(&["run", "sync.yaml", "--json"]).exits(0).json();
        assert_eq!(run.last().unwrap()["streams"][0]["rejected"], rejected);
    }
}
