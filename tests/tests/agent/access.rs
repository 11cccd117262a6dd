//! Who may ask, and what is never answered.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use syncapp_tests::agent::Agent;
use syncapp_tests::syncapp::Syncapp;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_without_the_token() {
    let agent = Agent::start("").await;
    let routes = [
        (Method::GET, "/api/v1/projects"),
        (Method::GET, "/api/v1/projects/shop"),
        (Method::PUT, "/api/v1/projects/shop"),
        (Method::GET, "/api/v1/projects/shop/secrets"),
        (Method::PUT, "/api/v1/projects/shop/secrets/password"),
        (Method::DELETE, "/api/v1/projects/shop/secrets/password"),
        (Method::GET, "/api/v1/projects/shop/syncs"),
        (Method::POST, "/api/v1/projects/shop/syncs/copy/runs"),
        (Method::POST, "/api/v1/projects/shop/syncs/copy/pause"),
        (Method::POST, "/api/v1/projects/shop/syncs/copy/resume"),
        (Method::GET, "/api/v1/projects/shop/versions"),
        (Method::GET, "/api/v1/projects/shop/versions/1"),
        (Method::POST, "/api/v1/projects/shop/versions/1/restore"),
        (Method::GET, "/api/v1/projects/shop/schedules"),
        (Method::GET, "/api/v1/projects/shop/syncs/copy/next"),
        (Method::GET, "/api/v1/projects/shop/syncs/copy/ticks"),
        (Method::POST, "/api/v1/projects/shop/syncs/copy/preview"),
        (Method::POST, "/api/v1/projects/shop/syncs/copy/plan"),
        (Method::POST, "/api/v1/projects/shop/syncs/copy/verify"),
        (Method::POST, "/api/v1/projects/shop/syncs/copy/reset"),
        (Method::POST, "/api/v1/projects/shop/syncs/copy/hook"),
        (Method::POST, "/api/v1/projects/shop/syncs/copy/hook/key"),
        (Method::POST, "/api/v1/projects/shop/connections/from/check"),
        (Method::POST, "/api/v1/projects/shop/connections/from/discover"),
        (Method::GET, "/api/v1/projects/shop/jobs/x"),
        (Method::DELETE, "/api/v1/projects/shop/jobs/x"),
        (Method::POST, "/api/v1/runs/x/undo"),
        (Method::GET, "/api/v1/connectors"),
        (Method::GET, "/api/v1/runs"),
        (Method::GET, "/api/v1/runs/x"),
        (Method::GET, "/api/v1/runs/x/events"),
        (Method::POST, "/api/v1/runs/x/cancel"),
        (Method::POST, "/api/v1/runs/x/retry"),
        (Method::GET, "/api"),
        (Method::GET, "/api/v1//projects"),
        (Method::GET, "/api/v1/projects;x"),
        (Method::GET, "/api/v1/%70rojects"),
        (Method::GET, "/api/v1/runs/../projects"),
    ];
    let client = Client::new();
    let token = agent.token();
    let wrong = [None, Some("Bearer "), Some("Bearer x"), Some("Basic eDp4")].map(|shown| shown.map(str::to_owned));
    let near = [
        format!("Bearer {}", &token[1..]),
        format!("Bearer {token}x"),
        token.clone(),
        format!("Token {token}"),
    ];
    for shown in wrong.into_iter().chain(near.map(Some)) {
        for (method, path) in &routes {
            let mut request = client.request(method.clone(), format!("{}{path}", agent.url()));
            if let Some(shown) = &shown {
                request = request.header("authorization", shown);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(
                answer.status(),
                StatusCode::UNAUTHORIZED,
                "{method} {path} with {shown:?}"
            );
            let body: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(body["code"], "agent.unauthenticated", "{method} {path}");
        }
    }
    let path = agent.syncapp().home().join("agent.token");
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!agent.syncapp().said().contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_requests_are_problems() {
    let agent = Agent::start("").await;
    let big = "x".repeat(8 << 20);
    let long = "x".repeat(300);
    for (method, path, body, status, code) in [
        (Method::GET, "/nothing", None, 404, "config.unknown_name"),
        (Method::DELETE, "/projects", None, 405, "config.invalid_value"),
        (Method::GET, "/projects/none", None, 404, "config.unknown_name"),
        (Method::GET, "/projects/none/syncs", None, 404, "config.unknown_name"),
        (Method::GET, "/runs/none", None, 404, "config.unknown_name"),
        (Method::GET, "/runs/none/events", None, 404, "config.unknown_name"),
        (
            Method::POST,
            "/runs/0192d3a0-0000-7000-8000-000000000000/cancel",
            None,
            404,
            "config.unknown_name",
        ),
        (
            Method::POST,
            "/runs/0192d3a0-0000-7000-8000-000000000000/retry",
            None,
            404,
            "config.unknown_name",
        ),
        (
            Method::POST,
            "/projects/none/syncs/s/runs",
            Some(json!({})),
            404,
            "config.unknown_name",
        ),
        (
            Method::POST,
            "/projects/none/syncs/s/runs",
            Some(json!({ "stream": [] })),
            422,
            "config.invalid_value",
        ),
        (Method::GET, "/runs?limit=0", None, 422, "config.invalid_value"),
        (Method::GET, "/runs?limit=x", None, 400, "config.invalid_value"),
        (Method::GET, "/runs?state=odd", None, 422, "config.invalid_value"),
        (Method::GET, "/runs?sync=s", None, 422, "config.invalid_value"),
        (Method::GET, "/runs?after=1", None, 422, "config.invalid_value"),
        (
            Method::PUT,
            "/projects/shop",
            Some(json!({ "file": "" })),
            422,
            "config.missing_key",
        ),
        (
            Method::PUT,
            "/projects/shop",
            Some(json!({ "file": big })),
            413,
            "config.invalid_value",
        ),
    ] {
        let answer = agent.ask(method.clone(), path, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (status, code),
            "{method} {path}: {:#}",
            answer.body
        );
        let help = answer.body["errors"][0]["help"].as_str();
        assert!(
            help.is_some_and(|help| !help.is_empty()),
            "{method} {path}: {:#}",
            answer.body
        );
    }
    let keyed = agent
        .try_ask(
            Method::POST,
            "/projects/none/syncs/s/runs",
            Some(json!({})),
            Some(&long),
        )
        .await
        .unwrap();
    assert_eq!(keyed.status.as_u16(), 422);
}

const TOKEN: &str = "b1f7c2f08c39d6b4a8e90d35f2c7e614";

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_could_be_guessed_does_not_start() {
    for (settings, token, expected) in [
        ("", Some("short"), "could be guessed"),
        ("listen = \"0.0.0.0:0\"", None, "has no token"),
        ("listen = \"0.0.0.0:0\"", Some(TOKEN), "has no master key"),
        ("master_key = \"c2hvcnQ=\"", None, "has 5 bytes"),
        (
            "master_key = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"",
            None,
            "repeats itself",
        ),
        (
            "master_key = \"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"",
            None,
            "common word",
        ),
        ("master_key = \"file:nowhere\"", None, "cannot be read"),
        ("master_key = \"file:agent.toml\"", None, "others may read"),
        ("master_key = \"keyring:\"", None, "`master_key` cannot be understood"),
        ("database = \"postgres://nobody@127.0.0.1:1/x\"", None, "has no token"),
        ("roles = [\"api\"]", None, "needs a queue"),
        ("variables = [\"SYNCAPP_MASTER_KEY\"]", None, "none of SyncApp's own"),
        ("slot = 1", None, "did you mean `slots`?"),
        ("hooks = \"short\"", None, "could be guessed"),
        (
            "keep = \"5m\"\nhooks = \"01234567890123456789012345678901\"",
            None,
            "before a webhook's signature is too old",
        ),
        ("", Some("changeme-changeme-changeme-changeme"), "could be guessed"),
        (
            "database = \"postgres://nobody@127.0.0.1:1/x\"",
            Some("0123456789abcdef0123456789abcdef"),
            "could be guessed",
        ),
        (
            "listen = \"0.0.0.0:0\"",
            Some("1111111111111111111111111111111111"),
            "could be guessed",
        ),
        ("allow = [\"10.0.0.1/8\"]", None, "`allow` cannot be understood"),
        (
            "trusted_proxies = [\"nginx\"]",
            None,
            "`trusted_proxies` cannot be understood",
        ),
        ("session_idle = \"0s\"", None, "`session_idle` cannot be understood"),
        ("session_life = \"1y\"", None, "`session_life` cannot be understood"),
        ("audit_key_file = \"none\"", None, "the audit log's key cannot be read"),
        (
            "oidc_issuer = \"http://id.example\"",
            None,
            "`oidc_issuer` cannot be understood",
        ),
        (
            "oidc_issuer = \"https://id.example\"",
            None,
            "a part of what is needed for a provider is missing",
        ),
        (
            "oidc_groups = \"groups\"",
            None,
            "a part of what is needed for a provider is missing",
        ),
        (
            "oidc_roles = [\"staff=owner\"]",
            None,
            "`oidc_roles` cannot be understood",
        ),
    ] {
        let mut syncapp = Syncapp::default();
        if let Some(token) = token {
            syncapp.set("SYNCAPP_TOKEN", token);
        }
        syncapp.file("agent.toml", settings);
        let ended = syncapp.run(&["agent", "--config", "agent.toml"]).await;
        assert!(ended.output.contains(expected), "{settings}: {}", ended.output);
        assert_eq!(ended.code, Some(2), "{settings}: {}", ended.output);
    }
}

/// Nobody keeps this agent reading who has not said who it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_of_somebody_unknown_is_not_read() {
    let agent = Agent::start("").await;
    let post = |path: &str, length: usize, sent: usize| {
        format!(
            "POST /api/v1{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: \
             {length}\r\n\r\n{}",
            "x".repeat(sent)
        )
    };
    for path in ["/session", "/first-admin", "/projects/p/syncs/s/hook"] {
        // It is answered before any of it was sent; what is little is read, so that its sender hears the answer.
        assert_eq!(agent.raw(&post(path, 2 << 20, 0)).await, 413, "{path}");
        assert_eq!(agent.raw(&post(path, 512 << 10, 512 << 10)).await, 413, "{path}");
        let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", 65 << 10, "x".repeat(65 << 10));
        let chunked = format!(
            "POST /api/v1{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: \
             chunked\r\n\r\n{chunk}"
        );
        assert_eq!(agent.raw(&chunked).await, 413, "{path}");
    }
    // Nor is what nobody asks for: who it is, is asked first.
    assert_eq!(agent.raw(&post("/projects/p/syncs/s/runs", 2 << 20, 0)).await, 401);
}
