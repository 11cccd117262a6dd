//! Users, sessions and tokens.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{Client, Method};
use serde_json::{Value as Json, json};
use syncapp_tests::agent::{Agent, Answer};

use super::runs::slow;

pub(super) const PASSWORD: &str = "canary correct horse battery";

/// The token that an agent has printed for its first admin.
fn invitation(agent: &Agent) -> Option<String> {
    let said = agent.syncapp().said();
    let line = said
        .lines()
        .rfind(|line| line.contains("makes the first admin: "))?
        .to_owned();
    line.rsplit(' ').next().map(str::to_owned)
}

pub(super) async fn add(agent: &Agent, name: &str, roles: Json) {
    let user = json!({ "name": name, "password": PASSWORD, "roles": roles });
    agent.ask(Method::POST, "/users", Some(user)).await.done();
}

pub(super) async fn enter(agent: &Agent, name: &str, password: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({ "name": name, "password": password });
    agent.with(Method::POST, "/session", headers, Some(body)).await
}

/// The cookie of somebody who has signed in, and what a page shows besides.
pub(super) fn kept(answer: Answer) -> (String, String) {
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    let page = answer.done()["csrf_token"].as_str().unwrap().to_owned();
    (cookie.split(';').next().unwrap().to_owned(), page)
}

