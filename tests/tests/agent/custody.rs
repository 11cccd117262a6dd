//! A secret stays with the server that it was given for, until it is given again; and what an agent has for itself is no project's.

use reqwest::Method;
use serde_json::{Value as Json, json};
use syncapp_tests::agent::{Agent, Answer, master_key};
use syncapp_tests::syncapp::Syncapp;

use super::jobs::found;
use super::network::Canary;

const SECRET: &str = "/projects/shop/secrets/pw";

/// A project that reads from whoever listens at this port.
fn file(port: u16, keys: &str) -> String {
    let server = format!("connector: postgres, host: 127.0.0.1, port: {port}, user: u, database: d");
    format!(
        "version: 1\nconnections:\n  from: {{ {server}, tls: {{ mode: disable }}, password: \"secret://pw\"{keys} }}\n  \
         to: {{ connector: sqlite, path: to.db }}\nsyncs:\n  copy: {{ source: from, destination: to, streams: {{ s.t: {{ into: \
         t }} }} }}\n"
    )
}

async fn give(agent: &Agent) {
    let body = json!({ "value": "canary-pw" });
    agent.ask(Method::PUT, SECRET, Some(body)).await.done();
}

fn refused(answer: &Answer, what: &str) {
    let said = answer.body.to_string();
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (422, "vault.secret_elsewhere"),
        "{what}: {said}"
    );
    assert!(said.contains("syncapp secrets set pw --project shop"), "{what}: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_nowhere_else_until_it_is_given_again() {
    let (known, elsewhere) = (Canary::listen().await, Canary::listen().await);
    let agent = Agent::start(&keeping()).await;
    give(&agent).await;
    let push = async |text: &str, expected| agent.push("shop", text, expected).await;
    let draft = |text: &str| json!({ "file": text, "connection": "from" });
    let check = "/projects/shop/draft/check";

    push(&file(known.port, ""), None).await.done();
    found(&agent, check, Some(draft(&file(known.port, "")))).await;
    assert!(known.visits() > 0, "the server is reached at all");

    let moved = file(elsewhere.port, "");
    refused(&push(&moved, Some(1)).await, "a push");
    let dry = json!({ "file": moved, "expected_version": 1 });
    refused(
        &agent.ask(Method::PUT, "/projects/shop?dry_run=true", Some(dry)).await,
        "a dry run",
    );
    refused(&agent.ask(Method::POST, check, Some(draft(&moved))).await, "a draft");
    let way_round = file(
        known.port,
        &format!(
            ", ssh: {{ host: 127.0.0.1, port: {}, user: u, password: \"secret://pw\" }}",
            elsewhere.port
        ),
    );
    refused(
        &agent.ask(Method::POST, check, Some(draft(&way_round))).await,
        "another way there",
    );
    let beside = format!(
        "  beside: {{ connector: mysql, host: 127.0.0.1, port: {}, user: u, database: d, password: \"secret://pw\" }}\n  to:",
        elsewhere.port
    );
    let beside = file(known.port, "").replace("  to:", &beside);
    refused(&push(&beside, Some(1)).await, "a connection beside it");
    let overlaid = format!(
        "{}environments:\n  prod: {{ connections: {{ from: {{ port: {} }} }} }}\n",
        file(known.port, ""),
        elsewhere.port
    );
    refused(&push(&overlaid, Some(1)).await, "an environment");
    assert_eq!(elsewhere.visits(), 0, "somebody else was reached");

    // What does not say where may change, the connection's name too.
    let renamed = file(known.port, ", statement_timeout: 5s").replace("from", "shop");
    push(&renamed, Some(1)).await.done();
    give(&agent).await;
    found(&agent, check, Some(draft(&moved))).await;
    assert!(elsewhere.visits() > 0);
    push(&moved, Some(2)).await.done();
    let back = agent.ask(Method::POST, "/projects/shop/versions/1/restore", None).await;
    refused(&back, "the way back");
}

