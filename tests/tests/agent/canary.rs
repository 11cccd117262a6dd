//! A secret by chance in every place that takes one, in runs with faults; then all that a fleet has said, told and kept is searched
//! for each of them, in several spellings.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use reqwest::{Client, Method};
use serde_json::{Value as Json, json};
use syncapp_tests::fleet::{Fleet, Servers};
use syncapp_tests::server::collector::Collector;
use syncapp_tests::server::port;
use syncapp_tests::server::postgres::Database;
use syncapp_tests::syncapp::Syncapp;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::jobs::{begin, over};
use crate::vault::dumps::{files, hits};

/// What nobody may read anywhere, by what it is.
#[derive(Default)]
struct Canaries(RefCell<BTreeMap<String, String>>);

impl Canaries {
    /// A new one.
    fn make(&self, what: &str) -> String {
        self.know(
            what,
            &format!("canary{}{}", what.replace(' ', ""), Uuid::new_v4().simple()),
        )
    }

    /// One that somebody else has made.
    fn know(&self, what: &str, secret: &str) -> String {
        assert!(secret.len() > 8, "{what} is too short to be looked for");
        let known = self.0.borrow_mut().insert(what.to_owned(), secret.to_owned());
        assert!(known.is_none_or(|known| known == secret), "{what} is two");
        secret.to_owned()
    }

    /// Fails where one of them stands in these bytes, or where what has to be there is not: the search would be of something else.
    fn absent(&self, place: &str, bytes: &[u8], mark: &str) {
        let canaries = self.0.borrow();
        let secrets: Vec<String> = canaries.values().cloned().collect();
        let found = hits(bytes, &secrets);
        let named = canaries
            .iter()
            .filter(|(_, secret)| found.contains(secret))
            .map(|(what, _)| what);
        assert_eq!(named.collect::<Vec<_>>(), Vec::<&String>::new(), "in {place}");
        let is_there = bytes.windows(mark.len()).any(|part| part == mark.as_bytes());
        assert!(
            is_there,
            "{place} has no `{mark}`: what was searched, in {} bytes?",
            bytes.len()
        );
    }
}

/// Takes what webhooks bring.
async fn listen(heard: Arc<Mutex<Vec<u8>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let take = async |State(heard): State<Arc<Mutex<Vec<u8>>>>, headers: HeaderMap, body: Bytes| {
        let mut heard = heard.lock().unwrap();
        heard.extend(format!("{headers:?}\n").into_bytes());
        heard.extend(&body);
    };
    let routes = Router::new().route("/hook", post(take)).with_state(heard);
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    format!("http://{address}/hook")
}

/// A project whose connections take secrets in every key there is, most of them in vain.
fn file(database: &Database) -> String {
    let reader = &database.reader;
    let server = |password: &str| {
        format!(
            "host: 127.0.0.1, port: {}, user: {}, database: {}, tls: {{ mode: disable }}, password: \"{password}\"",
            reader.port, reader.user, reader.database
        )
    };
    let ssh = "ssh: { host: 127.0.0.1, port: 1, user: u, password: \"secret://TUNNEL\", host_key: \"ssh-ed25519 \
               AAAAC3NzaC1lZDI1NTE5AAAAIJgvQX9qYQ9rYkXn0Z8bY7cQy0yIh0dZ1mQmQn3m0u3T\" }";
    let sources = [
        ("good", format!("connector: postgres, {}", server("secret://READER"))),
        ("wrong", format!("connector: postgres, {}", server("secret://WRONG"))),
        (
            "mounted",
            format!("connector: postgres, {}", server("secret://MOUNTED")),
        ),
        (
            "environment",
            format!("connector: postgres, {}", server("secret://ENVIRONMENT")),
        ),
        ("variable", format!("connector: postgres, {}", server("${VARIABLE}"))),
        ("address", "connector: postgres, url: \"secret://ADDRESS\"".to_owned()),
        (
            "silent",
            "connector: mysql, host: 127.0.0.1, port: 1, user: u, database: d, password: \"secret://SILENT\""
                .to_owned(),
        ),
        (
            "tunnel",
            format!("connector: postgres, host: db, user: u, database: d, password: \"secret://SILENT\", {ssh}"),
        ),
    ];
    let mut connections = String::from("  to: { connector: postgres, url: \"secret://WRITER\" }\n");
    let mut syncs = String::new();
    for (name, keys) in sources {
        let _ = writeln!(connections, "  {name}: {{ {keys} }}");
        let stream = "public.people: { into: landing.people, write: merge, on_error: reject, columns: { mail: { mask: hash }, phone: { \
                      mask: redact }, age: { type: int64 } } }";
        let _ = writeln!(
            syncs,
            "  {name}: {{ source: {name}, destination: to, streams: {{ {stream} }} }}"
        );
    }
    let slow = "public.slow: { into: landing.slow, query: \"select 1 as id where pg_sleep(600) is not null\" }";
    let _ = writeln!(
        syncs,
        "  slow: {{ source: good, destination: to, streams: {{ {slow} }} }}"
    );
    format!("version: 1\nconnections:\n{connections}syncs:\n{syncs}")
}

