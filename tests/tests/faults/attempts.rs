//! How often a stream is tried, and how it is stopped: into PostgreSQL, whose commits are lost or held.

use std::time::Duration;

use serde_json::json;
use syncapp_connector::Context;
use syncapp_connectors::connectors;
use syncapp_engine::{Ends, Event, Outcome, RetryPolicy, RunOptions, Summary, plan, run};
use syncapp_model::sync_file::Sync;
use syncapp_model::{Code, Scalar, Side};
use syncapp_tests::faults::Holder;
use syncapp_tests::server::postgres::{Database, Postgres};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::proxy::{Lost, Proxy};

const ROWS: usize = 9000;
const FIRST: usize = 10;
/// Rows of a commit, about.
const COMMIT: u64 = 1000;
const BASE: Duration = Duration::from_millis(40);

/// An increment that goes on, with what it tells.
struct Going {
    running: JoinHandle<Summary>,
    events: UnboundedReceiver<Event>,
    cancel: CancellationToken,
}

/// A table of which a first run has brought a few rows; it has more of them now.
async fn database() -> Database {
    let database = Postgres::shared().await.database().await;
    let add = "insert into public.events select i, i / 3 from generate_series";
    let make = "create table public.events (id int primary key, at int not null); \
                grant select on public.events to public";
    database.run(&format!("{make}; {add}(1, {FIRST}) i")).await;
    let going = start(&database, &database.writer.url()).await;
    assert_eq!(going.running.await.unwrap().outcome, Outcome::Landed);
    database.run(&format!("{add}({FIRST} + 1, {ROWS}) i")).await;
    database
}

fn ends(database: &Database, target: &str) -> Ends {
    let postgres = |url: &str| {
        let connector = connectors()
            .into_iter()
            .find(|connector| connector.manifest().id == "postgres")
            .unwrap();
        let context = Context::at("/");
        connector.endpoint(json!({ "url": url }), &context).unwrap()
    };
    Ends {
        source: postgres(&database.reader.url()).source().unwrap().into(),
        destination: postgres(target).destination().unwrap().into(),
        target: postgres(target).source().unwrap().into(),
        same_system: true,
        source_name: "source".into(),
        destination_name: "target".into(),
    }
}

/// Starts an increment that commits in prefixes and may fail twice without progress.
async fn start(database: &Database, target: &str) -> Going {
    let sync: Sync = serde_json::from_value(json!({
        "source": "source", "destination": "target", "streams": { "public.events": {
            "into": "landing.events", "mode": "incremental", "cursor": "at", "write": "append",
        } },
    }))
    .unwrap();
    let options = RunOptions {
        commit_rows: COMMIT,
        retry: RetryPolicy {
            attempts: 3,
            base: BASE,
            factor: 1,
            cap: BASE,
        },
        ..RunOptions::default()
    };
    let ends = ends(database, target);
    let plan = plan(&ends, "p", "s", &sync, &options)
        .await
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let (sender, events) = unbounded_channel();
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let running = tokio::spawn(async move { run(ends, plan, "s", &options, sender, stop).await });
    Going {
        running,
        events,
        cancel,
    }
}

/// What it told of failures, and what it committed.
async fn told(mut events: UnboundedReceiver<Event>) -> (Vec<(u32, f64)>, Vec<Scalar>) {
    let (mut failures, mut positions) = (Vec::new(), Vec::new());
    while let Some(event) = events.recv().await {
        match event {
            Event::Retry {
                failures: so_many,
                wait_seconds,
                ..
            } => failures.push((so_many, wait_seconds)),
            Event::Committed { position, .. } => positions.extend(position),
            _ => {}
        }
    }
    (failures, positions)
}

async fn landed(database: &Database) -> Vec<Option<String>> {
    database
        .texts("select id::text from landing.events e order by e.id")
        .await
}

/// A failure behind progress is the first one again.
#[tokio::test(flavor = "multi_thread")]
async fn progress_gives_all_attempts_again() {
    let database = database().await;
    let proxy = Proxy::start(database.writer.port, Lost::Reply, 4).await;
    let going = start(&database, &proxy.url(&database.writer)).await;
    let (failures, _) = told(going.events).await;
    let summary = going.running.await.unwrap();
    assert_eq!(summary.outcome, Outcome::Landed, "{:?}", summary.streams);
    let times: Vec<u32> = failures.iter().map(|(times, _)| *times).collect();
    assert_eq!(times, [1, 1, 1, 1]);
    // A wait is shorter than the policy's by chance, and never by half or more.
    for (_, wait) in failures {
        assert!(wait > BASE.as_secs_f64() / 2.0 && wait <= BASE.as_secs_f64(), "{wait}");
    }
    assert_eq!(landed(&database).await.len(), ROWS);
    assert_eq!(summary.streams[0].counts.rows_written, (ROWS - FIRST) as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_progress_it_gives_up() {
    let database = database().await;
    let proxy = Proxy::start(database.writer.port, Lost::Commit, 6).await;
    let going = start(&database, &proxy.url(&database.writer)).await;
    let (failures, positions) = told(going.events).await;
    let summary = going.running.await.unwrap();
    assert_eq!(summary.outcome, Outcome::Failed, "{:?}", summary.streams);
    let error = summary.streams[0].error.as_ref().unwrap();
    assert_eq!(error.code(), Code::ConnectionLost(Side::Destination), "{error:?}");
    let times: Vec<u32> = failures.iter().map(|(times, _)| *times).collect();
    assert_eq!((times, positions), (vec![1, 2], Vec::new()));
    assert_eq!(landed(&database).await.len(), FIRST);
    assert_eq!(summary.streams[0].counts.rows_written, 0);
}

/// A commit that waits when the user stops the run ends first; the next one is not begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_a_commit_end() {
    let database = database().await;
    // Only commits write there.
    let holder = Holder::take(&database, "lock table landing._syncapp_boundary in share mode").await;
    let going = start(&database, &database.writer.url()).await;
    let waiting = format!(
        "select 1 from pg_stat_activity where usename = '{}' and wait_event_type = 'Lock'",
        database.writer.user
    );
    while database.texts(&waiting).await.is_empty() {
        assert!(!going.running.is_finished(), "it ended before a commit was held");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    going.cancel.cancel();
    holder.release().await;
    let (_, positions) = told(going.events).await;
    let summary = going.running.await.unwrap();
    assert_eq!(summary.outcome, Outcome::Cancelled, "{:?}", summary.streams);
    assert_eq!(summary.streams[0].outcome, Outcome::Cancelled);
    // The rows are a prefix of whole groups, up to where the held commit leaves the position.
    let rows = landed(&database).await;
    assert!(rows.len() < ROWS, "{}", rows.len());
    let [Scalar::Int(last)] = positions.as_slice() else {
        panic!("{positions:?}")
    };
    let prefix = format!("select id::text from public.events e where at <= {last} order by e.id");
    assert_eq!(rows, database.texts(&prefix).await);
    assert_eq!(summary.streams[0].counts.rows_written, (rows.len() - FIRST) as u64);
}
