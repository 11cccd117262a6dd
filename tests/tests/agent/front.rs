//! The front door of a real agent, with whatever front end it was built with, or with none.

use std::collections::BTreeSet;

use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Client, Response};
use syncapp_tests::agent::Agent;
use syncapp_tests::server::nginx::Nginx;

async fn get(url: &str, path: &str) -> Response {
    Client::new().get(format!("{url}{path}")).send().await.unwrap()
}

fn header(headers: &HeaderMap, name: impl reqwest::header::AsHeaderName) -> &str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// Between two marks.
fn between<'a>(text: &'a str, before: &str, behind: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(behind)
        .unwrap_or_else(|| panic!("no {behind} in {rest}"))
        .0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_given_to_everybody_under_a_strict_policy() {
    let agent = Agent::start("").await;
    let mut nonces = BTreeSet::new();
    for path in ["/", "/index.html", "/?a=b"] {
        let answer = get(agent.url(), path).await;
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        let headers = answer.headers().clone();
        assert_eq!(header(&headers, "cache-control"), "no-cache");
        let text = answer.text().await.unwrap();
        let nonce = between(&text, "<meta name=\"csp-nonce\" content=\"", "\"").to_owned();
        let policy = header(&headers, "content-security-policy");
        let expected = format!(
            "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
             connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        );
        assert_eq!(policy, expected);
        assert_eq!(nonce.len(), 32);
        assert!(nonces.insert(nonce), "{path}: a nonce came twice");
        // All that it names is given, and nothing of it comes from elsewhere.
        assert!(!text.contains("://"), "{path} names another place: {text}");
        let named =
            ["src=\"", "href=\""].map(|mark| text.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap()));
        for named in named.into_iter().flatten() {
            let file = get(
                agent.url(),
                &format!("/{}", named.trim_start_matches("./").trim_start_matches('/')),
            )
            .await;
            assert_eq!(file.status().as_u16(), 200, "{named}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_strict_headers() {
    let agent = Agent::start("").await;
    for path in [
        "/",
        "/none.js",
        "/x/../y",
        "/api/docs",
        "/api/docs/page.js",
        "/api/v1/openapi.json",
        "/api/v1/runs",
        "/api/v1/none",
    ] {
        let answer = get(agent.url(), path).await;
        let headers = answer.headers();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(headers, name), value, "{path}");
        }
        let policy = header(headers, "content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        assert!(header(headers, "permissions-policy").contains("camera=()"), "{path}");
        assert!(
            headers.contains_key("x-request-id") && headers.contains_key("cache-control"),
            "{path}"
        );
        assert!(
            !headers.contains_key("strict-transport-security"),
            "{path} came without TLS"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_that_come_by_tls_are_told_to_come_by_it_alone() {
    let strict = HeaderName::from_static("strict-transport-security");
    for (settings, told) in [("trusted_proxies = [\"127.0.0.1\"]", true), ("", false)] {
        let agent = Agent::start(settings).await;
        let nginx = Nginx::before(agent.url().trim_start_matches("http://")).await;
        for path in ["/", "/api/v1/runs"] {
            let asked = Client::new().get(format!("{}{path}", nginx.url()));
            // The proxy hands on what it is given; one that ends TLS says so itself.
            let answer = asked.header("x-forwarded-proto", "https").send().await.unwrap();
            assert_eq!(answer.headers().contains_key(&strict), told, "{settings} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_spelling_of_a_path_is_there() {
    let agent = Agent::start("").await;
    for path in [
        "//",
        "/./",
        "/../",
        "/../../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..\\..\\windows",
        "/assets/",
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets//index.html",
        "/index.html/",
        "/index.html%00",
        "/index.html%00.js",
        "/INDEX.HTML",
        "/index.html;x",
        "/.env",
        "/.git/config.json",
        "/agent.toml.txt",
        "/API",
        "/API/v1/runs",
        "/%61pi/v1/runs",
        "//api/v1/runs",
        "/;/api/v1/runs",
        "/x/../api/v1/runs",
        "/none.js",
        "/none.css",
        "/none.html",
        "/runs/none.js.map",
    ] {
        for (method, takes) in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"]
            .map(|method| ["text/html", "*/*"].map(|takes| (method, takes)))
            .concat()
        {
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: a\r\nAccept: {takes}\r\nConnection: close\r\n\r\n");
            let status = agent.raw(&request).await;
            // A dot in front is a name like another, and may be a place in the page; so is a file's, for who goes there.
            let is_place = path == "/.env" || (path, takes) == ("/runs/none.js.map", "text/html");
            let is_given = is_place && ["GET", "HEAD"].contains(&method) && status == 200;
            assert!(
                status == 404 || status == 400 || is_given,
                "{method} {path} {takes}: {status}"
            );
        }
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(agent.raw(&request).await, 405, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_is_open_to_nobody_else_than_the_interface() {
    let agent = Agent::start("allow = [\"192.0.2.7\"]").await;
    assert_eq!(get(agent.url(), "/").await.status().as_u16(), 403);
    let agent = Agent::start("requests_per_minute = 2").await;
    for status in [200, 200, 429] {
        assert_eq!(get(agent.url(), "/").await.status().as_u16(), status);
    }
}
