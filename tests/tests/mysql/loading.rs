//! How rows get in: by which statement, into which tables, and what is refused.

use std::time::Duration;

use syncapp_connector::testkit::System;
use syncapp_connector::{Target, TargetColumn};
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, DataType, StreamKey};
use syncapp_tests::server::mariadb::MariaDb;

use super::ends::Place;
use super::lab::{Lab, connection};
use crate::contract::case::sync;
use crate::contract::connections::wait;

const PEOPLE: [&str; 2] = [
    "create table people (id int primary key, name varchar(20), face varbinary(10), flags bit(5))",
    "insert into people values (1, 'Ada', x'00ff', b'101'), (2, 'tab\\tand\\nline', x'', null), (3, '\\\\N', null, 0)",
];
const SEEN: &str = "select concat_ws('|', id, name, hex(face), flags + 0) from people order by id";

#[test]
fn a_server_without_local_infile_gets_inserts() {
    let server = wait(MariaDb::start(&["--local-infile=OFF", "--max-allowed-packet=1M"], &[]));
    let lab = Lab::over(wait(server.databases()));
    lab.source(&PEOPLE);
    lab.source(&["insert into people select seq, repeat('x', 20), repeat(x'5c', 10), seq % 32 from seq_10_to_20000"]);
    for keys in [
        "write: overwrite",
        "write: overwrite",
        "write: merge",
        "write: append, into: more",
    ] {
        lab.run("people", keys).exits(0);
        let table = keys.split("into: ").nth(1).unwrap_or("people");
        let sum =
            |table: &str| format!("select sum(crc32(concat_ws('|', id, name, hex(face), flags + 0))) from {table}");
        assert_eq!(lab.of_target(&sum(table)), lab.of_source(&sum("people")), "{keys}");
    }
    let checked = lab.place.syncapp(&["check", "sync.yaml"]).exits(0);
    assert!(checked.stderr.contains("LOAD DATA LOCAL"), "{}", checked.stderr);
}

#[test]
fn a_user_s_table_keeps_what_hangs_on_it() {
    let lab = Lab::new();
    lab.source(&PEOPLE);
    lab.target(&[
        "create table people (id int primary key, name varchar(20) not null default 'none', face varbinary(10), \
         flags bit(5), extra int default 7, key by_name (name))",
        "insert into people (id) values (99)",
        "create table seen (id int)",
        "create trigger see after insert on people for each row insert into seen values (new.id)",
        "create view names as select name from people",
    ]);
    lab.run("people", "write: overwrite").exits(0);
    assert_eq!(lab.of_target(SEEN), lab.of_source(SEEN));
    assert_eq!(lab.of_target("select count(*) from names"), [Some("3".into())]);
    assert_eq!(lab.of_target("select sum(extra) from people"), [Some("21".into())]);
    assert_eq!(lab.of_target("select count(*) from seen"), [Some("3".into())]);
}

#[test]
fn rows_that_others_refer_to_are_replaced_by_key() {
    let lab = Lab::new();
    lab.source(&PEOPLE);
    lab.target(&[
        "create table people (id int primary key, name varchar(20), face varbinary(10), flags bit(5))",
        "insert into people (id, name) values (1, 'old'), (50, 'gone')",
        "create table orders (person int, foreign key (person) references people (id))",
        "insert into orders values (1)",
    ]);
    lab.run("people", "write: overwrite").exits(0);
    assert_eq!(lab.of_target(SEEN), lab.of_source(SEEN));
    lab.target(&["insert into people (id) values (60)", "insert into orders values (60)"]);
    let ran = lab.run("people", "write: overwrite").exits(1);
    assert!(ran.stderr.contains("destination.constraint_violated"), "{}", ran.stderr);
    assert_eq!(lab.of_target("select count(*) from people"), [Some("4".into())]);
}

#[test]
fn what_a_column_cannot_hold_fails_and_leaves_the_target() {
    let lab = Lab::new();
    lab.source(&PEOPLE);
    for (column, code) in [
        ("name varchar(3)", "destination.value_out_of_range"),
        ("name char(5) character set latin1", "destination"),
        ("name int", "destination.type_mismatch"),
        ("name enum('Ada')", "destination.type_mismatch"),
    ] {
        lab.target(&[
            "drop table if exists people",
            &format!("create table people (id int primary key, {column}, face varbinary(10), flags bit(5))"),
            "insert into people (id) values (9)",
        ]);
        for keys in ["write: overwrite", "write: merge", "write: append"] {
            let ran = lab.run("people", keys).exits(1);
            assert!(ran.stderr.contains(code), "{column} {keys}: {}", ran.stderr);
            assert_eq!(
                lab.of_target("select id from people"),
                [Some("9".into())],
                "{column} {keys}"
            );
        }
    }
}

