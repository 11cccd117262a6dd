//! Tunnels that are cut while rows travel, and runs that are stopped.

use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use syncapp_tests::server::mariadb::MariaDb;
use syncapp_tests::server::postgres::{Database, Login, Postgres};
use syncapp_tests::server::sshd::Sshd;
use syncapp_tests::signal;
use syncapp_tests::syncapp::{Running, Syncapp};

use super::ends::{LAX, fill, mysql, postgres};
use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::Place;

const ROWS: u32 = 60_000;
const RUN: [&str; 2] = ["run", "sync.yaml"];

/// A connection without a tunnel.
fn direct(login: &Login) -> String {
    format!("{{ connector: postgres, url: \"{}\" }}", login.url())
}

async fn until(running: &mut Running, what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !reached().await {
        if let Some(ended) = running.ended() {
            panic!("it ended before {what}:\n{}", ended.output);
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "never {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Holds the target back until `cut` has been called, and sees that the run ends well.
async fn cut_while_it_waits(syncapp: &Syncapp, target: &Database, sshd: &Sshd) {
    let holder = target.owner.client().await;
    let lock = "begin; lock table landing.events in share mode";
    holder.batch_execute(lock).await.unwrap();
    let mut running = syncapp.start(&RUN);
    let waiting = format!(
        "select count(*) > 0 from pg_stat_activity where usename = '{}' and wait_event_type = 'Lock'",
        target.writer.user
    );
    until(&mut running, "it waits for the lock", async || {
        target.text(&waiting).await == "t"
    })
    .await;
    assert!(sshd.cut() > 0, "a session is cut");
    drop(holder);
    let ended = running.end().await;
    assert_eq!(ended.code, Some(0), "{}", ended.output);
    assert!(
        ended.output.contains("connection_lost") && ended.output.contains("the SSH tunnel by 127.0.0.1"),
        "{}",
        ended.output
    );
}

#[tokio::test]
async fn rows_land_once_when_the_tunnel_to_the_target_is_cut() {
    let sshd = Sshd::start(&[]).await;
    for keys in [
        "write: append",
        "write: merge",
        "mode: incremental, cursor: id, write: append",
    ] {
        let database = Postgres::shared().await.database().await;
        fill(&database, 3000).await;
        let syncapp = Syncapp::default();
        let to = postgres(&database.writer, &sshd, LAX);
        let file = sync(
            &direct(&database.reader),
            &to,
            "public.events",
            &format!("into: landing.events, {keys}"),
        );
        syncapp.file("sync.yaml", &file);
        syncapp.succeed(&RUN).await;
        database
            .run("insert into public.events select i, 'new' from generate_series(3001, 4000) i")
            .await;
        cut_while_it_waits(&syncapp, &database, &sshd).await;
        let want = if keys == "write: append" {
            "7000 4000"
        } else {
            "4000 4000"
        };
        let count = "select count(*) || ' ' || count(distinct id) from landing.events";
        assert_eq!(database.text(count).await, want, "{keys}");
    }
}

#[tokio::test]
async fn rows_land_once_when_the_tunnel_to_the_source_is_cut() {
    let sshd = Sshd::start(&[]).await;
    let database = Postgres::shared().await.database().await;
    fill(&database, ROWS).await;
    let databases = MariaDb::shared().await.databases().await;
    let source = &databases.reader.database;
    for statement in [
        format!("create table {source}.events (id int primary key, text varchar(300) not null)"),
        format!("insert into {source}.events select seq, repeat(md5(seq), 8) from seq_1_to_{ROWS}"),
    ] {
        databases.owner.run(&statement).await;
    }
    for (from, stream) in [
        (postgres(&database.reader, &sshd, LAX), "public.events".to_owned()),
        (mysql(&databases.reader, &sshd, LAX), format!("{source}.events")),
    ] {
        let target = Postgres::shared().await.database().await;
        let syncapp = Syncapp::default();
        let keys = "into: landing.events, write: append";
        syncapp.file("sync.yaml", &sync(&from, &direct(&target.writer), &stream, keys));
        syncapp.succeed(&RUN).await;
        cut_while_it_waits(&syncapp, &target, &sshd).await;
        let count = "select count(*) || ' ' || count(distinct id) from landing.events";
        assert_eq!(target.text(count).await, format!("{} {ROWS}", 2 * ROWS), "{stream}");
    }
}

#[tokio::test]
async fn rows_land_once_in_mariadb_when_the_tunnel_is_cut() {
    let sshd = Sshd::start(&[]).await;
    let database = Postgres::shared().await.database().await;
    fill(&database, 3000).await;
    for keys in ["write: append", "write: merge"] {
        let databases = MariaDb::shared().await.databases().await;
        let syncapp = Syncapp::default();
        let to = mysql(&databases.writer, &sshd, LAX);
        let keys = format!("into: events, {keys}");
        syncapp.file(
            "sync.yaml",
            &sync(&direct(&database.reader), &to, "public.events", &keys),
        );
        syncapp.succeed(&RUN).await;
        let mut holder = databases.writer.connect().await.unwrap();
        holder.query_drop("lock tables events write").await.unwrap();
        let mut running = syncapp.start(&RUN);
        let waiting = format!(
            "select count(*) from information_schema.processlist where user = '{}' and state like 'Waiting for%lock%'",
            databases.writer.user
        );
        let looked = async || databases.owner.texts(&waiting).await != [Some("0".into())];
        until(&mut running, "it waits for the lock", looked).await;
        assert!(sshd.cut() > 0, "a session is cut");
        drop(holder);
        let ended = running.end().await;
        assert_eq!(ended.code, Some(0), "{}", ended.output);
        assert!(ended.output.contains("the SSH tunnel by 127.0.0.1"), "{}", ended.output);
        let want = if keys.ends_with("append") {
            "6000 3000"
        } else {
            "3000 3000"
        };
        let count = "select concat_ws(' ', count(*), count(distinct id)) from events";
        assert_eq!(databases.writer.texts(count).await, [Some(want.into())], "{keys}");
    }
}

#[test]
fn an_interrupted_run_leaves_no_session_anywhere() {
    let sshd = wait(Sshd::start(&[]));
    let (database, databases) = wait(async {
        let database = Postgres::shared().await.database().await;
        (database, MariaDb::shared().await.databases().await)
    });
    let slow =
        "into: landing.t, query: \"select i from generate_series(1, 1000000) i where pg_sleep(0.0005) is not null\"";
    let endless = "into: landing.t, query: \"select a.seq * 1000 + b.seq as i, sleep(0.0005) as s from seq_1_to_100000 a, \
                   seq_1_to_1000 b\"";
    let postgres_sessions = format!(
        "select count(*) from pg_stat_activity where usename = '{}'",
        database.reader.user
    );
    let mariadb_sessions = format!(
        "select count(*) from information_schema.processlist where user = '{}'",
        databases.reader.user
    );
    let left = || {
        let maria = wait(databases.owner.texts(&mariadb_sessions)).remove(0).unwrap();
        format!(
            "{} {maria} {}",
            wait(database.text(&postgres_sessions)),
            sshd.sessions()
        )
    };
    let to = postgres(&database.writer, &sshd, LAX);
    for (from, keys) in [
        (postgres(&database.reader, &sshd, LAX), slow),
        (mysql(&databases.reader, &sshd, LAX), endless),
    ] {
        let place = Place::new().file("sync.yaml", sync(&from, &to, "some.rows", keys));
        let (run, lines) = place.reading();
        let sent = Instant::now();
        signal::send(run.id(), "INT");
        lines.for_each(drop);
        let ran = place.ran(&run.wait_with_output().unwrap()).exits(130);
        assert!(
            sent.elapsed() < Duration::from_secs(10),
            "it took {:?}: {}",
            sent.elapsed(),
            ran.stderr
        );
        while left() != "0 0 0" {
            assert!(
                sent.elapsed() < Duration::from_secs(30),
                "sessions are left: {}",
                left()
            );
            wait(async { tokio::time::sleep(Duration::from_millis(20)).await });
        }
    }
}