/// Somebody with a token of a role in the project.
struct Other<'a>(&'a Agent, String);

impl<'a> Other<'a> {
    async fn of(agent: &'a Agent, role: &str) -> Self {
        let token = agent.make_token(role, Some("shop")).await;
        Self(agent, format!("Bearer {token}"))
    }

    async fn ask(&self, method: Method, path: &str, body: Json) -> Answer {
        let headers = [("authorization", self.1.as_str())];
        self.0.with(method, path, &headers, Some(body)).await
    }
}

/// An agent that keeps secrets, and may connect to this machine.
fn keeping() -> String {
    format!("master_key = \"{}\"\nnetwork.allow = [\"127.0.0.1\"]\n", master_key())
}

/// After an admin has set a new password, it is nobody else's: not as long as nothing is pushed either.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_has_given_stays_where_it_was() {
    let (known, elsewhere) = (Canary::listen().await, Canary::listen().await);
    let agent = Agent::start(&keeping()).await;
    let editor = Other::of(&agent, "editor").await;
    give(&agent).await;
    agent.push("shop", &file(known.port, ""), None).await.done();
    // A new password.
    give(&agent).await;

    let moved = file(elsewhere.port, "");
    let push = json!({ "file": moved, "expected_version": 1 });
    let draft = json!({ "file": moved, "connection": "from" });
    let check = "/projects/shop/draft/check";
    let tries = async |what: &str| {
        refused(&editor.ask(Method::PUT, "/projects/shop", push.clone()).await, what);
        refused(&editor.ask(Method::POST, check, draft.clone()).await, what);
    };
    tries("what the admin has given").await;
    let own = json!({ "value": "another-one" });
    editor.ask(Method::PUT, SECRET, own).await.done();
    // A program of before leaves the name of who has set the version before the one that it sets.
    let store = rusqlite::Connection::open(agent.syncapp().home().join("syncapp.db")).unwrap();
    let named = |version: &str| store.execute(&format!("update vault set set_by_version = {version}"), []);
    assert_eq!(named("version - 1"), Ok(1));
    tries("what nobody is known to have given").await;
    assert_eq!(named("version"), Ok(1));
    assert_eq!(elsewhere.visits(), 0, "somebody else was reached");
    let others = agent.ask(Method::POST, check, Some(draft.clone())).await;
    refused(&others, "what the editor has given");
    assert_eq!(editor.ask(Method::POST, check, draft.clone()).await.status, 202);
    editor.ask(Method::PUT, "/projects/shop", push.clone()).await.done();
}

/// A project that reads from whoever listens at one port, and writes to whoever does at another.
fn between(from: u16, to: u16) -> String {
    let server = |port| {
        format!(
            "{{ connector: postgres, host: 127.0.0.1, port: {port}, user: u, database: d, tls: {{ mode: disable }}, password: \
             \"secret://pw\" }}"
        )
    };
    format!(
        "version: 1\nconnections:\n  from: {}\n  to: {}\nsyncs:\n  copy: {{ source: from, destination: to, streams: {{ s.t: {{ \
         into: t }} }} }}\n",
        server(from),
        server(to)
    )
}

