//! Texts of a bounded length between two ends of one system, whose bound changes in the source.

use syncapp_tests::server::mariadb::Login;

use super::lab::{Lab, Target};
use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Ran, postgres};

const LONG: &str = "longer than ten";

#[test]
fn a_text_that_gets_shorter_or_longer_has_its_outcome() {
    for lab in Lab::all() {
        if matches!(lab.target, Target::Sqlite) {
            // SQLite bounds no text: see the other changes.
            continue;
        }
        for (from, to) in [(50, 10), (10, 50)] {
            for write in ["overwrite", "append", "merge"] {
                for policy in ["propagate", "ignore", "pause"] {
                    let case = format!("{write}, {policy}, {from} to {to}");
                    let keys = format!("write: {write}, schema_changes: {policy}");
                    let text = |length| if length == 50 { LONG } else { "a" };
                    source(&lab, from, text(from));
                    run(&lab, &keys).exits(0);
                    assert_eq!(length(&lab), [from.to_string()], "{case}");
                    source(&lab, to, text(to));
                    let ran = run(&lab, &keys);
                    // Shorter texts fit into the longer column of a table that stays.
                    let (code, becomes) = match (write, policy, to) {
                        ("append" | "merge", _, 10) => (0, from),
                        (_, "propagate", _) => (0, to),
                        _ => (1, from),
                    };
                    assert_eq!(ran.code, code, "{case}: {}", ran.stderr);
                    assert_eq!(length(&lab), [becomes.to_string()], "{case}");
                    let said = "error[source.schema_changed]";
                    assert_eq!(ran.stderr.contains(said), code == 1, "{case}: {}", ran.stderr);
                    let want = match (code, write) {
                        (1, _) => vec![text(from)],
                        (_, "append") => vec!["a", LONG],
                        _ => vec![text(to)],
                    };
                    assert_eq!(lab.rows("select v from people order by v"), want, "{case}");
                    lab.alter("drop table people");
                }
            }
        }
    }
}

/// A table with one row.
fn source(lab: &Lab, length: u32, text: &str) {
    let statements = [
        "drop table if exists people".to_owned(),
        format!("create table people(id bigint primary key, v varchar({length}))"),
        format!("insert into people values (1, '{text}')"),
    ];
    wait(async {
        for statement in &statements {
            match &lab.target {
                Target::Postgres(database) => database.run(statement).await,
                Target::MariaDb(databases) => {
                    let database = databases.reader.database.clone();
                    let owner = Login {
                        database,
                        ..databases.owner.clone()
                    };
                    owner.run(statement).await;
                }
                Target::Sqlite => unreachable!(),
            }
        }
    });
}

fn run(lab: &Lab, keys: &str) -> Ran {
    let (from, to, stream) = match &lab.target {
        Target::Postgres(database) => (
            postgres(&database.reader),
            postgres(&database.writer),
            "public.people".to_owned(),
        ),
        Target::MariaDb(databases) => {
            let end = |url: String| format!("{{ connector: mysql, url: \"{url}\" }}");
            (
                end(databases.reader.url()),
                end(databases.writer.url()),
                format!("{}.people", databases.reader.database),
            )
        }
        Target::Sqlite => unreachable!(),
    };
    let keys = format!("into: \"{{stream}}\", {keys}");
    lab.place.put("sync.yaml", sync(&from, &to, &stream, &keys));
    lab.place.syncapp(&["run", "sync.yaml"])
}

/// The bound of the target's column.
fn length(lab: &Lab) -> Vec<String> {
    lab.rows(match &lab.target {
        Target::Postgres(_) => {
            "select (atttypmod - 4)::text from pg_attribute where attrelid = 'people'::regclass and attname = 'v'"
        }
        _ => {
            "select cast(character_maximum_length as char) from information_schema.columns \
             where table_schema = database() and table_name = 'people' and column_name = 'v'"
        }
    })
}
