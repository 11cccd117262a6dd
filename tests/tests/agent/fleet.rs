//! A short campaign; `cargo xtask faults --fleet` is the long one.

use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::Value as Json;
use syncapp_tests::faults::FleetFaults;
use syncapp_tests::fleet::{Fleet, Servers};
use syncapp_tests::syncapp::Syncapp;

#[tokio::test(flavor = "multi_thread")]
async fn a_disturbed_fleet_loses_nothing() {
    let faults = FleetFaults {
        seed: 7,
        faults: 20,
        schedules: 10,
        only: None,
        patience: None,
    };
    let found = faults.run().await;
    assert!(found.differences.is_empty(), "{found}");
    assert!(
        found.ticks.0 > 0 && found.faults.len() > 2,
        "too little was tried: {found}"
    );
}

/// A hint is acked when its stream is claimed: the broker has no reason to close a worker's channel while the stream goes on, nor
/// to give the hint to another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_longer_than_the_broker_s_patience_is_carried_once() {
    const PATIENCE: Duration = Duration::from_mins(1);
    let servers = Servers::start().await;
    servers.broker.consumer_timeout(PATIENCE).await;
    let database = servers.postgres.database().await;
    let furnish = |syncapp: &mut Syncapp| {
        syncapp.set("READER", &database.reader.url());
        syncapp.set("WRITER", &database.writer.url());
    };
    let settings = "variables = [\"READER\", \"WRITER\"]";
    let roles = ["api", "scheduler", "worker", "worker"];
    let fleet = Fleet::start(servers, &roles, settings, furnish).await;
    let query = format!("select 1 as id where pg_sleep({}) is not null", PATIENCE.as_secs() + 15);
    let file = format!(
        "version: 1\nconnections:\n  from: {{ connector: postgres, url: \"${{READER}}\" }}\n  to: {{ connector: postgres, url: \
         \"${{WRITER}}\" }}\nsyncs:\n  long:\n    source: from\n    destination: to\n    streams:\n      public.long: {{ into: \
         landing.long, query: \"{query}\" }}\n"
    );
    let agent = &fleet.members[0];
    agent.push("p", &file, None).await.done();
    let run = agent.over(&agent.run("p", "long").await).await;
    assert_eq!(run["state"], "done", "{run:#}");
    assert_eq!(run["streams"][0]["attempts"], "1", "{run:#}");
    assert_eq!(database.text("select count(*) from landing.long").await, "1");
    for member in &fleet.members {
        let said = member.syncapp().said();
        assert!(!said.contains("the queue has gone away"), "{said}");
    }
}

/// What a worker reads is seen by whoever watches another process, long before its heartbeat comes to the store; without the
/// cache it comes with that.
#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_from_worker_to_watcher() {
    let servers = Servers::start().await;
    let database = servers.postgres.database().await;
    let furnish = |syncapp: &mut Syncapp| {
        syncapp.set("READER", &database.reader.url());
        syncapp.set("WRITER", &database.writer.url());
    };
    let settings = "variables = [\"READER\", \"WRITER\"]";
    let mut fleet = Fleet::start(servers, &["api", "scheduler", "worker"], settings, furnish).await;
    // Each row is too long to wait for another one: they come one by one, some twenty a second.
    let query = "select i, repeat('x', 200000) as text from generate_series(1, 200) i where pg_sleep(0.05) is not null";
    let file = format!(
        "version: 1\nconnections:\n  from: {{ connector: postgres, url: \"${{READER}}\" }}\n  to: {{ connector: postgres, url: \
         \"${{WRITER}}\" }}\nsyncs:\n  slow:\n    source: from\n    destination: to\n    streams:\n      public.slow: {{ into: \
         landing.slow, query: \"{query}\" }}\n"
    );
    fleet.members[0].push("p", &file, None).await.done();
    for has_cache in [true, false] {
        if !has_cache {
            fleet.servers.cache.crash();
        }
        let agent = &fleet.members[0];
        let run = agent.run("p", "slow").await;
        let path = format!("{}/api/v1/runs/{run}/events", agent.url());
        let mut watching = Client::new().get(path).bearer_auth(agent.token()).send().await.unwrap();
        let mut told = 0;
        let end = loop {
            let Some(event) = next(&mut watching).await else {
                panic!("the watcher is left before the end");
            };
            told += usize::from(event["state"] == "running" && event["streams"][0]["rows_read"] != "0");
            if event["state"] == "done" {
                break event;
            }
        };
        assert_eq!(end["streams"][0]["rows_read"], "200");
        // It takes ten seconds: five heartbeats, but forty times that progress is told.
        assert_eq!(told > 15, has_cache, "it was told {told} times");
    }
}

/// The next event of a run; `None` where nobody tells any more.
async fn next(watching: &mut Response) -> Option<Json> {
    loop {
        let part = tokio::time::timeout(Duration::from_mins(1), watching.chunk()).await;
        let part = part.expect("something is told").unwrap()?;
        let text = String::from_utf8_lossy(&part).into_owned();
        if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data: ")) {
            return Some(serde_json::from_str(data).unwrap());
        }
    }
}
