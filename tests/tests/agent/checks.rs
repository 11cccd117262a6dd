//! A connection is checked step by step, up to the one that fails.

use std::fs;

use serde_json::{Value as Json, json};
use syncapp_tests::agent::Agent;
use syncapp_tests::server::certificates::certificates;
use syncapp_tests::server::mariadb::MariaDb;
use syncapp_tests::server::port;
use syncapp_tests::server::postgres::Postgres;
use syncapp_tests::syncapp::Syncapp;

use super::jobs::found;

const WRONG: &str = "canary-of-no-user";

/// Somebody's way to a database.
struct Way<'a> {
    connector: &'a str,
    host: &'a str,
    port: u16,
    user: &'a str,
    database: &'a str,
    password: &'a str,
}

impl Way<'_> {
    /// A file with it as its only connection.
    fn file(&self, tls: &str) -> String {
        let Self {
            connector,
            host,
            port,
            user,
            database,
            ..
        } = self;
        format!(
            "version: 1\nconnections:\n  db: {{ connector: {connector}, host: \"{host}\", port: {port}, user: \"{user}\", database: \
             \"{database}\", password: \"${{PASSWORD}}\", tls: {{ mode: {tls} }} }}\n"
        )
    }

    /// The steps as a source and as a destination, each with whether it was taken.
    async fn steps(&self, tls: &str) -> [Vec<(String, bool)>; 2] {
        let mut syncapp = Syncapp::default();
        syncapp.set("PASSWORD", self.password);
        let agent = Agent::started_with(syncapp, "variables = [\"PASSWORD\"]").await;
        let body = json!({ "file": self.file(tls), "connection": "db" });
        let checked = found(&agent, "/projects/p/draft/check", Some(body)).await;
        assert!(!checked.to_string().contains(self.password), "{checked}");
        let sides = ["source", "destination"].map(|side| {
            let told = checked["steps"]
                .as_array()
                .unwrap()
                .iter()
                .find(|told| told["side"] == side);
            steps(told.unwrap())
        });
        let all = sides.iter().flatten().all(|(_, ok)| *ok);
        assert_eq!(checked["ok"], all, "{checked:#}");
        sides
    }
}

fn steps(side: &Json) -> Vec<(String, bool)> {
    let steps = side["steps"].as_array().unwrap().iter();
    let steps: Vec<_> = steps
        .map(|step| {
            assert!(
                step["milliseconds"].as_str().unwrap().parse::<u64>().is_ok(),
                "{side:#}"
            );
            (step["step"].as_str().unwrap().to_owned(), step["ok"] == true)
        })
        .collect();
    let (last, before) = steps.split_last().unwrap();
    assert_eq!(
        (last.1, side["problem"].is_null()),
        (side["ok"] == true, last.1),
        "{side:#}"
    );
    assert!(before.iter().all(|(_, ok)| *ok), "{side:#}");
    steps
}

/// Steps that were taken, and perhaps one that was not, behind a `!`.
fn expected(steps: &str) -> Vec<(String, bool)> {
    let step = |step: &str| (step.trim_start_matches('!').to_owned(), !step.starts_with('!'));
    steps.split(' ').map(step).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_tells_each_step() {
    let database = Postgres::shared().await.database().await;
    database.run("create table public.t (id int)").await;
    let way = |login: &'static str| {
        let login = if login == "reader" {
            &database.reader
        } else {
            &database.writer
        };
        Way {
            connector: "postgres",
            host: "127.0.0.1",
            port: login.port,
            user: &login.user,
            database: &login.database,
            password: &login.password,
        }
    };
    let closed = port::free();
    let (good, lacks) = ("resolve connect log_in rights", "resolve connect log_in !rights");
    for (way, tls, source, destination) in [
        (way("reader"), "disable", good, lacks),
        (way("writer"), "disable", lacks, good),
        (
            Way {
                password: WRONG,
                ..way("reader")
            },
            "disable",
            "resolve connect !log_in",
            "resolve connect !log_in",
        ),
        (
            Way {
                port: closed,
                ..way("reader")
            },
            "disable",
            "resolve !connect",
            "resolve !connect",
        ),
        (
            Way {
                host: "nobody.invalid",
                ..way("reader")
            },
            "disable",
            "!resolve",
            "!resolve",
        ),
        (
            way("reader"),
            "verify-full",
            "resolve connect !tls",
            "resolve connect !tls",
        ),
    ] {
        let file = way.file(tls);
        assert_eq!(way.steps(tls).await, [source, destination].map(expected), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mysql_tells_each_step() {
    let folder = certificates("DNS:db.example.net");
    let files = ["server.crt", "server.key"].map(|name| {
        let from = name.replace(".crt", ".pem");
        (name, fs::read_to_string(folder.path().join(from)).unwrap())
    });
    let options = ["--ssl-cert={folder}/server.crt", "--ssl-key={folder}/server.key"];
    let server = MariaDb::start(&options, &files).await;
    let databases = server.databases().await;
    let way = |login: &'static str| {
        let login = if login == "reader" {
            &databases.reader
        } else {
            &databases.writer
        };
        Way {
            connector: "mysql",
            host: "127.0.0.1",
            port: login.port,
            user: &login.user,
            database: &login.database,
            password: &login.password,
        }
    };
    let good = "resolve connect tls log_in rights";
    let closed = port::free();
    for (way, tls, source, destination) in [
        (way("reader"), "require", good, "resolve connect tls log_in !rights"),
        (way("writer"), "require", good, good),
        (
            way("writer"),
            "disable",
            "resolve connect log_in rights",
            "resolve connect log_in rights",
        ),
        (
            Way {
                password: WRONG,
                ..way("reader")
            },
            "require",
            "resolve connect tls !log_in",
            "resolve connect tls !log_in",
        ),
        (
            Way {
                password: WRONG,
                ..way("reader")
            },
            "disable",
            "resolve connect !log_in",
            "resolve connect !log_in",
        ),
        (
            Way {
                port: closed,
                ..way("reader")
            },
            "require",
            "resolve !connect",
            "resolve !connect",
        ),
        (
            Way {
                host: "nobody.invalid",
                ..way("reader")
            },
            "require",
            "!resolve",
            "!resolve",
        ),
        (
            way("reader"),
            "verify-full",
            "resolve connect !tls",
            "resolve connect !tls",
        ),
    ] {
        let file = way.file(tls);
        assert_eq!(way.steps(tls).await, [source, destination].map(expected), "{file}");
    }
}
