//! Webhooks: signed, once each, and of one sync.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, Method};
use serde_json::Value as Json;
use sha2::Sha256;
use syncapp_tests::agent::Agent;

use super::{arrived, copying, furnish};

fn signed(key: &str, nonce: &str, body: &str) -> String {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(format!("{at}.{nonce}.{body}").as_bytes());
    let mac = mac.finalize().into_bytes();
    let hex: Vec<String> = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at},n={nonce},v1={}", hex.concat())
}

/// Calls a hook, as a system that knows no token.
async fn call(agent: &Agent, sync: &str, signature: &str, body: &str) -> (u16, Json) {
    let url = format!("{}/api/v1/projects/shop/syncs/{sync}/hook", agent.url());
    let request = Client::new().post(url).header("syncapp-signature", signature);
    let answer = request.body(body.to_owned()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_starts_one_run() {
    let mut agent = Agent::start(&format!("hooks = \"{}\"", "s".repeat(32))).await;
    furnish(agent.syncapp());
    agent.push("shop", &copying(""), None).await.done();
    let path = "/projects/shop/syncs/copy/hook/key";
    let told = agent.ask(Method::POST, path, None).await.done();
    let key = told["key"].as_str().unwrap();
    let body = "{\"anything\": 1}";
    let signature = signed(key, "first-0123456789", body);
    let (status, started) = call(&agent, "copy", &signature, body).await;
    assert_eq!(status, 202, "{started:#}");
    let run = agent.over(started["run"].as_str().unwrap()).await;
    assert_eq!((&run["state"], arrived(agent.syncapp())), (&"done".into(), 2));
    // Neither now nor by the process after this one.
    assert_eq!(call(&agent, "copy", &signature, body).await.0, 409);
    agent.kill();
    agent.start_again().await;
    assert_eq!(call(&agent, "copy", &signature, body).await.0, 409);
    for (sync, signature, body) in [
        ("copy", signed(key, "second-0123456789", body), "{}"),
        ("other", signed(key, "third-0123456789", body), body),
        ("copy", signed(&"0".repeat(64), "fourth-0123456789", body), body),
        ("copy", "t=1,n=x,v1=".to_owned(), body),
    ] {
        let (status, refused) = call(&agent, sync, &signature, body).await;
        let expected = (401, &"agent.unauthenticated".into());
        assert_eq!((status, &refused["code"]), expected, "{signature}");
    }
    let long = "x".repeat(65 << 10);
    let signature = signed(key, "fifth-0123456789", &long);
    assert_eq!(call(&agent, "copy", &signature, &long).await.0, 413);
    assert_eq!(agent.all("/runs", 10).await.len(), 1);
    assert!(!agent.syncapp().said().contains(key));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_a_secret_takes_none() {
    let agent = Agent::start("").await;
    agent.push("shop", &copying(""), None).await.done();
    let path = "/projects/shop/syncs/copy/hook/key";
    let refused = agent.ask(Method::POST, path, None).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "config.conflict"));
    let signature = signed("", "first-0123456789", "");
    assert_eq!(call(&agent, "copy", &signature, "").await.0, 401);
}
