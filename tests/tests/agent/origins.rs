//! Where requests come from: nobody names themselves but through a proxy that is trusted.

use std::net::IpAddr;

use reqwest::Client;
use serde_json::json;
use syncapp_tests::agent::{Agent, raw};
use syncapp_tests::server::nginx::Nginx;

const FORWARDED: &str = "x-forwarded-for";

/// A client with this address.
fn at(address: &str) -> Client {
    Client::builder()
        .local_address(address.parse::<IpAddr>().unwrap())
        .build()
        .unwrap()
}

async fn before(agent: &Agent) -> Nginx {
    Nginx::before(agent.url().trim_start_matches("http://")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_holds_for_who_really_asks() {
    let trusting = "allow = [\"127.0.0.2\"]\ntrusted_proxies = [\"127.0.0.1\"]";
    let plain = "allow = [\"127.0.0.2\"]";
    for (settings, cases) in [
        // From where, whether through the proxy, what is forged, and whether it is let in.
        (
            trusting,
            [
                ("127.0.0.2", false, None, true),
                ("127.0.0.2", true, None, true),
                ("127.0.0.2", true, Some("127.0.0.3"), true),
                ("127.0.0.3", false, Some("127.0.0.2"), false),
                ("127.0.0.3", true, None, false),
                ("127.0.0.3", true, Some("127.0.0.2"), false),
                ("127.0.0.3", true, Some("127.0.0.2, 127.0.0.1"), false),
                ("127.0.0.1", false, None, false),
            ],
        ),
        (
            plain,
            [
                ("127.0.0.2", false, None, true),
                ("127.0.0.2", false, Some("127.0.0.3"), true),
                ("127.0.0.2", true, None, false),
                ("127.0.0.2", true, Some("127.0.0.2"), false),
                ("127.0.0.3", false, Some("127.0.0.2"), false),
                ("127.0.0.3", true, Some("127.0.0.2"), false),
                ("127.0.0.1", false, Some("127.0.0.2"), false),
                ("127.0.0.1", false, None, false),
            ],
        ),
    ] {
        let agent = Agent::start(settings).await;
        let nginx = before(&agent).await;
        for (from, through, forged, admitted) in cases {
            let url = if through { nginx.url() } else { agent.url().to_owned() };
            let mut request = at(from).get(format!("{url}/api/v1/me")).bearer_auth(agent.token());
            if let Some(forged) = forged {
                request = request.header(FORWARDED, forged);
            }
            let status = request.send().await.unwrap().status().as_u16();
            let expected = if admitted { 200 } else { 403 };
            assert_eq!(status, expected, "{settings}: {from} {through} {forged:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_address_is_no_new_try() {
    for settings in ["trusted_proxies = [\"127.0.0.1\"]", ""] {
        let agent = Agent::start(settings).await;
        let nginx = before(&agent).await;
        for (name, url) in [("ada", nginx.url()), ("bob", agent.url().to_owned())] {
            let mut statuses = Vec::new();
            for number in 0..12 {
                let request = at("127.0.0.3").post(format!("{url}/api/v1/session"));
                let body = json!({ "name": name, "password": "a wrong password" });
                let forged = format!("198.51.100.{number}");
                let answer = request.header(FORWARDED, forged).json(&body).send().await.unwrap();
                statuses.push(answer.status().as_u16());
            }
            assert_eq!(statuses[0], 401, "{settings} {url}: {statuses:?}");
            assert_eq!(statuses[11], 429, "{settings} {url}: {statuses:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_two_lengths_is_one_or_none() {
    let agent = Agent::start("").await;
    let nginx = before(&agent).await;
    let hidden = "GET /api/v1/me HTTP/1.1\r\nHost: a\r\n\r\n";
    let both = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}",
        5 + hidden.len()
    );
    assert_eq!(raw(&nginx.url(), &both).await, 400, "the proxy refuses it");
    let status = agent.raw(&both).await;
    assert!(
        [400, 415].contains(&status),
        "an empty body, and no second request: {status}"
    );
}
