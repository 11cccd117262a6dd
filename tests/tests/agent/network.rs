//! Pushed files lead an agent nowhere that its operator does not allow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use syncapp_tests::agent::Agent;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::jobs::found;

/// Somebody on this machine who should hear of nobody.
pub(super) struct Canary {
    pub(super) port: u16,
    visits: Arc<AtomicUsize>,
    _listening: [AbortOnDropHandle<()>; 2],
}

impl Canary {
    /// Listens on all addresses of this machine, in both families.
    pub(super) async fn listen() -> Self {
        let v6 = TcpListener::bind("[::1]:0").await.expect("there is a free port");
        let port = v6.local_addr().unwrap().port();
        let v4 = TcpListener::bind(("0.0.0.0", port))
            .await
            .expect("the port is free in both families");
        let visits = Arc::<AtomicUsize>::default();
        let listening = [v6, v4].map(|listener| {
            let visits = visits.clone();
            AbortOnDropHandle::new(tokio::spawn(async move {
                while listener.accept().await.is_ok() {
                    visits.fetch_add(1, Ordering::Relaxed);
                }
            }))
        });
        Self {
            port,
            visits,
            _listening: listening,
        }
    }

    /// How often somebody came.
    pub(super) fn visits(&self) -> usize {
        self.visits.load(Ordering::Relaxed)
    }

    /// Waits until somebody has come.
    pub(super) async fn visited(&self) {
        let coming = async {
            while self.visits() == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let came = tokio::time::timeout(Duration::from_mins(1), coming).await;
        came.expect("somebody comes");
    }
}

/// A project whose syncs read from each of these hosts, by each way there is.
fn file(hosts: &[&str], port: u16) -> (String, Vec<String>) {
    let (mut connections, mut syncs, mut names) = (String::new(), String::new(), Vec::new());
    for (number, host) in hosts.iter().enumerate() {
        let server = format!("host: \"{host}\", port: {port}, user: u, database: d, tls: {{ mode: disable }}");
        let ssh = format!(
            "connector: postgres, host: db, user: u, database: d, ssh: {{ host: \"{host}\", port: {port}, user: u, password: \
             \"${{PASSWORD}}\", host_key: \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJgvQX9qYQ9rYkXn0Z8bY7cQy0yIh0dZ1mQmQn3m0u3T\" }}"
        );
        for (way, keys) in [
            ("pg", format!("connector: postgres, {server}")),
            ("my", format!("connector: mysql, {server}")),
            ("ssh", ssh),
        ] {
            let name = format!("{way}{number}");
            connections.extend(["  ", &name, ": { ", &keys, " }\n"]);
            let streams = "destination: to, streams: { d.t: { into: t } } }\n";
            syncs.extend(["  ", &name, ": { source: ", &name, ", ", streams]);
            names.push(name);
        }
    }
    let text =
        format!("version: 1\nconnections:\n  to: {{ connector: sqlite, path: to.db }}\n{connections}syncs:\n{syncs}");
    (text, names)
}

async fn agent(settings: &str) -> Agent {
    let mut syncapp = syncapp_tests::syncapp::Syncapp::default();
    syncapp.set("PASSWORD", "x");
    Agent::started_with(syncapp, &format!("variables = [\"PASSWORD\"]\nslots = 20\n{settings}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_trick_reaches_this_machine() {
    let canary = Canary::listen().await;
    let tricks = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f000001",
        "localhost",
        "0.0.0.0",
        "0",
        "::1",
        "[::1]",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "169.254.169.254",
        "fe80::1",
    ];
    let (text, names) = file(&tricks, canary.port);
    let agent = agent("network.private = \"deny\"").await;
    agent.push("tricks", &text, None).await.done();
    let mut runs = Vec::new();
    for name in &names {
        runs.push((name, agent.run("tricks", name).await));
    }
    for (name, run) in runs {
        let run = agent.over(&run).await;
        let error = &run["streams"][0]["error"];
        let why = error["text"].as_str().or(error["why"].as_str()).unwrap_or_default();
        assert!(why.contains("may not connect"), "{name}: {run:#}");
    }
    // Whoever only tests a connection, of a pushed file or of a draft, gets no further.
    for name in &names {
        let pushed = found(&agent, &format!("/projects/tricks/connections/{name}/check"), None).await;
        let draft = json!({ "file": text, "connection": name });
        let draft = found(&agent, "/projects/new/draft/check", Some(draft)).await;
        for checked in [pushed, draft] {
            let problem = checked["steps"][0]["problem"].to_string();
            assert!(problem.contains("may not connect"), "{name}: {checked:#}");
        }
    }
    assert_eq!(canary.visits(), 0, "somebody was reached");
}

/// What is link-local stays out of reach where private ranges are allowed; what the operator names is reached.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_allows_is_reached() {
    let canary = Canary::listen().await;
    let (text, names) = file(&["127.0.0.1"], canary.port);
    let allowing = agent("network.private = \"deny\"\nnetwork.allow = [\"127.0.0.1\"]").await;
    allowing.push("p", &text, None).await.done();
    for name in &names {
        let before = canary.visits();
        let run = allowing.run("p", name).await;
        let reached = async {
            while canary.visits() == before {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let reached = tokio::time::timeout(Duration::from_mins(1), reached).await;
        reached.unwrap_or_else(|_| panic!("{name} does not get there"));
        allowing
            .ask(reqwest::Method::POST, &format!("/runs/{run}/cancel"), None)
            .await
            .done();
    }
    let denying = agent("network.deny = [\"127.0.0.0/8\"]").await;
    let before = canary.visits();
    denying.push("p", &text, None).await.done();
    for name in &names {
        let run = denying.run("p", name).await;
        assert_eq!(denying.over(&run).await["state"], "failed");
    }
    assert_eq!(canary.visits(), before, "what is denied was reached");
}
