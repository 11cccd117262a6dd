//! Somebody else who writes while a run is taken back: what they changed is reported, never overwritten.

use std::process::{Child, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use serde_json::Value as Json;
use syncapp_tests::faults::Holder;
use syncapp_tests::server::mariadb::Databases;
use tokio::runtime::Runtime;

use crate::contract::connections::wait;
use crate::contract::place::program;
use crate::writes::lab::{Lab, Target};

const NAMES: &str = "select name from people order by id, name";

/// PostgreSQL and MariaDB: a file of SQLite has one writer.
fn each(test: impl Fn(&Lab)) {
    let labs = Lab::all().into_iter();
    labs.filter(|lab| !matches!(lab.target, Target::Sqlite))
        .for_each(|lab| test(&lab));
}

/// Where sessions live on between two looks at them.
static SESSIONS: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A table of the writer's in SQL.
fn table(lab: &Lab, name: &str) -> String {
    match &lab.target {
        Target::MariaDb(databases) => format!("{}.{name}", databases.writer.database),
        _ => format!("landing.{name}"),
    }
}

/// A session of somebody else's that has done something and not ended its transaction.
fn session(lab: &Lab, statement: &str) -> Holder {
    match &lab.target {
        Target::Postgres(database) => SESSIONS.block_on(Holder::take(database, statement)),
        Target::MariaDb(databases) => SESSIONS.block_on(async {
            let mut conn = databases.owner.connect().await.unwrap();
            for statement in ["start transaction", statement] {
                conn.query_drop(statement).await.unwrap();
            }
            Holder::MariaDb(conn.into())
        }),
        Target::Sqlite => panic!("a file has one writer"),
    }
}

/// Ends its transaction.
fn commit(holder: Holder) {
    SESSIONS.block_on(async {
        match holder {
            Holder::Postgres(client) => client.batch_execute("commit").await.unwrap(),
            Holder::MariaDb(mut conn) => conn.query_drop("commit").await.unwrap(),
        }
    });
}

/// Waits until so many sessions of the writing user want a lock.
fn until_waiting(lab: &Lab, sessions: usize) {
    let begun = Instant::now();
    loop {
        let found = match &lab.target {
            Target::Postgres(database) => wait(database.texts(&format!(
                "select 1 from pg_stat_activity where usename = '{}' and wait_event_type = 'Lock'",
                database.writer.user
            )))
            .len(),
            Target::MariaDb(databases) => wait(waiting(databases)),
            Target::Sqlite => panic!("a file has one writer"),
        };
        if found >= sessions {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "nobody waits");
        wait(async { tokio::time::sleep(Duration::from_millis(100)).await });
    }
}

/// How many of the writing user's transactions want a lock. `information_schema.innodb_trx` shows what it did before as long
/// as anybody reads it ten times a second, and so two tests that wait at once.
async fn waiting(databases: &Databases) -> usize {
    let mut conn = databases.owner.connect().await.unwrap();
    let status = conn.query_first("show engine innodb status").await.unwrap();
    let (_, _, status): (String, String, String) = status.unwrap();
    let user = databases.writer.user.as_str();
    let wants = |one: &&str| one.contains("LOCK WAIT") && one.split_whitespace().any(|word| word == user);
    // What comes before the first one tells of deadlocks that are over.
    status.split("---TRANSACTION").skip(1).filter(wants).count()
}

fn start(lab: &Lab, run: &str) -> Child {
    let line = [program().as_str(), "undo", run, "--json"].map(str::to_owned);
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    let mut command = lab.place.command(&line);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What became of the stream.
fn told(ended: &Output) -> Json {
    let line = String::from_utf8_lossy(&ended.stdout);
    let line: Json = serde_json::from_str(line.lines().next().unwrap_or("null")).unwrap();
    assert!(line["stream"].is_object(), "{}", String::from_utf8_lossy(&ended.stderr));
    line["stream"].clone()
}

/// Who has begun to change a row before the undo came to it: it waits, and sees the row as it is then.
#[test]
fn a_row_that_somebody_is_changing_is_left_alone() {
    for (write, names) in [
        ("write: merge", ["Ada", "Mine", "Cy"]),
        ("write: history", ["Ada", "Bob", "Mine"]),
        ("write: append", ["Ada", "Bob", "Cy"]),
    ] {
        each(|lab| {
            lab.keep(write, &[]);
            lab.change("update people set name = 'New' where id < 3");
            let run = lab.keep(write, &[]);
            let people = table(lab, "people");
            let other = session(
                lab,
                &format!("update {people} set name = 'Mine' where id = 2 and name = 'New'"),
            );
            let undo = start(lab, &run);
            until_waiting(lab, 1);
            commit(other);
            let ended = undo.wait_with_output().unwrap();
            let undone = told(&ended);
            assert_eq!(ended.status.code(), Some(3), "{write}: {undone}");
            assert_eq!(undone["left_alone"], 1, "{write}: {undone}");
            let found = lab.rows(NAMES);
            assert!(found.contains(&"Mine".to_owned()), "{write}: {found:?}");
            assert!(!found.contains(&"New".to_owned()), "{write}: {found:?}");
            for name in names {
                assert!(found.contains(&name.to_owned()), "{write}: {found:?}");
            }
        });
    }
}

/// Who comes while rows are being put back waits for the end, and then changes what is there.
#[test]
fn whoever_comes_later_finds_what_was_put_back() {
    for write in ["write: merge", "write: append"] {
        each(|lab| {
            lab.keep(write, &[]);
            lab.change("update people set name = 'New' where id < 3");
            let run = lab.keep(write, &[]);
            // The undo has done everything but its end.
            let journal = format!("select 1 from {} for update", table(lab, "_syncapp_undo"));
            let gate = session(lab, &journal);
            let undo = start(lab, &run);
            until_waiting(lab, 1);
            let people = table(lab, "people");
            std::thread::scope(|scope| {
                let later = scope.spawn(|| lab.alter(&format!("update {people} set name = 'Mine' where id = 2")));
                until_waiting(lab, 2);
                SESSIONS.block_on(gate.release());
                later.join().unwrap();
            });
            let ended = undo.wait_with_output().unwrap();
            let undone = told(&ended);
            assert_eq!(
                (ended.status.code(), &undone["left_alone"]),
                (Some(0), &0.into()),
                "{undone}"
            );
            assert_eq!(lab.rows(NAMES), ["Ada", "Mine", "Cy"], "{write}: {undone}");
        });
    }
}

/// A whole table that somebody is changing is taken back when they have ended, and only if it is what the run left.
#[test]
fn a_table_that_somebody_is_changing_is_not_taken_away() {
    for changes in [true, false] {
        each(|lab| {
            lab.keep("", &[]);
            lab.change("update people set name = 'New' where id < 3");
            let run = lab.keep("", &[]);
            let people = table(lab, "people");
            let other = session(lab, &format!("update {people} set name = 'Mine' where id = 2"));
            let undo = start(lab, &run);
            until_waiting(lab, 1);
            if changes {
                commit(other);
            } else {
                SESSIONS.block_on(other.release());
            }
            let ended = undo.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            if changes {
                assert_eq!(ended.status.code(), Some(1), "{said}");
                assert!(said.contains("destination.changed_since"), "{said}");
                assert_eq!(lab.rows(NAMES), ["New", "Mine", "Cy"]);
            } else {
                assert_eq!(ended.status.code(), Some(0), "{said}");
                assert_eq!(lab.rows(NAMES), ["Ada", "Bob", "Cy"]);
            }
        });
    }
}
