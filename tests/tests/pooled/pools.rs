//! Pools that are smaller than what a run would like to have.

use std::time::{Duration, Instant};

use syncapp_connector::Batch;
use syncapp_tests::server::pgbouncer::PgBouncer;
use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::signal;

use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, postgres, program};
use crate::postgres::ends::{public, request, source};

const ROWS: &str = "400000";

/// A database with a table of more pages than one split has at the least.
pub(super) async fn large() -> Database {
    let database = Postgres::shared().await.database().await;
    database
        .run(&format!(
            "create table public.large as select i as id, repeat('x', 120) as text from generate_series(1, {ROWS}) i;
             analyze public.large; grant select on public.large to public; grant usage on schema public to {}",
            database.writer.user
        ))
        .await;
    database
}

/// The same behind a pool of that size.
async fn large_behind(pool: u32) -> (PgBouncer, Database) {
    let database = large().await;
    (PgBouncer::start(&database, pool).await, database)
}

/// Rows of all splits, read side by side as the engine does.
async fn read(pooled: &Database, splits: usize) -> Vec<usize> {
    let source = source(&pooled.reader);
    let spec = source.describe(&public("large")).await.unwrap();
    let mut request = request(&public("large"), &spec, false);
    request.splits = splits;
    let snapshot = source.open(&request).await.unwrap();
    assert_eq!(snapshot.splits().len(), splits);
    let reading = snapshot.splits().iter().map(async |split| {
        let mut batches = snapshot.read(split).await.unwrap();
        let mut rows = 0;
        while let Some(batch) = futures_util::StreamExt::next(&mut batches).await {
            match batch.unwrap() {
                Batch::Columns(columns) => rows += columns.num_rows(),
                Batch::Native(native) => rows += native.rows,
                Batch::Passing(_) | Batch::Marked(_) | Batch::Unread(_) => panic!("a row cannot be read"),
            }
        }
        rows
    });
    futures_util::future::join_all(reading).await
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_share_an_exported_snapshot() {
    let (bouncer, _) = large_behind(5).await;
    let rows = read(bouncer.database(), 4).await;
    assert!(rows.iter().all(|rows| *rows > 0), "{rows:?}");
    assert_eq!(rows.iter().sum::<usize>().to_string(), ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_for_which_there_is_no_connection_are_read_by_the_first() {
    for pool in [1, 2] {
        let (bouncer, _) = large_behind(pool).await;
        let rows = read(bouncer.database(), 4).await;
        assert_eq!(rows.iter().sum::<usize>().to_string(), ROWS, "a pool of {pool}");
    }
}

/// A sync with the same user at both ends: one pool.
fn within(pooled: &Database) -> Place {
    let end = postgres(&pooled.writer);
    Place::new().file("sync.yaml", sync(&end, &end, "public.large", "into: landing.large"))
}

#[test]
fn one_pool_of_three_serves_both_ends() {
    let (bouncer, database) = wait(large_behind(3));
    let place = within(bouncer.database());
    for _ in 0..2 {
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        let count = "select count(distinct id) from landing.large";
        assert_eq!(wait(database.text(count)), ROWS);
    }
}

#[test]
fn a_pool_that_is_too_small_is_told() {
    let (bouncer, database) = wait(large_behind(1));
    let place = within(bouncer.database());
    let begun = Instant::now();
    let ran = place.syncapp(&["run", "sync.yaml"]).exits(1);
    assert!(
        begun.elapsed() < Duration::from_mins(2),
        "it took {:?}",
        begun.elapsed()
    );
    for part in ["destination.unreachable", "default_pool_size"] {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
    let there = "select to_regclass('landing.large') is null";
    assert_eq!(wait(database.text(there)), "t");
}

#[test]
fn an_interrupted_run_stops_at_the_server() {
    let (bouncer, database) = wait(large_behind(3));
    let slow =
        "into: landing.t, query: \"select i from generate_series(1, 1000000) i where pg_sleep(0.0005) is not null\"";
    let Database { reader, writer, .. } = bouncer.database();
    let file = sync(&postgres(reader), &postgres(writer), "public.slow", slow);
    let place = Place::new().file("sync.yaml", file);
    let busy = format!(
        "select count(*) from pg_stat_activity where usename in ('{}', '{}') and state <> 'idle'",
        reader.user, writer.user
    );
    let run = place.command(&[&program(), "run", "sync.yaml"]).spawn().unwrap();
    let begun = Instant::now();
    while wait(database.text(&busy)) != "2" {
        assert!(begun.elapsed() < Duration::from_mins(1), "it never reads and writes");
    }
    signal::send(run.id(), "INT");
    let sent = Instant::now();
    assert_eq!(place.ran(&run.wait_with_output().unwrap()).code, 130);
    while wait(database.text(&busy)) != "0" {
        assert!(sent.elapsed() < Duration::from_secs(10), "the server goes on");
    }
}