/// Signs in, and does what people do; what they show is known afterwards.
async fn people(fleet: &Fleet, canaries: &Canaries) {
    let agent = &fleet.members[0];
    let password = canaries.make("password");
    let body = json!({ "name": "ada", "password": password, "roles": [{ "role": "admin" }] });
    agent.ask(Method::POST, "/users", Some(body)).await.done();
    let wrong = json!({ "name": "ada", "password": canaries.make("wrong password") });
    assert_eq!(
        agent
            .with(Method::POST, "/session", &[], Some(wrong))
            .await
            .status
            .as_u16(),
        401
    );
    let right = json!({ "name": "ada", "password": password });
    let entered = agent.with(Method::POST, "/session", &[], Some(right)).await;
    let cookie = entered.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    canaries.know("session", cookie.split_once('=').unwrap().1);
    let page = canaries.know("page token", entered.body["csrf_token"].as_str().unwrap());
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", page.as_str())];
    let body = json!({ "old": password, "new": canaries.make("new password") });
    let changed = agent.with(Method::PUT, "/me/password", &headers, Some(body)).await;
    assert_eq!(changed.status.as_u16(), 204);
    let token = agent.make_token("viewer", None).await;
    canaries.know("api token", &token);
    let shown = format!("Bearer {token}");
    agent
        .with(Method::GET, "/me", &[("authorization", &shown)], None)
        .await
        .done();
    let forged = format!("Bearer {}", canaries.make("forged token"));
    let refused = agent
        .with(Method::GET, "/me", &[("authorization", &forged)], None)
        .await;
    assert_eq!(refused.status.as_u16(), 401);
    let forged = format!("__Host-syncapp={}", canaries.make("forged session"));
    let refused = agent.with(Method::GET, "/me", &[("cookie", &forged)], None).await;
    assert_eq!(refused.status.as_u16(), 401);
    let first = json!({ "token": canaries.make("forged invitation"), "name": "eve", "password": canaries.make("eve's password") });
    assert_eq!(
        agent
            .with(Method::POST, "/first-admin", &[], Some(first))
            .await
            .status
            .as_u16(),
        401
    );
    // The provider is not there.
    let sign_on = Client::new()
        .get(format!("{}/api/v1/sign-on", agent.url()))
        .send()
        .await
        .unwrap();
    assert!(!sign_on.status().is_success());
    let key = agent
        .ask(Method::POST, "/projects/shop/syncs/good/hook/key", None)
        .await
        .done();
    canaries.know("webhook key", key["key"].as_str().unwrap());
    let forged = [("syncapp-signature", "t=1,n=0123456789abcdef,v1=00")];
    let refused = agent
        .with(Method::POST, "/projects/shop/syncs/good/hook", &forged, Some(json!({})))
        .await;
    assert_eq!(refused.status.as_u16(), 401);
}

/// All that can be asked about a project, its runs and its jobs.
async fn told(fleet: &Fleet, runs: &[String]) -> Vec<u8> {
    let agent = &fleet.members[0];
    let mut told = Vec::new();
    let mut paths: Vec<String> = [
        "/projects",
        "/projects/shop",
        "/projects/shop/versions/1",
        "/projects/shop/connections",
        "/projects/shop/secrets",
        "/projects/shop/syncs",
        "/runs",
        "/users",
        "/tokens",
        "/workers",
        "/queues",
        "/audit?limit=200",
    ]
    .map(str::to_owned)
    .into();
    for run in runs {
        paths.extend([format!("/runs/{run}"), format!("/runs/{run}/logs")]);
    }
    for path in paths {
        told.extend(agent.get(&path).await.done().to_string().into_bytes());
    }
    let mut jobs = Vec::new();
    let connections = [
        "to",
        "good",
        "wrong",
        "mounted",
        "environment",
        "variable",
        "address",
        "silent",
        "tunnel",
    ];
    for connection in connections {
        let place = format!("/projects/shop/connections/{connection}");
        jobs.push((format!("{place}/check"), None));
        jobs.push((format!("{place}/discover"), Some(json!({}))));
    }
    for sync in ["good", "wrong"] {
        let place = format!("/projects/shop/syncs/{sync}");
        jobs.push((format!("{place}/preview"), Some(json!({ "stream": "public.people" }))));
        jobs.push((format!("{place}/plan"), Some(json!({}))));
        jobs.push((format!("{place}/verify"), Some(json!({}))));
        jobs.push((format!("{place}/rejects"), Some(json!({}))));
        jobs.push((format!("{place}/rejects/replay"), Some(json!({}))));
    }
    for (path, body) in jobs {
        let job = begin(agent, &path, body).await;
        told.extend(over(agent, &job).await.to_string().into_bytes());
    }
    told
}

