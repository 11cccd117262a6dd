//! Rows of transactions that were open while an increment was read.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use syncapp_connector::testkit::System;
use syncapp_connector::{Range, ReadColumn, ReadRequest, Snapshot, StreamRef};
use syncapp_model::{Code, Error, Scalar, StreamName};
use syncapp_tests::server::mariadb::MariaDb;
use tokio::runtime::Runtime;

use super::ends::Place;
use super::lab::Lab;

/// `information_schema.innodb_trx` shows old contents as long as somebody reads it often.
#[test]
fn an_open_transaction_is_seen_however_often_others_look_for_some() {
    let lab = Lab::new();
    lab.source(&[
        "create table news (id int primary key, at timestamp(6) not null default current_timestamp(6))",
        &format!("grant process on *.* to {}@'127.0.0.1'", lab.databases.reader.user),
    ]);
    let runtime = Runtime::new().unwrap();
    let (mut other, mut writer) = runtime.block_on(async {
        let connect = async || lab.owner().connect().await.unwrap();
        (connect().await, connect().await)
    });
    runtime.spawn(async move {
        loop {
            let look = "select count(*) from information_schema.innodb_trx";
            other.query_drop(look).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    // Its first looks come before the transaction begins.
    lab.source(&["do sleep(0.5)"]);
    let mut write = |sql: &str| runtime.block_on(writer.query_drop(sql)).unwrap();
    write("begin");
    write("insert into news (id) values (1)");
    // Longer than what increments leave for clocks anyway.
    lab.source(&["do sleep(3)", "insert into news (id) values (2)"]);
    let run = || lab.run("news", "mode: incremental, cursor: at, write: append").exits(0);
    run();
    let ids = || lab.of_target("select id from news order by id");
    assert_eq!(ids(), [Some("2".into())]);
    write("commit");
    run();
    assert_eq!(ids(), [Some("1".into()), Some("2".into())]);
}

/// On a server of its own, where no other test has a transaction open.
#[tokio::test]
async fn the_horizon_is_a_second_or_two_behind_the_oldest_transaction() {
    let server = MariaDb::start(&[], &[]).await;
    let databases = server.databases().await;
    let place = Place(databases.clone());
    let (writer, second) = (&databases.writer, 1_000_000);
    writer
        .run("create table news (id int primary key, at timestamp(6) null, local datetime(6), n bigint)")
        .await;
    let open = async |cursor: &str| {
        let (source, mut request) = (place.source(), ids(place.stream("news")));
        request.range = Some(Range {
            cursor: cursor.into(),
            from: None,
            below: None,
        });
        source.open(&request).await.unwrap()
    };
    let codes = |snapshot: &dyn Snapshot| snapshot.warnings().iter().map(Error::code).collect::<Vec<_>>();
    let blind = open("at").await;
    assert_eq!((blind.horizon(), codes(blind.as_ref())), (None, vec![Code::LateRows]));
    drop(blind);

    let see = format!("grant process on *.* to {}@'127.0.0.1'", writer.user);
    databases.owner.run(&see).await;
    let mut other = writer.connect().await.unwrap();
    let clock = "select cast(unix_timestamp(now(6)) * 1000000 as signed)";
    let mut ask = async |sql: &str| -> i64 { other.query_first(sql).await.unwrap().unwrap() };
    let before = ask(clock).await;
    let horizon = instant(open("at").await.horizon());
    let after = ask(clock).await;
    assert!(
        (before - second..=after - second).contains(&horizon),
        "{horizon}, not a second before {before} to {after}"
    );
    assert_eq!(codes(open("n").await.as_ref()), []);

    let mut writing = writer.connect().await.unwrap();
    writing.query_drop("begin").await.unwrap();
    let began = ask(clock).await;
    writing
        .query_drop("insert into news values (1, now(6), now(6), 1)")
        .await
        .unwrap();
    ask("select sleep(3)").await;
    let horizon = instant(open("at").await.horizon());
    assert!(
        (began - 2 * second..=began + second).contains(&horizon),
        "{horizon}, not just before {began}"
    );
    let snapshot = open("local").await;
    let [at, near] = [snapshot.horizon(), snapshot.near_horizon()].map(instant);
    let behind =
        "select greatest(timestampdiff(second, convert_tz(utc_timestamp(), '+00:00', 'SYSTEM'), utc_timestamp()), 0)";
    let behind = ask(behind).await;
    assert_eq!(
        near - at,
        (14 * 3600 - behind) * second,
        "the server's own clock is {behind} s behind"
    );
    let numbers = open("n").await;
    assert_eq!(
        (numbers.horizon(), codes(numbers.as_ref())),
        (None, vec![Code::LateRows])
    );
}

/// Reads a stream's column `id`.
fn ids(stream: StreamName) -> ReadRequest {
    ReadRequest {
        stream: StreamRef::table(stream),
        columns: vec![ReadColumn {
            name: "id".into(),
            native: false,
        }],
        wire: false,
        range: None,
        lenient: false,
        limit: None,
        splits: 1,
        batch_rows: 100,
        batch_bytes: 1 << 20,
    }
}

fn instant(horizon: Option<&Scalar>) -> i64 {
    match horizon {
        Some(Scalar::TimestampTz(micros) | Scalar::Timestamp(micros)) => *micros,
        other => panic!("{other:?} is no instant"),
    }
}
