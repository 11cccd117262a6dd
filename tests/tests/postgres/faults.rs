//! Rivals and kills.

use std::time::{Duration, Instant};

use syncapp_connector::Batch;
use syncapp_connector::testkit::{Table, checkpoint};
use syncapp_model::Code;
use syncapp_model::sync_file::Write;
use syncapp_tests::server::postgres::{Database, Postgres};

use super::ends::{Landing, destination, public, request, source};

#[tokio::test]
async fn a_rival_takes_over_while_the_first_still_writes() {
    let database = Postgres::shared().await.database().await;
    for write in [Write::Overwrite, Write::Append, Write::Merge] {
        for known in [false, true] {
            let (flow, table) = (
                database.flow(),
                Table::texts(&format!("{write:?}_{known}").to_lowercase()),
            );
            let target = flow.target(&table, write);
            let old = table.text_rows(&[(1, "old")]);
            if known {
                flow.put(&table, write, std::slice::from_ref(&old)).await;
            }
            let first = destination(&database.writer);
            let epoch = first.claim(&target).await.unwrap().epoch;
            let shape = first.diff(&target).await.unwrap();
            let mut load = first.begin(&target, epoch, &shape).await.unwrap();
            let mut writer = load.writer().await.unwrap().unwrap();
            writer
                .write(Batch::Columns(table.text_rows(&[(2, "first")])))
                .await
                .unwrap();
            // The second runs from claim to commit without waiting for the first.
            let new = table.text_rows(&[(3, "second")]);
            let began = Instant::now();
            flow.put(&table, write, std::slice::from_ref(&new)).await;
            assert!(began.elapsed() < Duration::from_secs(4), "{write:?}: it waited");
            writer.finish().await.unwrap();
            let fenced = load.commit(&checkpoint(9)).await.unwrap_err();
            assert_eq!(fenced.code(), Code::Fenced, "{write:?}: {fenced:?}");
            let rows = if known && write != Write::Overwrite {
                vec![old, new]
            } else {
                vec![new]
            };
            flow.expect(&table, &rows, "the second's").await;
        }
    }
}

/// Waits until no session of the user is left, and returns how long that took.
pub(super) async fn gone(database: &Database, user: &str) -> Duration {
    let began = Instant::now();
    let sql = format!("select count(*) from pg_stat_activity where usename = '{user}'");
    while database.text(&sql).await != "0" {
        assert!(began.elapsed() < Duration::from_mins(1), "a session of {user} stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}

/// A client that vanishes: its runtime ends without any of its destructors being awaited.
#[test]
fn a_killed_client_leaves_nothing() {
    let outer = tokio::runtime::Runtime::new().unwrap();
    let database = outer.block_on(async { Postgres::shared().await.database().await });
    for step in 0..4 {
        let inner = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (login, reader) = (database.writer.clone(), database.reader.clone());
        let flow = database.flow();
        let (sent, started) = std::sync::mpsc::channel();
        inner.spawn(async move {
            let table = Table::texts("killed");
            if step == 3 {
                // The source computes for long before its first row.
                let slow = super::ends::query("select pg_sleep(60)::text as a");
                let spec = source(&reader).describe(&slow).await.unwrap();
                let snapshot = source(&reader).open(&request(&slow, &spec, false)).await.unwrap();
                let mut read = snapshot.read(&snapshot.splits()[0]);
                assert!(
                    tokio::time::timeout(Duration::from_millis(300), &mut read)
                        .await
                        .is_err(),
                    "it waits"
                );
                sent.send(()).unwrap();
                std::future::pending::<()>().await;
            }
            let target = flow.target(&table, Write::Overwrite);
            let end = destination(&login);
            let epoch = end.claim(&target).await.unwrap().epoch;
            let shape = end.diff(&target).await.unwrap();
            let mut load = end.begin(&target, epoch, &shape).await.unwrap();
            let mut writer = load.writer().await.unwrap().unwrap();
            if step > 0 {
                let text = "x".repeat(100_000);
                writer
                    .write(Batch::Columns(table.text_rows(&[(1, &text), (2, &text)])))
                    .await
                    .unwrap();
            }
            if step > 1 {
                writer.finish().await.unwrap();
            }
            sent.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        started.recv().unwrap();
        inner.shutdown_background();
        outer.block_on(async {
            for user in [&database.writer.user, &database.reader.user] {
                let took = gone(&database, user).await;
                assert!(
                    took < Duration::from_secs(5),
                    "step {step}: {user} was there for {took:?}"
                );
            }
            let left = "select count(*) from pg_class where relnamespace = 'landing'::regnamespace and relkind = 'r'
                        and relname not in ('_syncapp_checkpoint', '_syncapp_boundary')";
            assert_eq!(database.text(left).await, "0", "step {step}");
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_read_stops_at_the_server() {
    let database = Postgres::shared().await.database().await;
    database.run("create view slow as select pg_sleep(60)::text as a").await;
    let spec = source(&database.reader).describe(&public("slow")).await.unwrap();
    let snapshot = source(&database.reader)
        .open(&request(&public("slow"), &spec, false))
        .await
        .unwrap();
    // The server says nothing before the first row.
    let read = tokio::time::timeout(Duration::from_millis(300), snapshot.read(&snapshot.splits()[0])).await;
    assert!(read.is_err(), "it waits");
    drop(snapshot);
    let took = gone(&database, &database.reader.user).await;
    assert!(took < Duration::from_secs(2), "it went on for {took:?}");
}
