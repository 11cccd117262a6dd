//! Rights that the target's user lacks are found by `check`, and those that it tells are enough.

use syncapp_tests::server::mariadb::Login;

use super::lab::{Lab, connection};
use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::Ran;

const TABLE: &str = "create table people (id int primary key, name varchar(20) not null)";

/// A user who may look at the target's database and no more.
fn poor(lab: &Lab) -> Login {
    let login = Login {
        user: lab.databases.writer.user.replace("writer", "poor"),
        ..lab.databases.writer.clone()
    };
    let Login { user, database, .. } = &login;
    let owner = &lab.databases.owner;
    wait(async {
        owner
            .run(&format!(
                "create user {user}@'127.0.0.1' identified by 'pass''w\\\\ord'"
            ))
            .await;
        owner
            .run(&format!("grant select on {database}.* to {user}@'127.0.0.1'"))
            .await;
    });
    login
}

/// Checks or runs the stream into the target as that user.
fn syncapp(lab: &Lab, command: &str, login: &Login, keys: &str) -> Ran {
    let stream = format!("{}.people", lab.databases.reader.database);
    let (from, to) = (connection(&lab.databases.reader), connection(login));
    lab.place.put("sync.yaml", sync(&from, &to, &stream, keys));
    lab.place.syncapp(&[command, "sync.yaml"])
}

#[test]
fn what_check_tells_to_grant_is_what_a_run_needs() {
    for (keys, made, lacks) in [
        ("into: people", false, "lacks create, drop, alter, insert, delete on"),
        ("into: people", true, "lacks insert, delete on"),
        ("into: people, write: append", true, "lacks insert on"),
        (
            "into: people, write: merge, primary_key: [id]",
            true,
            "lacks insert, update on",
        ),
        (
            "into: people, write: merge, primary_key: [id], deletes: hard",
            true,
            "lacks insert, update, delete on",
        ),
        (
            "into: people, write: append, columns: { more: { expr: \"id + 1\" } }",
            true,
            "lacks insert, alter, create on",
        ),
    ] {
        let lab = Lab::new();
        lab.source(&[TABLE, "insert into people values (1, 'Ada'), (2, 'Bob')"]);
        if made {
            lab.target(&[TABLE]);
        }
        let login = poor(&lab);
        let ran = syncapp(&lab, "check", &login, keys).exits(1);
        assert!(ran.stderr.contains(lacks), "{keys}: {}", ran.stderr);
        let left = "select count(*) from information_schema.tables where table_schema = database() \
                    and table_name like '\\_syncapp%'";
        assert_eq!(lab.of_target(left), [Some("0".into())], "check writes nothing");
        for line in ran.stderr.lines() {
            if let Some((_, grant)) = line.split_once("let an administrator run: ") {
                wait(lab.databases.owner.run(grant));
            }
        }
        syncapp(&lab, "check", &login, keys).exits(0);
        // Rows that are added twice violate the table's own key.
        for _ in 0..if keys.contains("append") { 1 } else { 2 } {
            syncapp(&lab, "run", &login, keys).exits(0);
        }
        syncapp(&lab, "check", &login, keys).exits(0);
        let count = lab.of_target("select count(distinct id) from people");
        assert_eq!(count, [Some("2".into())], "{keys}");
    }
}

#[test]
fn rights_by_patterns_and_roles_count() {
    let lab = Lab::new();
    lab.source(&[TABLE, "insert into people values (1, 'Ada'), (2, 'Bob')"]);
    let login = poor(&lab);
    let (user, database) = (&login.user, &login.database);
    syncapp(&lab, "check", &login, "into: people").exits(1);
    let role = format!("role_of_{user}");
    let pattern = database.replace("landing", "land%");
    wait(async {
        for statement in [
            format!("create role {role}"),
            format!("grant all on `{pattern}`.* to {role}"),
            format!("grant {role} to {user}@'127.0.0.1'"),
        ] {
            lab.databases.owner.run(&statement).await;
        }
    });
    // A role that is not active gives nothing.
    syncapp(&lab, "check", &login, "into: people").exits(1);
    let active = format!("set default role {role} for {user}@'127.0.0.1'");
    wait(lab.databases.owner.run(&active));
    syncapp(&lab, "check", &login, "into: people").exits(0);
    syncapp(&lab, "run", &login, "into: people").exits(0);
}