/// Whether a run has come to an end, or at least to an error.
fn is_settled(run: &Json) -> bool {
    let has_failed = run["streams"][0]["error"].is_object();
    has_failed
        || ["done", "partial", "failed", "cancelled"]
            .iter()
            .any(|state| run["state"] == *state)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_anywhere() {
    let canaries = Canaries::default();
    let (servers, collector, heard) = (Servers::start().await, Collector::start().await, Arc::default());
    let database = servers.postgres.database().await;
    let [mail, phone] = ["mail", "phone"].map(|what| canaries.make(&format!("masked {what}")));
    database
        .run(&format!(
            "create table public.people (id int primary key, mail text, phone text, age text); insert into public.people values \
             (1, '{mail}', '{phone}', '41'), (2, '{mail}', '{phone}', 'no number')"
        ))
        .await;
    let hook = listen(Arc::clone(&heard)).await;
    let settings = format!(
        "variables = [\"VARIABLE\"]\nsecrets_dir = \"mounted\"\naudit_key_file = \"audit.key\"\nlease = \"5s\"\noidc_issuer = \
         \"http://127.0.0.1:1\"\noidc_client = \"agent\"\noidc_roles = [\"*=viewer\"]\npublic_url = \"http://127.0.0.1\"\n\
         telemetry.otlp = {{ endpoint = \"{}\", headers = \"secret://COLLECTOR\" }}\n",
        collector.url()
    );
    let notifications = format!(
        "[[notifications]]\nname = \"hook\"\non = \"end\"\nwebhook = {{ url = \"{hook}\", secret = \"secret://HOOK\" }}\n\
         [[notifications]]\nname = \"mail\"\non = \"end\"\nemail = {{ server = \"secret://SMTP\", from = \"a@example.net\", to = \
         [\"b@example.net\"] }}\n[[notifications]]\nname = \"chat\"\non = \"end\"\nslack = {{ url = \"secret://SLACK\" }}\n"
    );
    let mounted = canaries.make("mounted");
    let audit_key = canaries.make("audit key");
    let own: Vec<(&str, String)> = vec![
        ("SYNCAPP_HOOKS", canaries.make("hooks")),
        ("SYNCAPP_OIDC_SECRET", canaries.make("oidc secret")),
        (
            "SYNCAPP_SECRET_COLLECTOR",
            format!("authorization=Bearer {}", canaries.make("collector")),
        ),
        ("SYNCAPP_SECRET_HOOK", canaries.make("hook secret")),
        (
            "SYNCAPP_SECRET_SMTP",
            format!("smtp://u:{}@127.0.0.1:1", canaries.make("mail server")),
        ),
        (
            "SYNCAPP_SECRET_SLACK",
            format!("http://127.0.0.1:1/services/{}", canaries.make("slack")),
        ),
        ("SYNCAPP_SECRET_ENVIRONMENT", canaries.make("environment")),
        ("VARIABLE", canaries.make("variable")),
    ];
    let figures = RefCell::new(Vec::new());
    let furnish = |syncapp: &mut Syncapp| {
        let at = format!("127.0.0.1:{}", port::free());
        syncapp.set("SYNCAPP_TELEMETRY_LISTEN", &at);
        figures.borrow_mut().push(at);
        for (name, value) in &own {
            syncapp.set(name, value);
        }
        for (name, value) in [
            ("SYNCAPP_LOG", "debug"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "200"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
        ] {
            syncapp.set(name, value);
        }
        std::fs::create_dir_all(syncapp.folder().join("mounted")).unwrap();
        syncapp.file("mounted/MOUNTED", &mounted);
        syncapp.file("audit.key", &audit_key);
    };
    let mut fleet = Fleet::start_with(
        servers,
        &["api", "scheduler", "worker"],
        &settings,
        &notifications,
        furnish,
    )
    .await;
    for (what, login) in [
        ("reader", &database.reader),
        ("writer", &database.writer),
        ("metadata", &fleet.metadata.writer),
    ] {
        canaries.know(what, &login.password);
    }
    canaries.know("agent token", &fleet.members[0].token());
    let key = fleet.members[0]
        .syncapp()
        .variable("SYNCAPP_MASTER_KEY")
        .unwrap()
        .to_owned();
    canaries.know("master key", &key);

    let agent = &fleet.members[0];
    let address = format!("postgres://u:{}@127.0.0.1:1/d", canaries.make("address"));
    for (name, value) in [
        ("READER", database.reader.password.clone()),
        ("WRITER", database.writer.url()),
        ("WRONG", canaries.make("wrong")),
        ("ADDRESS", address),
        ("SILENT", canaries.make("silent")),
        ("TUNNEL", canaries.make("tunnel")),
        ("mask_key", canaries.make("mask key")),
    ] {
        let body = json!({ "value": value });
        agent
            .ask(Method::PUT, &format!("/projects/shop/secrets/{name}"), Some(body))
            .await
            .done();
    }
    agent.push("shop", &file(&database), None).await.done();
    people(&fleet, &canaries).await;

    // Runs that fail in each way there is, one that goes on while its worker is killed, and a broker that goes away.
    let agent = &fleet.members[0];
    let mut runs = Vec::new();
    for sync in [
        "good",
        "wrong",
        "mounted",
        "environment",
        "variable",
        "address",
        "silent",
        "tunnel",
    ] {
        let run = agent.run("shop", sync).await;
        agent.until(&run, is_settled).await;
        runs.push(run);
    }
    assert_eq!(database.text("select count(*) from landing.people").await, "1");
    let slow = agent.run("shop", "slow").await;
    agent.until(&slow, |run| run["state"] == "running").await;
    let (host, broker) = (&fleet.host, &fleet.servers.broker);
    host.publish(broker, "syncapp.hints", "default", "this is no hint")
        .await;
    let begun = Instant::now();
    while host
        .queue(broker, "syncapp.dead")
        .await
        .is_none_or(|(letters, _)| letters == 0)
    {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "what is no hint is no dead letter"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    fleet.members[2].kill();
    let said = fleet.members[2].syncapp().said();
    canaries.absent("what the killed worker has said", said.as_bytes(), "syncapp");
    fleet.servers.broker.crash().await;
    fleet.servers.broker.restart().await;
    fleet.members[2].begin();
    let agent = &fleet.members[0];
    agent.until(&slow, |run| run["streams"][0]["attempts"] == "2").await;
    agent
        .ask(Method::POST, &format!("/runs/{slow}/cancel"), None)
        .await
        .done();
    agent.over(&slow).await;
    runs.push(slow);

    canaries.absent("what is told over HTTP", &told(&fleet, &runs).await, "no number");
    let kept = collector
        .until(|kept| {
            !kept.metrics.is_empty() && !kept.logs.is_empty() && kept.spans.iter().any(|span| span.name == "commit")
        })
        .await;
    canaries.absent("traces, metrics and logs at a collector", &kept.bytes, "public.people");
    for at in figures.take() {
        let text = Client::new()
            .get(format!("http://{at}/metrics"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        canaries.absent("metrics", text.as_bytes(), "process_");
    }
    heard_of(&heard, "\"good\"").await;
    canaries.absent("notifications", &heard.lock().unwrap().clone(), "\"good\"");
    for (what, of) in [("the fleet's store", &fleet.metadata), ("the target", &database)] {
        let mut dump = Command::new("pg_dump");
        dump.arg(of.owner.url());
        if what == "the target" {
            // The source is in the same database, with what it masks.
            dump.arg("--exclude-table=public.people");
        }
        let dump = dump.output().unwrap();
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        canaries.absent(
            what,
            &dump.stdout,
            if what == "the target" {
                "_syncapp_rejects"
            } else {
                "shop"
            },
        );
    }
    canaries.absent("the cache", &fleet.servers.cache.dump().await, "REDIS");
    canaries.absent(
        "the broker, with its dead letters",
        &fleet.servers.broker.kept(),
        "this is no hint",
    );
    for member in &mut fleet.members {
        member.stop().await;
        canaries.absent("what an agent says", member.syncapp().said().as_bytes(), "syncapp");
        let mut kept = b"home: ".to_vec();
        files(&member.syncapp().home(), &mut kept);
        canaries.absent("an agent's folder", &kept, "home: ");
    }
}

/// Waits until it was heard.
async fn heard_of(heard: &Mutex<Vec<u8>>, mark: &str) {
    for _ in 0..1200 {
        if String::from_utf8_lossy(&heard.lock().unwrap()).contains(mark) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody is told of `{mark}`");
}