/// A run of the project that was stopped.
async fn stopped(agent: &Agent, run: &str) {
    agent.ask(Method::POST, &format!("/runs/{run}/cancel"), None).await;
    agent.over(run).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_version_has_no_new_secret() {
    let (before, target, now) = (Canary::listen().await, Canary::listen().await, Canary::listen().await);
    let agent = Agent::start(&keeping()).await;
    let operator = Other::of(&agent, "operator").await;
    let push = async |text: &str, expected| agent.push("shop", text, expected).await.done();
    give(&agent).await;
    let first = between(before.port, target.port);
    push(&first, None).await;
    let run = agent.run("shop", "copy").await;
    stopped(&agent, &run).await;
    let (retry, undo) = (format!("/runs/{run}/retry"), format!("/runs/{run}/undo"));
    let tries = async |path: &str, body: Json| operator.ask(Method::POST, path, body).await;

    // It is the secret that the version has had: only the newest one sends it nowhere.
    push(&first.replace(", password: \"secret://pw\"", ""), Some(1)).await;
    let again = tries(&retry, json!({})).await;
    assert_eq!(again.status, 202, "{}", again.body);
    stopped(&agent, again.body["run"].as_str().unwrap()).await;

    give(&agent).await;
    push(&between(now.port, now.port), Some(2)).await;
    let reached = (before.visits(), target.visits());
    refused(&tries(&retry, json!({})).await, "a retry");
    refused(&tries(&undo, json!({})).await, "an undo");
    refused(&tries(&undo, json!({ "dry_run": true })).await, "a look at an undo");
    // Who has given it before the newest version has given it for that one.
    refused(&agent.ask(Method::POST, &retry, None).await, "the admin's retry");
    assert_eq!((before.visits(), target.visits()), reached, "an old server was reached");

    // What is taken back needs nothing of the source.
    give(&agent).await;
    push(&between(now.port, target.port), Some(3)).await;
    let undone = tries(&undo, json!({ "dry_run": true })).await;
    assert_eq!(undone.status, 202, "{}", undone.body);
    refused(&tries(&retry, json!({})).await, "a retry that reads");
    give(&agent).await;
    let own = agent.ask(Method::POST, &retry, None).await;
    assert_eq!(own.status, 202, "whoever gives it again may: {}", own.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_has_for_itself_is_no_projects() {
    let (elsewhere, collector) = (Canary::listen().await, Canary::listen().await);
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_SECRET_SMTP", "smtp://u:canary-smtp@mail.example.net:587");
    syncapp.set("SYNCAPP_SECRET_COLLECTOR", "authorization=canary-collector");
    syncapp.set("SYNCAPP_SECRET_PW", "canary-pw");
    std::fs::create_dir(syncapp.folder().join("mounted")).unwrap();
    syncapp.file("mounted/SMTP", "canary-smtp");
    let settings = format!(
        "{}secrets_dir = \"mounted\"\ntelemetry.otlp = {{ endpoint = \"http://127.0.0.1:{}\", headers = \"secret://collector\" \
         }}\n[[notifications]]\nname = \"operators\"\nemail = {{ server = \"secret://SMTP\", from = \"a@example.net\", to = \
         [\"b@example.net\"] }}\n",
        keeping(),
        collector.port
    );
    let agent = Agent::started_with(syncapp, &settings).await;
    let check = "/projects/shop/draft/check";
    for name in ["SMTP", "smtp", "collector", "COLLECTOR"] {
        let file = file(elsewhere.port, "").replace("secret://pw", &format!("secret://{name}"));
        let draft = json!({ "file": file, "connection": "from" });
        for answer in [
            agent.ask(Method::POST, check, Some(draft)).await,
            agent.push("shop", &file, None).await,
        ] {
            let said = answer.body.to_string();
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (422, "config.unknown_secret"),
                "{name}: {said}"
            );
            assert!(
                said.contains("is the agent's own") && !said.contains("canary"),
                "{name}: {said}"
            );
        }
    }
    assert_eq!(elsewhere.visits(), 0, "somebody was told what is the agent's own");

    // Another one of its environment is for all projects, and one of the vault is the project's, whatever it is called.
    let draft = |name: &str| {
        let file = file(elsewhere.port, "").replace("secret://pw", &format!("secret://{name}"));
        Some(json!({ "file": file, "connection": "from" }))
    };
    found(&agent, check, draft("pw")).await;
    let reached = elsewhere.visits();
    assert!(reached > 0, "the server is reached at all");
    let body = json!({ "value": "the project's own" });
    agent
        .ask(Method::PUT, "/projects/shop/secrets/SMTP", Some(body))
        .await
        .done();
    found(&agent, check, draft("SMTP")).await;
    assert!(elsewhere.visits() > reached);
}
