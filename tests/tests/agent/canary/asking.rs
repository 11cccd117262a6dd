//! What people and programs ask of an agent, each with a secret or about one.

use reqwest::{Client, Method};
use serde_json::json;
use syncapp_tests::fleet::Fleet;

use super::canaries::Canaries;
use super::project::Project;
use crate::agent::jobs::{begin, over};

/// Signs in, and does what people do; what they show is known afterwards.
pub(super) async fn people(fleet: &Fleet, canaries: &Canaries) {
    let agent = &fleet.members[0];
    let password = canaries.make("password");
    let body = json!({ "name": "ada", "password": password, "roles": [{ "role": "admin" }] });
    agent.ask(Method::POST, "/users", Some(body)).await.done();
    let wrong = json!({ "name": "ada", "password": canaries.make("wrong password") });
    assert_eq!(
        agent
            .with(Method::POST, "/session", &[], Some(wrong))
            .await
            .status
            .as_u16(),
        401
    );
    let right = json!({ "name": "ada", "password": password });
    let entered = agent.with(Method::POST, "/session", &[], Some(right)).await;
    let cookie = entered.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    canaries.know("session", cookie.split_once('=').unwrap().1);
    let page = canaries.know("page token", entered.body["csrf_token"].as_str().unwrap());
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", page.as_str())];
    let body = json!({ "old": password, "new": canaries.make("new password") });
    let changed = agent.with(Method::PUT, "/me/password", &headers, Some(body)).await;
    assert_eq!(changed.status.as_u16(), 204);
    let token = agent.make_token("viewer", None).await;
    canaries.know("api token", &token);
    let shown = format!("Bearer {token}");
    agent
        .with(Method::GET, "/me", &[("authorization", &shown)], None)
        .await
        .done();
    let forged = format!("Bearer {}", canaries.make("forged token"));
    let refused = agent
        .with(Method::GET, "/me", &[("authorization", &forged)], None)
        .await;
    assert_eq!(refused.status.as_u16(), 401);
    let forged = format!("__Host-syncapp={}", canaries.make("forged session"));
    let refused = agent.with(Method::GET, "/me", &[("cookie", &forged)], None).await;
    assert_eq!(refused.status.as_u16(), 401);
    let first = json!({ "token": canaries.make("forged invitation"), "name": "eve", "password": canaries.make("eve's password") });
    assert_eq!(
        agent
            .with(Method::POST, "/first-admin", &[], Some(first))
            .await
            .status
            .as_u16(),
        401
    );
    // The provider is not there.
    let sign_on = Client::new()
        .get(format!("{}/api/v1/sign-on", agent.url()))
        .send()
        .await
        .unwrap();
    assert!(!sign_on.status().is_success());
    let key = agent
        .ask(Method::POST, "/projects/shop/syncs/good/hook/key", None)
        .await
        .done();
    canaries.know("webhook key", key["key"].as_str().unwrap());
    let forged = [("syncapp-signature", "t=1,n=0123456789abcdef,v1=00")];
    let refused = agent
        .with(Method::POST, "/projects/shop/syncs/good/hook", &forged, Some(json!({})))
        .await;
    assert_eq!(refused.status.as_u16(), 401);
}

/// All that can be asked about a project, its runs and its jobs.
pub(super) async fn told(fleet: &Fleet, project: &Project, runs: &[String]) -> Vec<u8> {
    let agent = &fleet.members[0];
    let mut told = Vec::new();
    let mut paths: Vec<String> = [
        "/projects",
        "/projects/shop",
        "/projects/shop/versions/1",
        "/projects/shop/connections",
        "/projects/shop/secrets",
        "/projects/shop/syncs",
        "/runs",
        "/users",
        "/tokens",
        "/workers",
        "/queues",
        "/audit?limit=200",
    ]
    .map(str::to_owned)
    .into();
    for run in runs {
        paths.extend([format!("/runs/{run}"), format!("/runs/{run}/logs")]);
    }
    for path in paths {
        told.extend(agent.get(&path).await.done().to_string().into_bytes());
    }
    let mut jobs = Vec::new();
    for connection in project.names().chain(["to"]) {
        let place = format!("/projects/shop/connections/{connection}");
        jobs.push((format!("{place}/check"), None));
        jobs.push((format!("{place}/discover"), Some(json!({}))));
    }
    for sync in ["good", "wrong", "key", "mysql", "mysql_wrong"] {
        let place = format!("/projects/shop/syncs/{sync}");
        jobs.push((
            format!("{place}/preview"),
            Some(json!({ "stream": project.stream(sync) })),
        ));
        jobs.push((format!("{place}/plan"), Some(json!({}))));
        jobs.push((format!("{place}/verify"), Some(json!({}))));
        jobs.push((format!("{place}/rejects"), Some(json!({}))));
        jobs.push((format!("{place}/rejects/replay"), Some(json!({}))));
    }
    for (path, body) in jobs {
        let job = begin(agent, &path, body).await;
        told.extend(over(agent, &job).await.to_string().into_bytes());
    }
    told
}
