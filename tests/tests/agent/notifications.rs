//! Those who want to know are told how runs end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{MethodRouter, post};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value as Json;
use sha2::Sha256;
use syncapp_tests::agent::Agent;
use syncapp_tests::server::smtp::Smtp;
use syncapp_tests::syncapp::Syncapp;
use tokio::net::TcpListener;

use super::network::Canary;
use super::{copying, furnish};

const KEY: &str = "canary-5c1d-signing-key";

/// What a webhook was sent: headers and bodies. The first request is answered by an error.
#[derive(Clone, Default)]
struct Hook(Arc<Mutex<Vec<(HeaderMap, Bytes)>>>);

impl Hook {
    /// Listens; its address.
    async fn listen(&self) -> String {
        self.answer(post(take)).await
    }

    /// Listens, and sends whoever comes on to another address.
    async fn send_on(&self, to: String) -> String {
        let taken = self.clone();
        let send = async move |headers: HeaderMap, body: Bytes| {
            taken.0.lock().unwrap().push((headers, body));
            Redirect::temporary(&to).into_response()
        };
        self.answer(post(send)).await
    }

    async fn answer(&self, how: MethodRouter<Self>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/hook", how).with_state(self.clone());
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
    let smtp = Smtp::start().await;
    let [hook, slack, chat] = [(); 3].map(|()| Hook::default());
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_SECRET_HOOK", KEY);
    syncapp.set("SYNCAPP_SECRET_SLACK", &slack.listen().await);
    syncapp.set("SYNCAPP_SECRET_CHAT", &chat.listen().await);
    let settings = format!(
        "[[notifications]]\nname = \"operators\"\nemail = {{ server = \"{}\", from = \"SyncApp <syncapp@example.net>\", to = \
         [\"ops@example.net\", \"night@example.net\"] }}\n[[notifications]]\nname = \"hook\"\non = \"failure\"\nwebhook = {{ url = \
         \"{}\", secret = \"secret://hook\" }}\n[[notifications]]\nname = \"others\"\nprojects = [\"another\"]\nslack = {{ url = \
         \"secret://slack\" }}\n[[notifications]]\nname = \"chat\"\nslack = {{ url = \"secret://chat\" }}\n",
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
    // The chat as well: text alone, with the cause and what to do about it.
    let code = agent.get(&format!("/runs/{first}")).await.done()["streams"][0]["error"]["code"].clone();
    for (headers, body) in chat.until(2).await {
        let text = said_in_chat(&headers, &body);
        assert!(text.starts_with("shop/copy failed."), "{text}");
        for part in ["What to do: ", &first, code.as_str().unwrap()] {
            assert!(text.contains(part), "{part}: {text}");
        }
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
    let told = chat.until(3).await;
    let text = said_in_chat(&told[2].0, &told[2].1);
    assert!(
        text.starts_with("shop/copy succeeded.") && text.contains(&third),
        "{text}"
    );
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
    said(&agent, &["operators"]).await;
    agent.kill();
    smtp.start_again().await;
    agent.start_again().await;
    let mails = smtp.until(1).await;
    assert!(mails[0].contains(&failed), "{mails:#?}");
}

/// Whoever is told is reached where the operator's rules allow: a webhook, a chat, and a mail server.
#[tokio::test(flavor = "multi_thread")]
async fn it_goes_where_it_may() {
    let canary = Canary::listen().await;
    let port = canary.port;
    let settings = |rule: &str| {
        format!(
            "network.private = \"{rule}\"\n[[notifications]]\nname = \"one\"\nwebhook = {{ url = \"http://127.0.0.1:{port}/\", secret = \
             \"secret://hook\" }}\n[[notifications]]\nname = \"two\"\nslack = {{ url = \"http://localhost:{port}/\" \
             }}\n[[notifications]]\nname = \"three\"\nemail = {{ server = \"smtp://127.0.0.1:{port}\", from = \"a@example.net\", to = \
             \"b@example.net\" }}\n[[notifications]]\nname = \"four\"\nemail = {{ server = \"smtps://localhost:{port}\", from = \
             \"a@example.net\", to = \"b@example.net\" }}\n"
        )
    };
    for (rule, is_reached) in [("deny", false), ("allow", true)] {
        let mut syncapp = Syncapp::default();
        syncapp.set("SYNCAPP_SECRET_HOOK", KEY);
        let agent = Agent::started_with(syncapp, &settings(rule)).await;
        agent.push("shop", &copying(""), None).await.done();
        run(&agent, "failed").await;
        // Nobody there understands anything: all four fail, whether they get there or not.
        said(&agent, &["one", "two", "three", "four"]).await;
        if is_reached {
            canary.visited().await;
        }
        assert_eq!(canary.visits() > 0, is_reached, "{rule}");
    }
}

/// Whoever is reached sends nobody on to another place.
#[tokio::test(flavor = "multi_thread")]
async fn it_follows_no_redirect() {
    let (canary, hook) = (Canary::listen().await, Hook::default());
    let url = hook.send_on(format!("http://127.0.0.1:{}/", canary.port)).await;
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_SECRET_HOOK", KEY);
    let settings = format!(
        "[[notifications]]\nname = \"one\"\nwebhook = {{ url = \"{url}\", secret = \"secret://hook\" }}\n[[notifications]]\nname = \
         \"two\"\nslack = {{ url = \"{url}\" }}\n"
    );
    let agent = Agent::started_with(syncapp, &settings).await;
    agent.push("shop", &copying(""), None).await.done();
    run(&agent, "failed").await;
    said(&agent, &["one", "two"]).await;
    assert!(hook.until(2).await.len() >= 2);
    assert_eq!(canary.visits(), 0, "a redirect was followed");
}

/// The text of what was posted to a chat, which gets nothing else.
fn said_in_chat(headers: &HeaderMap, body: &Bytes) -> String {
    assert!(!headers.contains_key("x-syncapp-signature"), "{headers:?}");
    let told: Json = serde_json::from_slice(body).unwrap();
    assert_eq!(told.as_object().unwrap().len(), 1, "{told}");
    told["text"].as_str().unwrap().to_owned()
}

/// Waits until the agent has said of each of these channels that it cannot be told.
async fn said(agent: &Agent, channels: &[&str]) {
    let is_said = |channel: &&str| {
        let named = format!("channel=\"{channel}\"");
        let said = agent.syncapp().said();
        said.lines()
            .any(|line| line.contains("cannot be told") && line.contains(&named))
    };
    for _ in 0..1200 {
        if channels.iter().all(is_said) {
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
