//! Jobs: what looks at the systems of a project, without a run.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value as Json, json};
use syncapp_tests::agent::{Agent, Answer, master_key};
use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::server::redis::Redis;
use syncapp_tests::syncapp::Syncapp;

use super::{arrived, copying, furnish};

pub(crate) async fn begin(agent: &Agent, path: &str, body: Option<Json>) -> Json {
    let begun = agent.ask(Method::POST, path, body).await;
    assert_eq!(begun.status.as_u16(), 202, "{path}: {:#}", begun.body);
    begun.done()
}

fn place(job: &Json) -> String {
    let [project, id] = ["project", "id"].map(|key| job[key].as_str().unwrap());
    format!("/projects/{project}/jobs/{id}")
}

/// The job when it is over.
pub(crate) async fn over(agent: &Agent, job: &Json) -> Json {
    let begun = Instant::now();
    loop {
        let now = agent.get(&place(job)).await.done();
        if ["done", "failed", "cancelled"].iter().any(|end| now["state"] == *end) {
            return now;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it goes on: {now:#}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What a job has found.
pub(crate) async fn found(agent: &Agent, path: &str, body: Option<Json>) -> Json {
    let job = begin(agent, path, body).await;
    let ended = over(agent, &job).await;
    assert_eq!(ended["state"], "done", "{ended:#}");
    ended["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn systems_are_looked_at_without_a_run() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    let file = copying("").replace("merge", "merge, undo: { keep: 1h }");
    agent.push("shop", &file, None).await.done();
    let checked = found(&agent, "/projects/shop/connections/from/check", None).await;
    assert_eq!(
        (&checked["ok"], &checked["steps"][0]["side"]),
        (&json!(true), &json!("source"))
    );
    let held = found(&agent, "/projects/shop/connections/from/discover", Some(json!({}))).await;
    assert_eq!(
        (&held["streams"][0]["stream"], &held["next"]),
        (&json!("t"), &Json::Null)
    );
    let shown = found(
        &agent,
        "/projects/shop/syncs/copy/preview",
        Some(json!({ "stream": "t", "limit": 1 })),
    )
    .await;
    assert_eq!(shown["streams"][0]["mapped"], json!([{ "id": "1", "text": "a" }]));
    let planned = found(&agent, "/projects/shop/syncs/copy/plan", Some(json!({}))).await;
    assert_eq!(planned["streams"][0]["write"], "merge", "{planned:#}");
    assert_eq!(arrived(agent.syncapp()), 0);

    let run = agent.run("shop", "copy").await;
    agent.over(&run).await;
    let verified = found(&agent, "/projects/shop/syncs/copy/verify", Some(json!({}))).await;
    assert_eq!(
        (&verified["equal"], &verified["streams"][0]["source_rows"]),
        (&json!(true), &json!("2"))
    );
    let to = rusqlite::Connection::open(agent.syncapp().folder().join("to.db")).unwrap();
    to.execute("update t set text = 'z' where id = 2", []).unwrap();
    let verified = found(
        &agent,
        "/projects/shop/syncs/copy/verify",
        Some(json!({ "streams": ["t"] })),
    )
    .await;
    assert_eq!(
        (&verified["equal"], &verified["differences"][0]["difference"]),
        (&json!(false), &json!("differs"))
    );
    to.execute("update t set text = 'b' where id = 2", []).unwrap();

    let undo = format!("/runs/{run}/undo");
    let would = found(&agent, &undo, Some(json!({ "dry_run": true }))).await;
    assert_eq!(arrived(agent.syncapp()), 2, "{would:#}");
    let undone = found(&agent, &undo, Some(json!({}))).await;
    assert_eq!(
        (&undone["left_alone"], arrived(agent.syncapp())),
        (&json!("0"), 0),
        "{undone:#}"
    );
    found(
        &agent,
        "/projects/shop/syncs/copy/reset",
        Some(json!({ "stream": "t" })),
    )
    .await;
    let again = over(&agent, &begin(&agent, &undo, Some(json!({}))).await).await;
    assert_eq!(
        (&again["state"], &again["errors"][0]["code"]),
        (&json!("failed"), &json!("config.unknown_name"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_connection_holds_is_remembered_for_a_while() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    agent.push("shop", &copying(""), None).await.done();
    let path = "/projects/shop/connections/from/discover";
    let names = |found: &Json| {
        let streams = found["streams"].as_array().unwrap().iter();
        streams
            .map(|stream| stream["stream"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&found(&agent, path, Some(json!({}))).await), ["t"]);
    let from = rusqlite::Connection::open(agent.syncapp().folder().join("from.db")).unwrap();
    from.execute_batch("create table u (id integer primary key)").unwrap();
    let known = begin(&agent, path, Some(json!({}))).await;
    assert_eq!(
        (&known["state"], names(&known["result"])),
        (&json!("done"), vec!["t".to_owned()])
    );
    assert_eq!(
        names(&found(&agent, path, Some(json!({ "fresh": true }))).await),
        ["t", "u"]
    );
    let page = found(&agent, path, Some(json!({ "limit": 1 }))).await;
    assert_eq!((names(&page), &page["next"]), (vec!["t".to_owned()], &json!("1")));
    let page = found(&agent, path, Some(json!({ "limit": 1, "offset": 1 }))).await;
    assert_eq!((names(&page), &page["next"]), (vec!["u".to_owned()], &Json::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_agent_of_a_fleet_tells_and_stops_a_job() {
    let database = Postgres::shared().await.database().await;
    let user = Redis::shared().await.user().await;
    let metadata = Postgres::shared().await.database().await;
    let (token, master_key) = ("b1f7c2f08c39d6b4a8e90d35f2c7e614", master_key());
    let mut agents = Vec::new();
    for _ in 0..2 {
        let mut syncapp = Syncapp::default();
        syncapp.set("READER", &database.reader.url());
        syncapp.set("SYNCAPP_TOKEN", token);
        syncapp.set("SYNCAPP_MASTER_KEY", &master_key);
        // Its databases are on loopback.
        syncapp.set("SYNCAPP_NETWORK_PRIVATE", "allow");
        syncapp.set("SYNCAPP_DATABASE", &metadata.writer.url());
        syncapp.set("SYNCAPP_CACHE", &user.url());
        syncapp.set("SYNCAPP_CACHE_PREFIX", &user.name);
        agents.push(Agent::started_with(syncapp, "variables = [\"READER\"]").await);
    }
    let [one, other] = agents.as_slice() else {
        unreachable!()
    };
    let file = "version: 1\nconnections:\n  from: { connector: postgres, url: \"${READER}\" }\n  to: { connector: files, path: out, \
                format: csv }\nsyncs:\n  slow:\n    source: from\n    destination: to\n    streams:\n      s: { query: \"select 1 as \
                one, pg_sleep(600) is null as never\" }\n";
    one.push("p", file, None).await.done();
    let job = begin(one, "/projects/p/syncs/slow/preview", Some(json!({ "stream": "s" }))).await;
    let busy = format!(
        "select count(*) from pg_stat_activity where usename = '{}' and state = 'active' and query like '%pg_sleep%'",
        database.reader.user
    );
    let begun = Instant::now();
    while database.text(&busy).await == "0" {
        assert!(begun.elapsed() < Duration::from_mins(1), "it never reads");
    }
    let stopped = other.ask(Method::DELETE, &place(&job), None).await;
    assert_eq!(stopped.status.as_u16(), 202, "{:#}", stopped.body);
    assert_eq!(over(other, &job).await["state"], "cancelled");
    while database.text(&busy).await != "0" {
        assert!(begun.elapsed() < Duration::from_mins(1), "the server goes on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_may_no_more_than_a_run() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    let file = copying("").replace("from.db", "../home/agent.token");
    assert_eq!(agent.push("out", &file, None).await.status.as_u16(), 422);
    agent.push("shop", &copying(""), None).await.done();
    let file = copying("").replace("from.db", "\\\"${HOME}/x.db\\\"");
    assert_eq!(agent.push("shop", &file, Some(1)).await.status.as_u16(), 422);
    let code = |answer: Answer| (answer.status.as_u16(), answer.code().to_owned());
    for (path, body, expected) in [
        (
            "/projects/shop/connections/form/check",
            None,
            (404, "config.unknown_name"),
        ),
        (
            "/projects/none/connections/from/check",
            None,
            (404, "config.unknown_name"),
        ),
        (
            "/projects/shop/syncs/none/plan",
            Some(json!({})),
            (404, "config.unknown_name"),
        ),
        (
            "/projects/shop/syncs/copy/preview",
            Some(json!({ "stream": "t", "limit": 501 })),
            (422, "config.invalid_value"),
        ),
        (
            "/projects/shop/syncs/copy/preview",
            Some(json!({})),
            (422, "config.invalid_value"),
        ),
    ] {
        let answer = code(agent.ask(Method::POST, path, body).await);
        assert_eq!((answer.0, answer.1.as_str()), expected, "{path}");
    }
    let job = begin(&agent, "/projects/shop/connections/from/check", None).await;
    over(&agent, &job).await;
    let elsewhere = place(&job).replace("/shop/", "/other/");
    assert_eq!(code(agent.get(&elsewhere).await), (404, "config.unknown_name".into()));
}
