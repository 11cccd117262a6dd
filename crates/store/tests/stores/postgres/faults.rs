//! A server that goes away, is silent, or refuses: an error that says so, and no half of anything.

use std::time::{Duration, Instant};

use syncapp_control::{
    Event, Limits, NewRun, PlannedStream, RunId, Schedules as _, Submissions as _, Submitted, TaskId, Tasks as _,
    Trigger,
};
use syncapp_model::sync_file::Overlap;
use syncapp_model::{Code, ErrorKind};
use syncapp_store::PostgresStore;
use syncapp_tests::server::postgres::{Login, Postgres};

use super::fresh;
use super::wire::{Fault, Wire};

fn new_run(sync: &str) -> NewRun {
    NewRun {
        id: RunId::new(),
        project: "shop".into(),
        version: 1,
        sync: sync.into(),
        trigger: Trigger::Manual,
        key: None,
        overlap: Overlap::Queue,
        limits: Limits::default(),
        trace: None,
        streams: vec![PlannedStream {
            stream: "public.orders".into(),
            pool: "default".into(),
        }],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_without_an_answer_is_all_or_nothing() {
    for (fault, is_there) in [(Fault::RequestLost, false), (Fault::ReplyLost, true)] {
        let schema = fresh().await;
        let wire = Wire::to(schema.0.writer.port).await;
        let through = Login {
            port: wire.port(),
            ..schema.0.writer.clone()
        };
        let (store, direct) = (PostgresStore::open(&through.url()).await.unwrap(), schema.open().await);
        let new = new_run("orders");
        wire.arm(fault);
        let error = store.submit(&new).await.unwrap_err();
        assert!(wire.has_struck());
        assert!(error.is_transient(), "{fault:?}: {error:?}");
        assert_eq!(direct.run(new.id).await.unwrap().is_some(), is_there, "{fault:?}");
        let again = if is_there {
            Submitted::Known(new.id)
        } else {
            Submitted::Accepted(new.id)
        };
        assert_eq!(store.submit(&new).await.unwrap(), again, "{fault:?}");

        // A claim that nobody heard of is held by whoever sent it, until its lease runs out.
        let (task, claim) = (
            TaskId { run: new.id, number: 0 },
            Event::Claim {
                worker: "w".into(),
                ttl: Duration::from_hours(1),
            },
        );
        wire.arm(fault);
        assert!(store.happen(task, &claim).await.unwrap_err().is_transient());
        let epoch = direct.tasks(new.id).await.unwrap()[0].epoch.0;
        assert_eq!(epoch, u64::from(is_there), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_given_up_in_seconds() {
    let schema = fresh().await;
    let wire = Wire::to(schema.0.writer.port).await;
    let through = Login {
        port: wire.port(),
        ..schema.0.writer.clone()
    };
    let store = PostgresStore::open(&through.url()).await.unwrap();
    let new = new_run("orders");
    wire.arm(Fault::Silence);
    let begun = Instant::now();
    let error = store.submit(&new).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    // Its locks go with it, whether or not the server has noticed that its client is gone.
    let direct = schema.open().await;
    let begun = Instant::now();
    while let Err(error) = direct.submit(&new).await {
        assert!(error.is_transient(), "{error:?}");
        assert!(begun.elapsed() < Duration::from_mins(1), "the lock is still held");
    }
    assert_eq!(store.submit(&new).await.unwrap(), Submitted::Known(new.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_and_comes_back_is_connected_again() {
    let mut server = Postgres::start().await;
    let database = server.database().await;
    let store = PostgresStore::open(&database.writer.url()).await.unwrap();
    let runs = ["a", "b", "c"].map(new_run);
    for run in &runs {
        assert_eq!(store.submit(run).await.unwrap(), Submitted::Accepted(run.id));
    }
    server.crash();
    for _ in 0..3 {
        let error = store.now().await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        assert_eq!(error.code(), Code::StoreFailed);
    }
    server.restart().await;
    for run in &runs {
        assert!(store.run(run.id).await.unwrap().is_some());
    }
}

/// Whoever waits for a call may go away at any of its steps: what it had locked is free, and what it had written is whole or gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_leaves_nothing_half() {
    let schema = fresh().await;
    let (store, other) = (schema.open().await, schema.open().await);
    let mut dropped = 0;
    for step in 0..60_u64 {
        let new = new_run(&format!("s{}", step % 3));
        let wait = Duration::from_micros(step * 100);
        dropped += u32::from(tokio::time::timeout(wait, store.submit(&new)).await.is_err());
        // Its commit may be on its way still: what is seen first is seen with the rest.
        if other.run(new.id).await.unwrap().is_some() {
            assert_eq!(other.tasks(new.id).await.unwrap().len(), 1);
        }
        for again in [&other, &store] {
            again.submit(&new).await.unwrap();
        }
        assert_eq!(other.tasks(new.id).await.unwrap().len(), 1);
    }
    assert!(dropped > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_without_the_password() {
    let schema = fresh().await;
    let login = &schema.0.writer;
    let cases = [
        (
            Login {
                password: "canary-wrong".into(),
                ..login.clone()
            }
            .url(),
            ErrorKind::Config,
            "the metadata database refuses the login",
        ),
        (
            Login {
                database: "nowhere".into(),
                ..login.clone()
            }
            .url(),
            ErrorKind::Config,
            "there is no such metadata database",
        ),
        (
            schema.0.reader.url(),
            ErrorKind::Config,
            "the metadata database refuses its role something",
        ),
        (
            format!("{}?sslmode=require", login.url()),
            ErrorKind::Config,
            "no safe connection to the metadata database can be made",
        ),
        (
            "postgres://u:canary-x@host:port/db".into(),
            ErrorKind::Config,
            "the metadata database's address cannot be understood",
        ),
        (
            format!(
                "postgres://u:canary-y@127.0.0.1:{}/db",
                syncapp_tests::server::port::free()
            ),
            ErrorKind::Transient,
            "the metadata database gives no connection in time",
        ),
    ];
    for (url, kind, why) in cases {
        let error = PostgresStore::open(&url).await.unwrap_err();
        let report = error.report();
        assert_eq!((report.kind, report.why.as_str()), (kind, why), "{error:?}");
        assert!(report.help.is_some());
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}
