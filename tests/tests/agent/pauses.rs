//! Syncs that an operator pauses, and lets go on.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use syncapp_tests::agent::Agent;

use super::{arrived, copying, furnish};

/// A sync that is due each second, and one that comes after it.
fn project() -> String {
    let file = copying("    schedule: { cron: \"* * * * * *\", overlap: queue }\n");
    format!(
        "{file}  report:\n    source: from\n    destination: to\n    schedule: {{ after: copy }}\n    streams:\n      t: {{ into: report, write: merge }}\n"
    )
}

async fn switch(agent: &Agent, sync: &str, to: &str) -> Json {
    let path = format!("/projects/shop/syncs/{sync}/{to}");
    agent.ask(Method::POST, &path, None).await.done()
}

/// The runs of a sync, the newest first.
async fn runs(agent: &Agent, sync: &str) -> Vec<Json> {
    agent.all(&format!("/runs?project=shop&sync={sync}"), 50).await
}

/// Looks until something is so.
async fn until(agent: &Agent, what: &str, so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !so().await {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "never {what}: {}",
            agent.syncapp().said()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What is recorded of the ticks of a sync, in the order of time.
fn ticks(agent: &Agent, sync: &str) -> Vec<String> {
    let store = rusqlite::Connection::open(agent.syncapp().home().join("syncapp.db")).unwrap();
    let mut read = store
        .prepare("select coalesce(skipped, 'ran') from tick where sync = ? order by nominal_at")
        .unwrap();
    let ticks = read.query_map([sync], |row| row.get(0)).unwrap();
    ticks.collect::<Result<_, _>>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_sync_skips_its_ticks_and_then_goes_on() {
    let mut agent = Agent::start("").await;
    furnish(agent.syncapp());
    agent.push("shop", &project(), None).await.done();
    until(&agent, "a run of each", async || {
        !runs(&agent, "copy").await.is_empty() && !runs(&agent, "report").await.is_empty()
    })
    .await;

    let paused = switch(&agent, "copy", "pause").await;
    let before = runs(&agent, "copy").await.len();
    assert_eq!(
        (&paused["sync"], &paused["paused"], &paused["runs"]),
        (&json!("copy"), &json!(true), &json!("every second, UTC; paused"))
    );
    assert_eq!(switch(&agent, "copy", "pause").await["paused"], true);
    let skipped = |ticks: &[String]| ticks.iter().filter(|tick| *tick == "paused").count();
    until(&agent, "three ticks skipped", async || {
        skipped(&ticks(&agent, "copy")) >= 3
    })
    .await;

    // Neither a push nor a restart ends it.
    let pushed = project().replace("overlap: queue", "overlap: skip");
    agent.push("shop", &pushed, Some(1)).await.done();
    agent.kill();
    agent.start_again().await;
    let syncs = agent.get("/projects/shop/syncs").await.done();
    assert_eq!(
        [&syncs[0], &syncs[1]].map(|sync| sync["paused"].clone()),
        [json!(true), json!(false)]
    );
    let known = skipped(&ticks(&agent, "copy"));
    until(&agent, "another tick skipped", async || {
        skipped(&ticks(&agent, "copy")) > known
    })
    .await;
    assert_eq!(runs(&agent, "copy").await.len(), before);

    // By hand it runs.
    let run = agent.run("shop", "copy").await;
    assert_eq!(agent.over(&run).await["state"], "done");

    let going = switch(&agent, "copy", "resume").await;
    assert_eq!(
        (&going["paused"], &going["runs"]),
        (&json!(false), &json!("every second, UTC"))
    );
    until(&agent, "a run by the clock", async || {
        runs(&agent, "copy").await[0]["trigger"]["kind"] == "schedule"
    })
    .await;
    let ticks = ticks(&agent, "copy");
    let last = ticks.iter().rposition(|tick| tick == "paused").unwrap();
    let first = ticks.iter().position(|tick| tick == "paused").unwrap();
    assert!(ticks[first..=last].iter().all(|tick| tick == "paused"), "{ticks:?}");
    assert_eq!(arrived(agent.syncapp()), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_sync_comes_after_nothing() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    let file = project().replace(
        "schedule: { cron: \"* * * * * *\", overlap: queue }",
        "schedule: { at: 2100-01-01T00:00:00Z }",
    );
    agent.push("shop", &file, None).await.done();
    assert_eq!(switch(&agent, "report", "pause").await["paused"], true);
    let left_out = agent.run("shop", "copy").await;
    agent.over(&left_out).await;
    switch(&agent, "report", "resume").await;
    let followed = agent.run("shop", "copy").await;
    until(&agent, "a report", async || !runs(&agent, "report").await.is_empty()).await;
    let reports = runs(&agent, "report").await;
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0]["trigger"]["run"], followed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_paused() {
    let agent = Agent::start("").await;
    agent.push("shop", &copying(""), None).await.done();
    for path in [
        "/projects/shop/syncs/copi/pause",
        "/projects/shop/syncs/copi/resume",
        "/projects/shops/syncs/copy/pause",
        "/projects/shops/syncs/copy/resume",
    ] {
        let answer = agent.ask(Method::POST, path, None).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::NOT_FOUND, "config.unknown_name"),
            "{path}"
        );
    }
}
