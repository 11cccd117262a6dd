//! Rows of transactions that were open while an increment was read.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use tokio::runtime::Runtime;

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
