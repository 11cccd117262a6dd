//! The local user: whoever asks the interface inside its process, and nobody who comes over a network.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use reqwest::{Client, Method};
use serde_json::{Value as Json, json};
use syncapp_api::{Api, Callers, Compiled, Compiler, Front, Jobs, Local, router};
use syncapp_control::access::{Accounts, AuditKey, Credentials, Digest, LoginLimits, Remembered, SessionPolicy};
use syncapp_control::{
    Clock, Control, InProcessQueue, Inspector, JsonCalendar, MemoryCache, Policy, Question, Random, Version,
};
use syncapp_model::sync_file::{Sending, SyncFile};
use syncapp_model::{Code, Error, Result, Secret};
use syncapp_store::SqliteStore;
use syncapp_tests::agent::master_key;
use syncapp_vault::{KeyPlace, Keys, SealedVault};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::matrix::routes;

/// What a host of the interface brings, where nothing of it matters here.
struct Host(Instant);

#[async_trait]
impl Clock for Host {
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

impl Random for Host {
    fn bits(&self) -> u64 {
        Uuid::new_v4().as_u64_pair().0
    }
}

#[async_trait]
impl Credentials for Host {
    fn draw(&self) -> [u8; 32] {
        let halves = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
        halves.concat().try_into().expect("two halves are one")
    }

    async fn hash(&self, _: &Secret) -> Result<Secret> {
        Ok(Secret::new("nothing fits this"))
    }

    async fn matches(&self, _: &Secret, _: Option<&Secret>) -> Result<bool> {
        Ok(false)
    }
}

#[async_trait]
impl Inspector for Host {
    async fn inspect(&self, _: Arc<Version>, _: &Question) -> Result<Json, Vec<Error>> {
        Err(vec![Error::internal("no system is connected here")])
    }
}

#[async_trait]
impl Compiler for Host {
    async fn compile(&self, _: &str, _: &str, _: &str) -> Result<Compiled, Vec<Error>> {
        Err(vec![Error::new(Code::InvalidValue, "no file is understood here")])
    }

    fn read(&self, _: &str) -> Option<SyncFile> {
        None
    }

    fn sendings(&self, _: &SyncFile) -> Vec<Sending> {
        Vec::new()
    }
}

/// An interface over a store in this folder.
fn api(folder: &TempDir) -> Api {
    let store = SqliteStore::open(folder.path()).unwrap();
    let host = Arc::new(Host(Instant::now()));
    let cache = Arc::new(MemoryCache::new(host.clone()));
    let keys = Keys {
        places: vec![KeyPlace::Given(Secret::new(master_key()))],
        home: folder.path().to_owned(),
    };
    Api {
        control: Control {
            store: Arc::new(store.clone()),
            queue: Arc::new(InProcessQueue::default()),
            clock: host.clone(),
            random: host.clone(),
            policy: Policy::default(),
        },
        cache: cache.clone(),
        calendar: Arc::new(JsonCalendar),
        vault: Arc::new(SealedVault::new(Arc::new(store.clone()), keys)),
        compiler: host.clone(),
        jobs: Jobs::new(host.clone(), cache.clone()),
        hooks: None,
        connectors: Arc::new([]),
        accounts: Accounts {
            store: Arc::new(store),
            credentials: host.clone(),
            limits: LoginLimits {
                shared: cache.clone(),
                own: cache.clone(),
            },
            remembered: Some(Remembered { cache, clock: host }),
            key: AuditKey::of(&master_key()),
            agent: Digest::of(&master_key()),
            sessions: SessionPolicy {
                idle: Duration::from_mins(30),
                life: Duration::from_hours(12),
            },
            sign_on: None,
        },
        callers: Callers::default(),
        requests_per_minute: Some(3),
        front: Front::new(Vec::new()),
    }
}

async fn ask(local: &Local, method: &str, path: &str, body: Option<Json>) -> (u16, Json) {
    let request = Request::builder().method(method).uri(format!("/api/v1{path}"));
    let request = match body {
        Some(body) => request
            .header("content-type", "application/json")
            .body(body.to_string().into()),
        None => request.body(Body::empty()),
    };
    let answer = local.ask(request.unwrap()).await;
    let status = answer.status().as_u16();
    // Whoever watches for ever is not waited for.
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_inside_the_process_may_everything() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::new(api(&folder));
    let (status, me) = ask(&local, "GET", "/me", None).await;
    assert_eq!(
        (status, &me["kind"], &me["roles"]),
        (200, &json!("local"), &json!([{ "role": "admin" }]))
    );
    let user = json!({ "name": "ada", "password": "correct horse battery", "roles": [] });
    assert_eq!(ask(&local, "POST", "/users", Some(user)).await.0, 201);
    let (_, log) = ask(&local, "GET", "/audit", None).await;
    let newest = &log["items"][0];
    assert_eq!(
        (&newest["actor"], &newest["origin"]),
        (&json!("local user"), &json!("local")),
        "{newest:#}"
    );
    // More often than one address may, and of each route.
    for (method, path) in routes() {
        let path = path.replace("{user}", "ada");
        let path = path
            .split('/')
            .map(|part| if part.starts_with('{') { "none" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        let body = (method == "POST" || method == "PUT").then(|| json!({}));
        let (status, answer) = ask(&local, &method, &path, body).await;
        // Two want to be shown something by whoever it is.
        let shows = path == "/first-admin" || path.ends_with("/hook") || path.starts_with("/sign-on");
        assert!(![403, 429, 500].contains(&status), "{method} {path}: {status} {answer}");
        assert!(status != 401 || shows, "{method} {path}: {status} {answer}");
    }
}

/// Serves it to a network: with the peers' addresses, as agents do, or without, by a mistake.
async fn served(api: Api, with_peers: bool) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    let routes = router(api);
    let serving = tokio::spawn(async move {
        let ended = if with_peers {
            let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, routes).await
        } else {
            axum::serve(listener, routes).await
        };
        ended.unwrap();
    });
    (url, AbortOnDropHandle::new(serving))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_sent_makes_somebody_local() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let mut api = api(&folder);
    api.requests_per_minute = None;
    // That somebody local asks the same process changes nothing.
    let local = Local::new(api.clone());
    assert_eq!(ask(&local, "GET", "/users", None).await.0, 200);
    let words = [
        "local",
        "local user",
        "here",
        "Here",
        "1",
        "true",
        "127.0.0.1",
        "::1",
        "localhost",
        "unix:",
        "",
    ];
    let names = [
        "authorization",
        "cookie",
        "forwarded",
        "from",
        "here",
        "host",
        "local",
        "origin",
        "sec-fetch-site",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-local",
        "x-real-ip",
        "x-syncapp-local",
        "x-syncapp-origin",
        "x-syncapp-user",
    ];
    for (with_peers, refused) in [(true, 401), (false, 500)] {
        let (url, _serving) = served(api.clone(), with_peers).await;
        let client = Client::new();
        for name in names {
            for word in words {
                let forms = match name {
                    "authorization" => vec![format!("Bearer {word}"), format!("Local {word}"), word.to_owned()],
                    "cookie" => vec![format!("__Host-syncapp={word}"), format!("local={word}")],
                    "forwarded" => vec![format!("for={word};by={word}")],
                    _ => vec![word.to_owned()],
                };
                for form in forms {
                    let asked = client.request(Method::GET, format!("{url}/users")).header(name, &form);
                    let status = asked.send().await.unwrap().status().as_u16();
                    // A host that is none is no request at all.
                    let fits = status == refused || name == "host" && status == 400;
                    assert!(fits, "{name}: {form} is answered by {status}");
                }
            }
        }
    }
}
