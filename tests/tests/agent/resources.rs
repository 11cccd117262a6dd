//! Versions, schedules and their ticks, connectors, and events that are gone on with.

use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::{Value as Json, json};
use syncapp_tests::agent::Agent;

use super::{copying, furnish};

fn scheduled(cron: &str) -> String {
    copying(&format!("    schedule: {{ cron: \"{cron}\" }}\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_comes_back_as_a_new_one() {
    let agent = Agent::start("").await;
    let files = ["0 1 * * *", "0 2 * * *", "0 3 * * *"].map(scheduled);
    for (file, expected) in files.iter().zip([None, Some(1), Some(2)]) {
        agent.push("shop", file, expected).await.done();
    }
    let numbers = async || -> Vec<u64> {
        let versions = agent.all("/projects/shop/versions", 2).await;
        versions
            .iter()
            .map(|version| version["version"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(numbers().await, [3, 2, 1]);
    let first = agent.get("/projects/shop/versions/1").await.done();
    assert_eq!(first["file"], files[0]);
    let restored = agent
        .ask(Method::POST, "/projects/shop/versions/1/restore", None)
        .await
        .done();
    assert_eq!(restored["version"], 4);
    assert_eq!(restored["changes"][0]["change"], "changed", "{restored:#}");
    assert_eq!(agent.get("/projects/shop/versions/4").await.done()["file"], files[0]);
    let next = agent.get("/projects/shop/syncs/copy/next?count=1").await.done();
    assert!(next[0]["at"].as_str().unwrap().ends_with("T01:00:00Z"), "{next:#}");
    // What is there already is no new version.
    let restored = agent
        .ask(Method::POST, "/projects/shop/versions/4/restore", None)
        .await
        .done();
    assert_eq!((&restored["version"], &restored["changes"]), (&json!(4), &json!([])));
    assert_eq!(numbers().await, [4, 3, 2, 1]);
    for path in [
        "/projects/shop/versions/5",
        "/projects/none/versions",
        "/projects/shop/versions/x",
    ] {
        assert_eq!(agent.get(path).await.status.as_u16(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_and_their_ticks_are_told() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    agent.push("shop", &scheduled("* * * * * *"), None).await.done();
    let begun = Instant::now();
    let ticks = loop {
        let ticks = agent.all("/projects/shop/syncs/copy/ticks", 2).await;
        if ticks.len() >= 5 {
            break ticks;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{}", agent.syncapp().said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let times: Vec<&str> = ticks.iter().map(|tick| tick["nominal_at"].as_str().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert!(
        ticks
            .iter()
            .all(|tick| tick["run"].is_string() != tick["skipped"].is_string()),
        "{ticks:#?}"
    );
    let run = ticks
        .iter()
        .find_map(|tick| tick["run"].as_str())
        .expect("one of them ran");
    assert_eq!(
        agent.get(&format!("/runs/{run}")).await.done()["trigger"]["kind"],
        "schedule"
    );
    agent
        .ask(Method::POST, "/projects/shop/syncs/copy/pause", None)
        .await
        .done();
    let schedules = agent.all("/projects/shop/schedules", 1).await;
    assert_eq!(schedules.len(), 1);
    assert_eq!(
        (&schedules[0]["runs"], &schedules[0]["paused"]),
        (&json!("every second, UTC"), &json!(true))
    );
    let next = agent.get("/projects/shop/syncs/copy/next?count=3").await.done();
    assert_eq!(next.as_array().map(Vec::len), Some(3));
    assert!(
        next[0]["skipped"] == true && next[0]["words"].as_str().unwrap().ends_with("skipped: paused"),
        "{next:#}"
    );
    assert_eq!(agent.get("/projects/shop/syncs/none/ticks").await.status.as_u16(), 404);
    assert_eq!(
        agent
            .get("/projects/shop/syncs/copy/ticks?after=x")
            .await
            .status
            .as_u16(),
        422
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connectors_come_with_their_forms() {
    let agent = Agent::start("").await;
    let told = agent.get("/connectors").await.done();
    let listed: Vec<&str> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(listed, ["postgres", "mysql", "sqlite", "files"]);
    for one in told.as_array().unwrap() {
        assert!(
            one["form"]["properties"].is_object() && one["title"].is_string(),
            "{one:#}"
        );
    }
}

/// The events of a run, as their id and their data.
fn events(told: &str) -> Vec<(String, Json)> {
    let blocks = told.split("\n\n").filter(|block| block.contains("data: "));
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().to_owned()
    };
    blocks
        .map(|block| {
            (
                field(block, "id: "),
                serde_json::from_str(&field(block, "data: ")).unwrap(),
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_on_where_they_broke_off() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    agent.push("shop", &copying(""), None).await.done();
    let run = agent.run("shop", "copy").await;
    let watch = async |heard: Option<&str>| {
        let path = format!("{}/api/v1/runs/{run}/events", agent.url());
        let mut request = Client::new().get(path).bearer_auth(agent.token());
        if let Some(heard) = heard {
            request = request.header("last-event-id", heard);
        }
        events(&request.send().await.unwrap().text().await.unwrap())
    };
    let told = watch(None).await;
    let (last, run_then) = told.last().unwrap();
    assert_eq!(run_then["state"], "done");
    assert_eq!(watch(Some(last)).await, [], "what was heard is told again");
    assert_eq!(watch(Some("else")).await, [told.last().unwrap().clone()]);
    if let [.., (before, _), _] = told.as_slice() {
        assert_eq!(watch(Some(before)).await, [told.last().unwrap().clone()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_run_is_read_line_by_line() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    agent.push("shop", &copying(""), None).await.done();
    let run = agent.run("shop", "copy").await;
    assert_eq!(agent.over(&run).await["state"], "done");
    let path = format!("/runs/{run}/logs");
    let lines = agent.all(&path, 1).await;
    assert!(lines.len() > 1, "{lines:#?}");
    assert_eq!(lines, agent.all(&path, 200).await);
    for (line, number) in lines.iter().zip(1..) {
        assert_eq!(line["number"], number, "{lines:#?}");
        assert_eq!(
            (&line["level"], &line["stream"]),
            (&json!("info"), &json!("t")),
            "{line:#}"
        );
    }
    let from = rusqlite::Connection::open(agent.syncapp().folder().join("from.db")).unwrap();
    from.execute_batch("drop table t").unwrap();
    let run = agent.run("shop", "copy").await;
    assert_eq!(agent.over(&run).await["state"], "failed");
    let lines = agent.all(&format!("/runs/{run}/logs"), 200).await;
    let error = lines.iter().find(|line| line["level"] == "error");
    let error = error.unwrap_or_else(|| panic!("no line says what failed: {lines:#?}"));
    assert!(error["code"].is_string() && error["text"].is_string(), "{error:#}");
    for (path, status) in [
        (format!("/runs/{run}/logs?after=x"), 422),
        (format!("/runs/{run}/logs?after=4294967295"), 422),
        ("/runs/0193b2a0-0000-7000-8000-000000000000/logs".into(), 404),
    ] {
        assert_eq!(agent.get(&path).await.status.as_u16(), status, "{path}");
    }
}
