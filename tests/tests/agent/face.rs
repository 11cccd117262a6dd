//! What all answers have in common: names, tags, limits, and the description.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Response};
use serde_json::{Value as Json, json};
use syncapp_tests::agent::Agent;

use super::copying;

/// Asks with headers of one's own.
async fn ask(agent: &Agent, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Json>) -> Response {
    let mut request = Client::new()
        .request(method, format!("{}{path}", agent.url()))
        .bearer_auth(agent.token());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    request.send().await.unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_a_name() {
    let agent = Agent::start("").await;
    for (given, path) in [
        ("a-1", "/api/v1/projects"),
        ("b.2", "/api/v1/projects/none"),
        ("c_3", "/api/v1/nowhere"),
    ] {
        let answer = ask(&agent, Method::GET, path, &[("x-request-id", given)], None).await;
        assert_eq!(header(answer.headers(), "x-request-id"), given, "{path}");
        let failed = !answer.status().is_success();
        let body: Json = answer.json().await.unwrap();
        assert_eq!(body["request_id"] == given, failed, "{path}: {body:#}");
    }
    let mut made = Vec::new();
    for odd in ["a b", "<script>", ""] {
        let answer = ask(&agent, Method::GET, "/api/v1/runs", &[("x-request-id", odd)], None).await;
        made.push(header(answer.headers(), "x-request-id").to_owned());
    }
    assert!(made.iter().all(|name| name.len() == 36), "{made:?}");
    made.dedup();
    assert_eq!(made.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_its_tag() {
    let agent = Agent::start("").await;
    let path = "/api/v1/projects/shop";
    let push = async |condition: (&str, &str), schedule: &str| {
        let body = json!({ "file": copying(&format!("    schedule: {{ cron: \"{schedule}\" }}\n")) });
        let answer = ask(&agent, Method::PUT, path, &[condition], Some(body)).await;
        (answer.status().as_u16(), header(answer.headers(), "etag").to_owned())
    };
    assert_eq!(push(("if-match", "*"), "0 1 * * *").await.0, 412);
    assert_eq!(push(("if-none-match", "*"), "0 1 * * *").await, (200, "\"1\"".into()));
    assert_eq!(push(("if-none-match", "*"), "0 2 * * *").await.0, 412);
    assert_eq!(push(("if-match", "\"1\""), "0 2 * * *").await, (200, "\"2\"".into()));
    assert_eq!(push(("if-match", "\"1\""), "0 3 * * *").await.0, 412);
    for (known, status) in [("\"2\"", 304), ("\"1\"", 200), ("W/\"2\", \"7\"", 304)] {
        let answer = ask(&agent, Method::GET, path, &[("if-none-match", known)], None).await;
        assert_eq!(
            (answer.status().as_u16(), header(answer.headers(), "etag")),
            (status, "\"2\"")
        );
        assert_eq!(answer.bytes().await.unwrap().is_empty(), status == 304);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_refused() {
    let agent = Agent::start("requests_per_minute = 5").await;
    for left in (0..5).rev() {
        // Whoever guesses tokens is counted too.
        let answer = Client::new()
            .get(format!("{}/api/v1/runs", agent.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 401);
        assert_eq!(header(answer.headers(), "ratelimit-limit"), "5");
        assert_eq!(header(answer.headers(), "ratelimit-remaining"), left.to_string());
    }
    let answer = ask(
        &agent,
        Method::GET,
        "/api/v1/runs",
        &[("x-forwarded-for", "192.0.2.1")],
        None,
    )
    .await;
    assert_eq!(answer.status().as_u16(), 429);
    let (wait, reset) = (
        header(answer.headers(), "retry-after"),
        header(answer.headers(), "ratelimit-reset"),
    );
    assert!(
        wait == reset && (1..=60).contains(&wait.parse().unwrap()),
        "{wait} {reset}"
    );
    let body: Json = answer.json().await.unwrap();
    assert_eq!(body["code"], "agent.too_many_requests", "{body:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_for_everybody() {
    let agent = Agent::start("").await;
    let client = Client::new();
    let get = async |path: &str| client.get(format!("{}{path}", agent.url())).send().await.unwrap();
    let told: Json = get("/api/v1/openapi.json").await.json().await.unwrap();
    let kept: Json = serde_json::from_str(include_str!("../../../crates/api/openapi.json")).unwrap();
    assert!(told == kept, "the description is another one than the file");
    for (path, form) in [
        ("", "text/html"),
        ("/page.js", "text/javascript"),
        ("/page.css", "text/css"),
    ] {
        let answer = get(&format!("/api/docs{path}")).await;
        assert!(header(answer.headers(), "content-type").starts_with(form), "{path}");
        let policy = header(answer.headers(), "content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let text = answer.text().await.unwrap();
        assert!(!text.is_empty() && !text.contains("://"), "{path} names another place");
    }
}
