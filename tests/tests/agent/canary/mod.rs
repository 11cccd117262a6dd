//! A secret by chance in every place that takes one, in runs with faults; then all that a fleet has said, told and kept is searched
//! for each of them, in several spellings.

mod asking;
mod canaries;
mod project;

use std::cell::RefCell;
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
use syncapp_tests::server::mariadb::{Login, MariaDb};
use syncapp_tests::server::port;
use syncapp_tests::server::sshd::{PASSPHRASE, Sshd};
use syncapp_tests::syncapp::Syncapp;
use tokio::net::TcpListener;

use crate::vault::dumps::files;
use asking::{people, told};
use canaries::Canaries;
use project::{KEY_FILE, Project};

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
    let sshd = Sshd::start(&[]).await;
    let [mail, phone] = ["mail", "phone"].map(|what| canaries.make(&format!("masked {what}")));
    database
        .run(&format!(
            "create table public.people (id int primary key, mail text, phone text, age text); insert into public.people values \
             (1, '{mail}', '{phone}', '41'), (2, '{mail}', '{phone}', 'no number')"
        ))
        .await;
    let mysql = people_in_mysql(&canaries, [&mail, &phone]).await;
    let project = Project::new(&database, &mysql, &sshd);
    project.assert_whole();
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
        let key = std::fs::read_to_string(sshd.key("protected")).unwrap();
        syncapp.file(KEY_FILE, &key);
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
    canaries.know("broker", &fleet.host.password);
    canaries.know("cache", &fleet.user.password);
    for (what, variable) in [
        ("broker, escaped", "SYNCAPP_QUEUE"),
        ("cache, escaped", "SYNCAPP_CACHE"),
    ] {
        let url = fleet.members[0].syncapp().variable(variable).unwrap();
        canaries.know(what, url.split_once('@').unwrap().0.rsplit_once(':').unwrap().1);
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
        ("PASSPHRASE", canaries.know("passphrase", PASSPHRASE)),
        ("MYSQL", mysql.password.clone()),
        ("MYSQL_WRONG", canaries.make("mysql wrong")),
        (
            "MYSQL_ADDRESS",
            Login {
                password: canaries.make("mysql address"),
                ..mysql.clone()
            }
            .url(),
        ),
        ("MYSQL_TUNNEL", canaries.make("mysql tunnel")),
        ("MYSQL_PASSPHRASE", canaries.make("mysql passphrase")),
        ("mask_key", canaries.make("mask key")),
    ] {
        let body = json!({ "value": value });
        agent
            .ask(Method::PUT, &format!("/projects/shop/secrets/{name}"), Some(body))
            .await
            .done();
    }
    agent.push("shop", &project.text, None).await.done();
    people(&fleet, &canaries).await;

    // Runs that fail in each way there is, one that goes on while its worker is killed, and a broker that goes away.
    let agent = &fleet.members[0];
    let mut runs = Vec::new();
    for sync in project.names() {
        let run = agent.run("shop", sync).await;
        let now = agent.until(&run, is_settled).await;
        let code = now["streams"][0]["error"]["code"].as_str().unwrap_or_default();
        match sync {
            "good" | "key" | "mysql" => {
                let landed = format!("select count(*) from landing.{sync}");
                assert_eq!(database.text(&landed).await, "1", "{sync}: {now:#}");
            }
            // Nobody is there.
            "address" | "silent" => assert_eq!(code, "source.unreachable", "{sync}: {now:#}"),
            // The secret has come to whoever refuses it.
            _ => assert_eq!(code, "source.auth_failed", "{sync}: {now:#}"),
        }
        runs.push(run);
    }
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

    canaries.absent(
        "what is told over HTTP",
        &told(&fleet, &project, &runs).await,
        "no number",
    );
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

/// A user of a MySQL server who signs in by a secret, and people to read.
async fn people_in_mysql(canaries: &Canaries, [mail, phone]: [&String; 2]) -> Login {
    let databases = MariaDb::shared().await.databases().await;
    let (owner, reader) = (&databases.owner, &databases.reader);
    let password = canaries.make("mysql");
    let Login { database, user, .. } = reader;
    for statement in [
        format!("alter user {user}@'127.0.0.1' identified by '{password}'"),
        format!("create table {database}.people (id int primary key, mail text, phone text, age text)"),
        format!(
            "insert into {database}.people values (1, '{mail}', '{phone}', '41'), (2, '{mail}', '{phone}', 'no number')"
        ),
    ] {
        owner.run(&statement).await;
    }
    Login {
        password,
        ..reader.clone()
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
