//! An agent whose database is away at the start, and one that waiting does not help.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::server::port;
use syncapp_tests::server::postgres::{Options, Postgres};
use syncapp_tests::syncapp::Syncapp;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_mins(2);

/// One of a fleet over this database.
fn agent(url: &str, settings: &str) -> Agent {
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_TOKEN", &format!("{0}{0}", Uuid::new_v4().simple()));
    syncapp.set("SYNCAPP_MASTER_KEY", &master_key());
    syncapp.set("SYNCAPP_DATABASE", url);
    Agent::new(syncapp, settings)
}

/// Waits until something is so.
async fn eventually(what: &str, so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !so().await {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_waits_for_its_database() {
    let mut postgres = Options::default().start().await;
    let database = postgres.database().await;
    postgres.crash();
    let at = format!("127.0.0.1:{}", port::free());
    let settings = format!("telemetry.listen = \"{at}\"");
    let mut agent = agent(&database.writer.url(), &settings);
    agent.begin();
    let ready = async || {
        let answer = reqwest::get(format!("http://{at}/readyz")).await.ok()?;
        Some((answer.status(), answer.text().await.ok()?))
    };
    eventually("it says that it waits", async || {
        agent.syncapp().said().contains("the agent waits for its database")
    })
    .await;
    let (status, text) = ready().await.expect("it answers monitoring");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.contains("store: unreachable"), "{text}");
    assert!(!agent.syncapp().said().contains("listening on"));
    postgres.restart().await;
    eventually("it goes on", async || agent.syncapp().said().contains("listening on")).await;
    eventually("it is ready", async || {
        ready().await.is_some_and(|(status, _)| status == StatusCode::OK)
    })
    .await;
    assert_eq!(agent.get("/me").await.status, 200);
    // Told to stop while it waits, it does so at once.
    agent.stop().await;
    postgres.crash();
    agent.begin();
    eventually("it waits again", async || {
        agent.syncapp().said().contains("the agent waits for its database")
    })
    .await;
    let ended = agent.stop().await;
    assert_eq!(ended.code, Some(0), "{}", ended.output);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_ends_where_waiting_does_not_help() {
    let database = Postgres::shared().await.database().await;
    let mut login = database.writer.clone();
    login.password.push('x');
    let mut elsewhere = database.writer.clone();
    elsewhere.database = "none_of_that_name".into();
    let mut newer = agent(&database.writer.url(), "");
    newer.start_again().await;
    newer.stop().await;
    database.run("update landing.migration set oldest = 1000").await;
    for (url, why) in [
        (login.url(), "the metadata database refuses the login"),
        (elsewhere.url(), "there is no such metadata database"),
        (database.writer.url(), "update SyncApp"),
    ] {
        let mut agent = agent(&url, "");
        agent.begin();
        let ended = agent.end().await;
        assert!(ended.code.is_some_and(|code| code > 0), "{why}: {}", ended.output);
        assert!(ended.output.contains(why), "{why}: {}", ended.output);
    }
}