#[test]
fn a_table_without_transactions_is_refused() {
    let lab = Lab::new();
    lab.source(&PEOPLE);
    lab.target(&["create table people (id int, name text) engine = MyISAM"]);
    let ran = lab.run("people", "write: append").exits(1);
    assert!(
        ran.stderr.contains("MyISAM") && ran.stderr.contains("engine = InnoDB"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_reader_sees_old_or_new_tables_only() {
    let lab = Lab::new();
    lab.source(&["create table ticks (id int primary key, n int)"]);
    lab.source(&["insert into ticks select seq, 0 from seq_1_to_500"]);
    lab.run("ticks", "write: overwrite").exits(0);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            wait(async {
                use mysql_async::prelude::Queryable;
                let mut conn = lab.databases.writer.connect().await.unwrap();
                let mut polls = 0;
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let row: Option<(u64, u64, u64)> = conn
                        .query_first("select count(*), min(n), max(n) from ticks")
                        .await
                        .unwrap();
                    let (count, least, most) = row.unwrap();
                    assert_eq!((count, least), (500, most), "half of a table was seen");
                    polls += 1;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                polls
            })
        });
        for round in 1..=50 {
            lab.source(&[&format!("update ticks set n = {round}")]);
            lab.run("ticks", "write: overwrite").exits(0);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        let polls = reader.join().unwrap();
        assert!(polls > 50, "only {polls} looks");
    });
}

#[test]
fn from_and_into_other_systems() {
    let lab = Lab::new();
    lab.source(&PEOPLE);
    lab.run_into(
        "people",
        "write: overwrite, into: people",
        "{ connector: sqlite, path: to.db }",
    )
    .exits(0);
    let rows = lab
        .place
        .rows("to.db", "select id, name, hex(face), flags from people order by id");
    assert_eq!(rows, ["1|Ada|00FF|00101", "2|tab\tand\nline||NULL", "3|\\N||00000"]);
    let back = sync(
        "{ connector: sqlite, path: to.db }",
        &connection(&lab.databases.writer),
        "people",
        "into: back, write: merge, primary_key: [id]",
    );
    lab.place.put("back.yaml", back);
    lab.place.syncapp(&["run", "back.yaml"]).exits(0);
    assert_eq!(
        lab.of_target("select concat_ws('|', id, name, hex(face), flags) from back order by id"),
        ["1|Ada|00FF|00101", "2|tab\tand\nline|", "3|\\N|00000"].map(|row| Some(row.to_owned()))
    );
}

/// Connections are used again: by what a user's SQL left in one, the next stream's times would be others.
#[tokio::test]
async fn a_session_that_ran_sql_of_the_user_is_not_used_again() {
    let place = Place(MariaDb::shared().await.databases().await);
    let (destination, writer) = (place.destination(), &place.0.writer);
    writer.run("create table t (id int)").await;
    writer.run("create table seen (zone varchar(10))").await;
    let key = StreamKey {
        project: "p".into(),
        sync: "s".into(),
        stream: "t".into(),
    };
    let columns = vec![TargetColumn::new("id", DataType::Int32)];
    let plain = Target::new(key, place.stream("t"), columns, Write::Append);
    for sql in ["set time_zone = '+05:00'", "insert into seen select @@time_zone"] {
        let target = Target {
            before_sql: Some(sql.into()),
            ..plain.clone()
        };
        let claim = destination.claim(&target).await.unwrap();
        let shape = destination.diff(&target).await.unwrap();
        let mut load = destination.begin(&target, claim.epoch, &shape).await.unwrap();
        let rows = load.writer().await.unwrap().unwrap().finish().await.unwrap();
        load.commit(&Checkpoint { position: None, rows }).await.unwrap();
    }
    assert_eq!(writer.texts("select zone from seen").await, [Some("+00:00".into())]);
}
