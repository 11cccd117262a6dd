//! Who is there to work, what each carries, and what waits.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value as Json, json};
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::server::postgres::{Database, Postgres};
use syncapp_tests::syncapp::Syncapp;

/// A stream that goes on until it is stopped.
const FILE: &str = "version: 1\nconnections:\n  from: { connector: postgres, url: \"${READER}\" }\n  to: { connector: files, path: out, \
    format: csv }\nsyncs:\n  slow:\n    source: from\n    destination: to\n    streams:\n      s: { query: \"select 1 as one where \
    pg_sleep(600) is not null\" }\n";

async fn agents(database: &Database, metadata: &Database) -> [Agent; 2] {
    let master_key = master_key();
    let mut agents = Vec::new();
    for settings in ["slots = 3", "slots = 2\npools = [\"heavy\", \"default\"]"] {
        let mut syncapp = Syncapp::default();
        syncapp.set("READER", &database.reader.url());
        syncapp.set("SYNCAPP_TOKEN", "b1f7c2f08c39d6b4a8e90d35f2c7e614");
        syncapp.set("SYNCAPP_MASTER_KEY", &master_key);
        syncapp.set("SYNCAPP_NETWORK_PRIVATE", "allow");
        syncapp.set("SYNCAPP_DATABASE", &metadata.writer.url());
        let settings = format!("variables = [\"READER\"]\n{settings}");
        agents.push(Agent::started_with(syncapp, &settings).await);
    }
    agents.try_into().expect("there are two")
}

/// What is told when it is so.
async fn until(agent: &Agent, list: &str, so: impl Fn(&[Json]) -> bool) -> Vec<Json> {
    let begun = Instant::now();
    loop {
        let told = agent.get(list).await.done();
        let told = told.as_array().expect("it is a list").clone();
        if so(&told) {
            return told;
        }
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "it is still not so: {told:#?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_tells_who_is_there_and_what_waits() {
    let database = Postgres::shared().await.database().await;
    let metadata = Postgres::shared().await.database().await;
    let [one, mut other] = agents(&database, &metadata).await;
    let workers = until(&one, "/workers", |told| told.len() == 2).await;
    let mut slots: Vec<&Json> = workers.iter().map(|worker| &worker["slots"]).collect();
    slots.sort_by_key(|slots| slots.as_u64());
    assert_eq!(slots, [&json!(2), &json!(3)]);
    assert!(
        workers
            .iter()
            .all(|worker| worker["claims"] == json!([]) && worker["since"].is_string())
    );
    let queues = one.get("/queues").await.done();
    let told: Vec<_> = queues
        .as_array()
        .unwrap()
        .iter()
        .map(|queue| (&queue["pool"], &queue["workers"], &queue["slots"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("default"), &json!(2), &json!(5)),
            (&json!("heavy"), &json!(1), &json!(2))
        ]
    );

    one.push("p", FILE, None).await.done();
    let run = one.run("p", "slow").await;
    let carrying = |told: &[Json]| told.iter().any(|worker| worker["claims"][0]["run"] == json!(run));
    let workers = until(&other, "/workers", carrying).await;
    let claims: Vec<&Json> = workers
        .iter()
        .flat_map(|worker| worker["claims"].as_array().unwrap())
        .collect();
    assert_eq!(claims.len(), 1, "{workers:#?}");
    for (key, value) in [("project", "p"), ("sync", "slow"), ("stream", "s"), ("pool", "default")] {
        assert_eq!(claims[0][key], value);
    }
    until(&other, "/queues", |told| {
        told[0]["streams"]["running"] == "1" && told[0]["streams"]["queued"] == "0"
    })
    .await;
    one.ask(Method::POST, &format!("/runs/{run}/cancel"), None).await.done();
    one.over(&run).await;
    until(&one, "/workers", |told| {
        told.iter().all(|worker| worker["claims"] == json!([]))
    })
    .await;

    other.stop().await;
    until(&one, "/workers", |told| told.len() == 1 && told[0]["slots"] == 3).await;
}

/// With the roles of its file this one would not start: there is no queue between them and the others.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_goes_before_the_file() {
    let mut agent = Agent::new(Syncapp::default(), "roles = [\"api\"]\npools = [\"file\"]");
    agent.tell(&["--roles", "worker,api,scheduler", "--pools", "light,heavy"]);
    agent.start_again().await;
    let workers = until(&agent, "/workers", |told| !told.is_empty()).await;
    assert_eq!(workers[0]["pools"], json!(["light", "heavy"]), "{workers:#?}");
}
