//! Those who want to know are told how runs end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value as Json;
use sha2::Sha256;
use syncapp_tests::agent::Agent;
use syncapp_tests::server::smtp::Smtp;
use syncapp_tests::syncapp::Syncapp;
use tokio::net::TcpListener;

use super::{copying, furnish};

const KEY: &str = "canary-5c1d-signing-key";

/// What a webhook was sent: headers and bodies. The first request is answered by an error.
#[derive(Clone, Default)]
struct Hook(Arc<Mutex<Vec<(HeaderMap, Bytes)>>>);

impl Hook {
    /// Listens; its address.
    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/hook", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        format!("http://{address}/hook")
    }

    async fn until(&self, count: usize) -> Vec<(HeaderMap, Bytes)> {
        for _ in 0..1200 {
            let taken = self.0.lock().unwrap().clone();
            if taken.len() >= count {
                return taken;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody says anything");
    }
}

async fn take(State(hook): State<Hook>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut taken = hook.0.lock().unwrap();
    taken.push((headers, body));
    match taken.len() {
        1 => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::NO_CONTENT,
    }
}

/// Runs the sync until it is over.
async fn run(agent: &Agent, state: &str) -> String {
    let run = agent.run("shop", "copy").await;
    assert_eq!(agent.over(&run).await["state"], state);
    run
}

/// A sync that fails is told of by mail and by webhook, with cause and remedy; not when it fails again; and when it succeeds again.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_once() {
    let (smtp, hook, slack) = (Smtp::start().await, Hook::default(), Hook::default());
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_SECRET_HOOK", KEY);
    syncapp.set("SYNCAPP_SECRET_SLACK", &slack.listen().await);
    let settings = format!(
        "[[notifications]]\nname = \"operators\"\nemail = {{ server = \"{}\", from = \"SyncApp <syncapp@example.net>\", to = \
         [\"ops@example.net\", \"night@example.net\"] }}\n[[notifications]]\nname = \"hook\"\non = \"failure\"\nwebhook = {{ url = \
         \"{}\", secret = \"secret://hook\" }}\n[[notifications]]\nname = \"chat\"\nprojects = [\"another\"]\nslack = {{ url = \
         \"secret://slack\" }}\n",
        smtp.url(),
        hook.listen().await
    );
    let agent = Agent::started_with(syncapp, &settings).await;
    agent.push("shop", &copying(""), None).await.done();
    // There is no file to read yet.
    let first = run(&agent, "failed").await;
    let mails = smtp.until(1).await;
    let mail = &mails[0];
    assert!(mail.contains("Subject: shop/copy failed"), "{mail}");
    assert!(
        mail.contains("ops@example.net") && mail.contains("night@example.net"),
        "{mail}"
    );
    assert!(mail.contains("What to do:") && mail.contains(&first), "{mail}");
    assert!(
        mail.contains(&format!("Message-ID: <{first}.operators@syncapp>")),
        "{mail}"
    );
    // The first try of the webhook is answered by an error, and comes again with the same id.
    let sent = hook.until(2).await;
    let delivery = |number: usize| sent[number].0["x-syncapp-delivery"].clone();
    assert_eq!(delivery(0), delivery(1));
    for (headers, body) in &sent {
        assert!(is_signed(headers, body), "{headers:?}");
        let told: Json = serde_json::from_slice(body).unwrap();
        assert_eq!(
            (told["state"].as_str(), told["run"].as_str()),
            (Some("failed"), Some(first.as_str()))
        );
        assert!(told["failed"][0]["error"]["help"].is_string(), "{told}");
        assert!(!String::from_utf8_lossy(body).contains("canary"));
    }
    let second = run(&agent, "failed").await;
    let sent = hook.until(3).await;
    let told: Json = serde_json::from_slice(&sent[2].1).unwrap();
    assert_eq!(told["run"], second.as_str());
    furnish(agent.syncapp());
    let third = run(&agent, "done").await;
    let mails = smtp.until(2).await;
    let recovered = mails.iter().find(|mail| mail.contains("Subject: shop/copy succeeded"));
    assert!(recovered.is_some_and(|mail| mail.contains(&third)), "{mails:#?}");
    assert!(
        !mails.iter().any(|mail| mail.contains(&second)),
        "nothing has changed: {mails:#?}"
    );
    hook.until(4).await;
    run(&agent, "done").await;
    assert_eq!(slack.0.lock().unwrap().len(), 0, "it is another project's");
    assert!(!agent.syncapp().said().contains("canary"), "{}", agent.syncapp().said());
}

/// What cannot be told now is told later, whoever was killed meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_at_last() {
    let mut smtp = Smtp::start().await;
    smtp.crash();
    let settings = format!(
        "[[notifications]]\nname = \"operators\"\nemail = {{ server = \"{}\", from = \"a@example.net\", to = \"b@example.net\" }}\n",
        smtp.url()
    );
    let mut agent = Agent::start(&settings).await;
    agent.push("shop", &copying(""), None).await.done();
    let failed = run(&agent, "failed").await;
    said(&agent, 1).await;
    agent.kill();
    smtp.start_again().await;
    agent.start_again().await;
    let mails = smtp.until(1).await;
    assert!(mails[0].contains(&failed), "{mails:#?}");
}

/// A webhook goes where the operator's rules allow, and nowhere by a redirect.
#[tokio::test(flavor = "multi_thread")]
async fn it_goes_where_it_may() {
    let hook = Hook::default();
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_SECRET_HOOK", KEY);
    let url = hook.listen().await;
    let named = url.replace("127.0.0.1", "localhost");
    let settings = format!(
        "network.private = \"deny\"\n[[notifications]]\nname = \"one\"\nwebhook = {{ url = \"{url}\", secret = \"secret://hook\" \
         }}\n[[notifications]]\nname = \"two\"\nslack = {{ url = \"{named}\" }}\n"
    );
    let agent = Agent::started_with(syncapp, &settings).await;
    agent.push("shop", &copying(""), None).await.done();
    run(&agent, "failed").await;
    said(&agent, 2).await;
    assert_eq!(hook.0.lock().unwrap().len(), 0, "somebody was reached");
}

/// Waits until the agent has said so often that somebody cannot be told.
async fn said(agent: &Agent, count: usize) {
    for _ in 0..1200 {
        if agent.syncapp().said().matches("cannot be told").count() >= count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is not said:\n{}", agent.syncapp().said());
}

fn is_signed(headers: &HeaderMap, body: &Bytes) -> bool {
    let signature = headers["x-syncapp-signature"].to_str().unwrap();
    let (time, shown) = signature.split_once(",v1=").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(format!("{}.", time.strip_prefix("t=").unwrap()).as_bytes());
    mac.update(body);
    shown == hex::encode(mac.finalize().into_bytes())
}
