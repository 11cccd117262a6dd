//! Files that are not pushed, looked at as if they were.

use reqwest::Method;
use serde_json::{Value as Json, json};
use syncapp_tests::agent::{Agent, master_key};

use super::jobs::{begin, found, over};
use super::{arrived, copying, furnish};

/// A mapping that the second of these rows does not fit.
fn mapped() -> String {
    copying("").replace(
        "{ write: merge }",
        "{ write: merge, columns: { text: { type: int64 } } }",
    )
}

fn fill(agent: &Agent) {
    let from = rusqlite::Connection::open(agent.syncapp().folder().join("from.db")).unwrap();
    from.execute_batch("delete from t; insert into t values (1, '7'), (2, 'x'), (3, '7'), (4, null)")
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_previewed_with_what_would_not_land_and_a_profile() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    fill(&agent);
    let body = json!({ "file": mapped(), "sync": "copy", "stream": "t", "limit": 10 });
    let shown = found(&agent, "/projects/new/draft/preview", Some(body)).await;
    let stream = &shown["streams"][0];
    assert_eq!(
        (
            &stream["on_error"],
            &stream["rejected"],
            stream["source"].as_array().unwrap().len()
        ),
        (&json!("fail"), &json!("1"), 4)
    );
    let mapped: Vec<&Json> = stream["mapped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["text"])
        .collect();
    assert_eq!(mapped, [&json!("7"), &json!("7"), &Json::Null]);
    let reject = &stream["rejects"][0];
    assert_eq!(
        (&reject["code"], &reject["column"], &reject["row"], &reject["row_key"]),
        (
            &json!("transform.cast_failed"),
            &json!("text"),
            &json!({ "id": "2", "text": "x" }),
            &json!(["2"])
        )
    );
    let profile = &stream["profile"]["mapped"][1];
    for (key, value) in [
        ("column", json!("text")),
        ("rows", json!("3")),
        ("nulls", json!("1")),
        ("distinct", json!("1")),
        ("min", json!("7")),
        ("max", json!("7")),
    ] {
        assert_eq!(profile[key], value, "{key}: {profile:#}");
    }
    assert_eq!(profile["histogram"].as_array().unwrap().len(), 20);
    let profile = &stream["profile"]["source"][1];
    assert_eq!(
        (&profile["shortest"], &profile["distinct"]),
        (&json!("1"), &json!("2")),
        "{profile:#}"
    );
    // Nothing is written, and nothing is pushed.
    assert_eq!(arrived(agent.syncapp()), 0);
    assert_eq!(agent.get("/projects/new").await.status.as_u16(), 404);
    let planned = json!({ "file": copying(""), "sync": "copy" });
    let planned = found(&agent, "/projects/new/draft/plan", Some(planned)).await;
    assert_eq!(planned["streams"][0]["write"], "merge", "{planned:#}");
    let held = json!({ "file": copying(""), "connection": "from" });
    let held = found(&agent, "/projects/new/draft/discover", Some(held)).await;
    assert_eq!(held["streams"][0]["stream"], "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_drafts_of_a_project_are_two() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    for (name, value) in [("one", "1"), ("two", "2")] {
        let file = copying("").replace(
            "{ write: merge }",
            &format!("{{ columns: {{ {name}: {{ expr: \"{value}\" }} }} }}"),
        );
        let body = json!({ "file": file, "sync": "copy", "stream": "t", "limit": 1 });
        let shown = found(&agent, "/projects/new/draft/preview", Some(body)).await;
        assert_eq!(shown["streams"][0]["mapped"][0][name], value, "{shown:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_may_no_more_than_a_pushed_file() {
    let agent = Agent::start(&format!("master_key = \"{}\"", master_key())).await;
    furnish(agent.syncapp());
    agent.push("other", &copying(""), None).await.done();
    let secret = json!({ "value": "from.db" });
    agent
        .ask(Method::PUT, "/projects/other/secrets/PLACE", Some(secret))
        .await
        .done();
    let server = "connector: postgres, host: h, user: u, database: d";
    let with = |keys: &str| copying("").replace("connector: sqlite, path: from.db", keys);
    for (file, code) in [
        (
            with("connector: sqlite, path: \"${HOME}/from.db\""),
            "config.unset_variable",
        ),
        (
            with("connector: sqlite, path: ../home/agent.token"),
            "config.invalid_value",
        ),
        (with(&format!("{server}, password: hunter2")), "config.invalid_value"),
        (
            with(&format!("{server}, password: secret://PLACE")),
            "config.unknown_secret",
        ),
        ("version: 1\nconnections: [".to_owned(), "config.syntax"),
    ] {
        for (place, rest) in [
            ("check", json!({ "connection": "from" })),
            ("discover", json!({ "connection": "from" })),
            ("preview", json!({ "sync": "copy", "stream": "t" })),
            ("plan", json!({ "sync": "copy" })),
        ] {
            let mut body = rest;
            body["file"] = json!(file);
            let answer = agent
                .ask(Method::POST, &format!("/projects/new/draft/{place}"), Some(body))
                .await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (422, code),
                "{place} of {file}: {:#}",
                answer.body
            );
        }
    }
    for (place, body) in [
        ("check", json!({ "file": copying(""), "connection": "form" })),
        ("preview", json!({ "file": copying(""), "sync": "copi", "stream": "t" })),
    ] {
        let answer = agent
            .ask(Method::POST, &format!("/projects/new/draft/{place}"), Some(body))
            .await;
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "config.unknown_name"));
        assert!(
            answer.body["errors"][0]["help"]
                .as_str()
                .unwrap()
                .contains("did you mean")
        );
    }
    let job = begin(
        &agent,
        "/projects/new/draft/preview",
        Some(json!({ "file": copying(""), "sync": "copy", "stream": "none" })),
    )
    .await;
    assert_eq!(
        (&job["version"], &over(&agent, &job).await["state"]),
        (&json!(0), &json!("failed"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_say_where_they_are_used_and_not_where_they_lead() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    let file = copying("").replace("from.db }", "from.db, max_streams: 2 }");
    let file = format!("{file}environments:\n  dev: {{ connections: {{ to: {{ path: dev.db }} }} }}\n");
    agent.push("shop", &file, None).await.done();
    let told = agent.get("/projects/shop/connections").await.done();
    assert_eq!(
        told,
        json!([
            { "name": "from", "connector": "sqlite", "max_streams": 2, "environments": [],
              "used_by": [{ "sync": "copy", "side": "source", "streams": 1 }] },
            { "name": "to", "connector": "sqlite", "environments": ["dev"],
              "used_by": [{ "sync": "copy", "side": "destination", "streams": 1 }] },
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_explained_before_it_is_pushed() {
    let agent = Agent::start("").await;
    let explain = async |schedule: &str, count: &str| {
        let query = reqwest::Url::parse_with_params("http://a/", [("schedule", schedule), ("count", count)]).unwrap();
        agent.get(&format!("/schedules/next?{}", query.query().unwrap())).await
    };
    let told = explain("{\"cron\":\"0 3 * * *\",\"timezone\":\"Europe/Berlin\"}", "5")
        .await
        .done();
    assert!(told["runs"].as_str().unwrap().contains("03:00"), "{told:#}");
    let next = told["next"].as_array().unwrap();
    assert!(
        next.len() == 5 && next[0]["at"].as_str() < next[4]["at"].as_str(),
        "{told:#}"
    );
    let after = explain("{\"after\":\"other\"}", "5").await.done();
    assert_eq!(after["next"], json!([]));
    for (schedule, count) in [
        ("{\"cron\":\"0 3 * *\"}", "5"),
        ("{\"cron\":\"0 3 * * *\",\"every\":\"5m\"}", "5"),
        ("{\"cron\":\"0 3 * * *\",\"timezone\":\"Mars\"}", "5"),
        ("{\"corn\":\"0 3 * * *\"}", "5"),
        ("0 3 * * *", "5"),
        ("{}", "5"),
        ("{\"every\":\"5m\"}", "101"),
    ] {
        let answer = explain(schedule, count).await;
        assert_eq!(answer.status.as_u16(), 422, "{schedule} {count}: {:#}", answer.body);
    }
}
