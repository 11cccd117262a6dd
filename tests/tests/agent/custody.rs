//! A secret stays with the server that it was given for, until it is given again.

use reqwest::Method;
use serde_json::json;
use syncapp_tests::agent::{Agent, Answer, master_key};

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
    let agent = Agent::start(&format!(
        "master_key = \"{}\"\nnetwork.allow = [\"127.0.0.1\"]",
        master_key()
    ))
    .await;
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