pub(super) async fn me(agent: &Agent, cookie: &str) -> Answer {
    agent.with(Method::GET, "/me", &[("cookie", cookie)], None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_is_made_once() {
    let mut agent = Agent::start("").await;
    let before = invitation(&agent).expect("there is no user yet");
    agent.stop().await;
    agent.start_again().await;
    let token = invitation(&agent).expect("there is no user yet");
    let begin = |token: String, number: usize| {
        let body = json!({ "token": token, "name": format!("Admin{number}"), "password": PASSWORD });
        agent.with(Method::POST, "/first-admin", &[], Some(body))
    };
    assert_eq!(begin("0".repeat(64), 9).await.status, 401);
    let tokens = [before, token.clone()];
    let begun = join_all((0..8).map(|number| begin(tokens[number % 2].clone(), number))).await;
    let statuses: Vec<u16> = begun.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses.iter().all(|status| [201, 401].contains(status)),
        "{statuses:?}"
    );
    let name = format!("admin{}", statuses.iter().position(|status| *status == 201).unwrap());
    let (cookie, _) = kept(enter(&agent, &name, PASSWORD, &[]).await);
    let told = me(&agent, &cookie).await.done();
    assert_eq!(
        (&told["name"], &told["roles"]),
        (&json!(name), &json!([{ "role": "admin" }]))
    );
    agent.stop().await;
    agent.start_again().await;
    let body = json!({ "token": token, "name": "late", "password": PASSWORD });
    assert_eq!(
        agent.with(Method::POST, "/first-admin", &[], Some(body)).await.status,
        401
    );
    assert_eq!(
        agent.syncapp().said().matches("makes the first admin").count(),
        0,
        "there is a user now"
    );
    assert_eq!(me(&agent, &cookie).await.status, 200, "a session outlives the agent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_for_pages_of_the_agent() {
    let agent = Agent::start("").await;
    add(&agent, "ada", json!([{ "role": "admin" }])).await;
    let entered = enter(&agent, "ADA", PASSWORD, &[]).await;
    let set = entered.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in [
        "__Host-syncapp=",
        "; Path=/",
        "; Secure",
        "; HttpOnly",
        "; SameSite=Strict",
        "; Max-Age=43200",
    ] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    let (cookie, page) = kept(entered);
    assert_eq!(me(&agent, &cookie).await.done()["csrf_token"], json!(page));
    let make = json!({ "name": "ci", "role": "viewer" });
    let token = ("x-csrf-token", page.as_str());
    let own = agent.url().to_owned();
    for (headers, status) in [
        (vec![], 403),
        (vec![("x-csrf-token", "x")], 403),
        (vec![token, ("origin", "https://evil.example")], 403),
        (vec![token, ("origin", "null")], 403),
        (vec![token, ("sec-fetch-site", "cross-site")], 403),
        (vec![token, ("sec-fetch-site", "same-site")], 403),
        (vec![token, ("origin", own.as_str())], 201),
        (vec![token, ("sec-fetch-site", "same-origin")], 201),
        (vec![token], 201),
    ] {
        let mut all = vec![("cookie", cookie.as_str())];
        all.extend(&headers);
        let answer = agent.with(Method::POST, "/tokens", &all, Some(make.clone())).await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.body);
    }
    let foreign = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(agent.with(Method::GET, "/me", &foreign, None).await.status, 403);
    let forced = enter(&agent, "ada", PASSWORD, &[("origin", "https://evil.example")]).await;
    assert_eq!(forced.status, 403, "nobody is signed in by another site");

    let again = enter(&agent, "ada", PASSWORD, &[("cookie", &cookie)]).await;
    let (newer, page) = kept(again);
    assert_ne!(newer, cookie);
    assert_eq!(me(&agent, &cookie).await.status, 401, "the one before is over");
    let planted = enter(&agent, "ada", PASSWORD, &[("cookie", "__Host-syncapp=0123")]).await;
    assert_ne!(kept(planted).0, "__Host-syncapp=0123");
    let all = [("cookie", newer.as_str()), ("x-csrf-token", page.as_str())];
    let left = agent.with(Method::DELETE, "/session", &all, None).await;
    assert_eq!(left.status, 204);
    assert!(left.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(me(&agent, &newer).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_user_its_password_and_its_time() {
    let agent = Agent::start("session_idle = \"1s\"\nsession_life = \"4s\"").await;
    add(&agent, "ada", json!([])).await;
    add(&agent, "bob", json!([])).await;
    let (cookie, _) = kept(enter(&agent, "ada", PASSWORD, &[]).await);
    assert_eq!(me(&agent, &cookie).await.status, 200);
    agent.ask(Method::POST, "/users/ada/disable", None).await.done();
    assert_eq!(me(&agent, &cookie).await.status, 401);
    assert_eq!(enter(&agent, "ada", PASSWORD, &[]).await.status, 401);
    agent.ask(Method::POST, "/users/ada/enable", None).await.done();
    assert_eq!(me(&agent, &cookie).await.status, 401, "it stays over");
    let (cookie, page) = kept(enter(&agent, "ada", PASSWORD, &[]).await);
    let all = [("cookie", cookie.as_str()), ("x-csrf-token", page.as_str())];
    let wrong = json!({ "old": "x", "new": "another long one" });
    assert_eq!(
        agent.with(Method::PUT, "/me/password", &all, Some(wrong)).await.status,
        422
    );
    let weak = json!({ "old": PASSWORD, "new": "short" });
    assert_eq!(
        agent.with(Method::PUT, "/me/password", &all, Some(weak)).await.status,
        422
    );
    let right = json!({ "old": PASSWORD, "new": "another long one" });
    assert_eq!(
        agent.with(Method::PUT, "/me/password", &all, Some(right)).await.status,
        204
    );
    assert_eq!(me(&agent, &cookie).await.status, 401);
    assert_eq!(enter(&agent, "ada", PASSWORD, &[]).await.status, 401);

    let (used, _) = kept(enter(&agent, "ada", "another long one", &[]).await);
    let (unused, _) = kept(enter(&agent, "bob", PASSWORD, &[]).await);
    let begun = Instant::now();
    while me(&agent, &used).await.status == 200 {
        assert!(begun.elapsed() < Duration::from_mins(1), "a session ends");
        if begun.elapsed() > Duration::from_secs(2) {
            assert_eq!(me(&agent, &unused).await.status, 401, "it was not used");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        begun.elapsed() > Duration::from_secs(2),
        "it was in use: {:?}",
        begun.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_whoever_listens() {
    let (agent, _database) = slow(60, "").await;
    let run = agent.run("p", "slow").await;
    let path = format!("{}/api/v1/runs/{run}/events", agent.url());
    add(&agent, "ada", json!([{ "role": "viewer", "project": "p" }])).await;
    let (cookie, _) = kept(enter(&agent, "ada", PASSWORD, &[]).await);
    let token = agent.make_token("viewer", Some("p")).await;
    let listens = |header: &'static str, value: String| {
        let request = Client::new().get(&path).header(header, value);
        async move { request.send().await.unwrap() }
    };
    let mut user = listens("cookie", cookie).await;
    let mut program = listens("authorization", format!("Bearer {token}")).await;
    let mut admin = listens("authorization", format!("Bearer {}", agent.token())).await;
    for stream in [&mut user, &mut program, &mut admin] {
        assert_eq!(stream.status(), 200);
        assert!(stream.chunk().await.unwrap().is_some());
    }
    // What the user may changes, and the token goes.
    let none = json!({ "roles": [] });
    agent.ask(Method::PUT, "/users/ada/roles", Some(none)).await.done();
    let id = agent.get("/tokens").await.done()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        agent.ask(Method::DELETE, &format!("/tokens/{id}"), None).await.status,
        204
    );
    let ends = async |stream: &mut reqwest::Response| while stream.chunk().await.unwrap().is_some() {};
    let both = async {
        ends(&mut user).await;
        ends(&mut program).await;
    };
    tokio::time::timeout(Duration::from_secs(20), both)
        .await
        .expect("they end");
    assert_eq!(agent.get(&format!("/runs/{run}")).await.done()["state"], "running");
    agent
        .ask(Method::POST, &format!("/runs/{run}/cancel"), None)
        .await
        .done();
    ends(&mut admin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_limited_and_nobody_is_locked_out() {
    let agent = Agent::start("").await;
    add(&agent, "ada", json!([])).await;
    let mut answers = Vec::new();
    let mut took = [Duration::MAX; 2];
    for number in 0..9 {
        let name = if number % 2 == 0 { "ada" } else { "nobody-of-that-name" };
        let begun = Instant::now();
        let answer = enter(&agent, name, "a wrong password", &[]).await;
        took[number % 2] = took[number % 2].min(begun.elapsed());
        let mut body = answer.body;
        body.as_object_mut().unwrap().remove("request_id");
        answers.push((answer.status.as_u16(), body));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(answers[0].0, 401);
    assert!(took[1] > took[0] / 2, "an unknown user takes as long: {took:?}");
    let mut limited = None;
    for _ in 0..10 {
        let answer = enter(&agent, "ada", "a wrong password", &[]).await;
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.expect("there were too many");
    let wait: u64 = limited.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=901).contains(&wait), "{wait}");
    assert_eq!(limited.code(), "agent.too_many_requests");
    assert_eq!(
        enter(&agent, "ada", PASSWORD, &[]).await.status,
        429,
        "also with the right one"
    );
    // Somebody else who guesses does not keep her out.
    let elsewhere = Client::builder()
        .local_address("127.0.0.2".parse::<std::net::IpAddr>().unwrap())
        .build()
        .unwrap();
    let body = json!({ "name": "ada", "password": PASSWORD });
    let entered = elsewhere
        .post(format!("{}/api/v1/session", agent.url()))
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(entered.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_told_once_and_ends_with_its_owner() {
    let agent = Agent::start("").await;
    add(&agent, "ada", json!([{ "role": "admin" }])).await;
    let (cookie, page) = kept(enter(&agent, "ada", PASSWORD, &[]).await);
    let all = [("cookie", cookie.as_str()), ("x-csrf-token", page.as_str())];
    let body = json!({ "name": "ci", "role": "operator" });
    let made = agent.with(Method::POST, "/tokens", &all, Some(body)).await.done();
    let text = made["token"].as_str().unwrap();
    assert!(
        text.starts_with("syncapp_") && text.len() == "syncapp_".len() + 64,
        "{made}"
    );
    let header = format!("Bearer {text}");
    let use_it = async || {
        agent
            .with(Method::GET, "/me", &[("authorization", &header)], None)
            .await
    };
    let told = use_it().await.done();
    assert_eq!(
        told,
        json!({ "kind": "token", "name": "ci", "roles": [{ "role": "operator" }] })
    );
    let listed = agent.get("/tokens").await.done();
    assert!(!listed.to_string().contains(text), "{listed}");
    assert!(listed["items"][0]["last_used_at"].is_string(), "{listed}");
    agent.ask(Method::POST, "/users/ada/disable", None).await.done();
    assert_eq!(use_it().await.status, 401);
    agent.ask(Method::POST, "/users/ada/enable", None).await.done();
    assert_eq!(use_it().await.status, 200);
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        agent.ask(Method::DELETE, &format!("/tokens/{id}"), None).await.status,
        204
    );
    assert_eq!(use_it().await.status, 401);
    let users = agent.get("/users").await.done().to_string();
    let log = agent.get("/audit").await.done().to_string();
    let mut kept = agent.syncapp().said();
    for file in ["syncapp.db", "syncapp.db-wal"] {
        kept += &String::from_utf8_lossy(&std::fs::read(agent.syncapp().home().join(file)).unwrap());
    }
    for secret in [
        text,
        PASSWORD,
        page.as_str(),
        cookie.split_once('=').unwrap().1,
        agent.token().as_str(),
    ] {
        assert!(
            !kept.contains(secret) && !users.contains(secret) && !log.contains(secret),
            "{secret}"
        );
    }
    assert!(!users.contains("argon2") && !log.contains("argon2"));
}
