//! Where requests come from: nobody names themselves but through a proxy that is trusted.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Client;
use serde_json::json;
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::server::nginx::Nginx;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

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

/// A host of IPv6 has a whole network of addresses, and takes another one for each try.
#[tokio::test(flavor = "multi_thread")]
async fn another_address_of_the_same_host_is_no_new_try() {
    let agent = Agent::start("trusted_proxies = [\"127.0.0.1\"]").await;
    let enter = async |address: String| {
        let request = Client::new().post(format!("{}/api/v1/session", agent.url()));
        let body = json!({ "name": "ada", "password": "a wrong password" });
        let answer = request.header(FORWARDED, address).json(&body).send().await.unwrap();
        answer.status().as_u16()
    };
    let mut statuses = Vec::new();
    for number in 0..12 {
        statuses.push(enter(format!("2001:db8:1:2:{number:x}::1")).await);
    }
    assert_eq!((statuses[0], statuses[11]), (401, 429), "{statuses:?}");
    assert_eq!(enter("2001:db8:1:3::1".into()).await, 401, "another network");
}

/// The status of each answer to these bytes, until the server ends the connection.
async fn answers(url: &str, bytes: &str) -> Vec<u16> {
    let mut server = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    server.write_all(bytes.as_bytes()).await.unwrap();
    let mut answered = Vec::new();
    let ended = timeout(Duration::from_mins(1), server.read_to_end(&mut answered)).await;
    let answered = String::from_utf8_lossy(&answered);
    // It may end the connection before all was read: that is an end as well.
    assert!(ended.is_ok(), "the connection stays open after {bytes}: {answered}");
    let answers = answered.split("HTTP/1.1 ").skip(1);
    answers.map(|answer| answer[..3].parse().unwrap()).collect()
}

/// What somebody hides behind the end of a request, by lengths that the proxy and the agent may read differently, is no request.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_two_lengths_is_one_or_none() {
    let agent = Agent::start(&format!("master_key = \"{}\"", master_key())).await;
    let nginx = before(&agent).await;
    let body = r#"{"name":"ada","password":"a wrong password"}"#;
    // The hidden request is one that changes something, and the last one: it is what ends a connection that goes on.
    let hidden = |name: &str| {
        let body = r#"{"value":"x"}"#;
        format!(
            "PUT /api/v1/projects/shop/secrets/{name} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer \
             {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            agent.token(),
            body.len()
        )
    };
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let request = |lengths: &str, name: &str| {
        let all = chunked.len() + hidden(name).len();
        let lengths = lengths
            .replace("ALL", &all.to_string())
            .replace("CHUNKS", &chunked.len().to_string());
        format!(
            "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{lengths}\r\n\r\n{chunked}{}",
            hidden(name)
        )
    };
    let both = "Content-Length: ALL\r\nTransfer-Encoding: chunked";
    assert_eq!(
        answers(&nginx.url(), &request(both, "hidden")).await,
        [400],
        "the proxy refuses it"
    );
    // Of a request of one length the next one is seen: what follows would see what is hidden.
    let plain = request("Transfer-Encoding: chunked", "seen");
    assert_eq!(answers(agent.url(), &plain).await, [401, 200]);
    for (lengths, expected) in [
        // It is read by its chunks, as RFC 9112 has it, and its connection ends with it.
        (both, [401]),
        ("Transfer-Encoding: chunked\r\nContent-Length: ALL", [401]),
        ("Transfer-Encoding: chunked\r\nContent-Length: CHUNKS", [401]),
        ("Content-Length: 0\r\nTransfer-Encoding: chunked", [401]),
        // Else it is none.
        ("Content-Length: CHUNKS\r\nContent-Length: ALL", [400]),
        ("Content-Length: CHUNKS, ALL", [400]),
        ("Content-Length: +CHUNKS", [400]),
        ("Content-Length: CHUNKS\r\nTransfer-Encoding: xchunked", [400]),
        ("Content-Length: CHUNKS\r\nTransfer-Encoding: chunked, identity", [400]),
        ("Content-Length: CHUNKS\r\nTransfer-Encoding : chunked", [400]),
        ("Content-Length: CHUNKS\r\n Transfer-Encoding: chunked", [400]),
    ] {
        let seen = answers(agent.url(), &request(lengths, "hidden")).await;
        assert_eq!(seen, expected, "{lengths}");
    }
    let secrets = agent.get("/projects/shop/secrets").await.done();
    let names: Vec<_> = secrets["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["seen"]);
}
