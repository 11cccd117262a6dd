//! Connections: TLS as asked, and errors that help without telling a secret.

use std::fs;

use serde_json::{Value, json};
use syncapp_connector::{Connector, Context, Target};
use syncapp_connectors::postgres::Postgres as Connection;
use syncapp_model::sync_file::Write;
use syncapp_model::{Checkpoint, Code, Error, Result, Side, render};
use syncapp_tests::server::certificates::certificates;
use syncapp_tests::server::postgres::{Login, Options, Postgres};

use super::ends::{destination, public, query, rows, source, target, valid};

async fn connect(keys: Value) -> Result<()> {
    let context = Context::at("/");
    let valid = Connection
        .validate(serde_json::from_value(keys).unwrap(), &context)
        .map_err(|mut all| all.remove(0))?;
    Connection.check(&valid, Side::Source).await
}

fn keys(login: &Login) -> Value {
    let Login {
        host,
        port,
        database,
        user,
        password,
    } = login;
    json!({ "host": host, "port": port, "database": database, "user": user, "password": password })
}

fn with(mut keys: Value, changes: &Value) -> Value {
    keys.as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    keys
}

#[tokio::test]
async fn tls_is_as_strict_as_asked() {
    for (name, fits) in [("IP:127.0.0.1", true), ("DNS:db.example.net", false)] {
        let folder = certificates(name);
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
        let server = Options::default()
            .file("server.pem", &read("server.pem"))
            .file("server.key", &read("server.key"))
            .file(
                "hba.conf",
                "hostssl all all all scram-sha-256\nhost all owner all scram-sha-256\nhost all all all reject\n",
            )
            .setting("hba_file", "{folder}/hba.conf")
            .setting("ssl", "on")
            .setting("ssl_cert_file", "{folder}/server.pem")
            .setting("ssl_key_file", "{folder}/server.key");
        let server = server.start().await;
        let login = server.database().await.reader;
        let [ca, other] = ["ca.pem", "other.pem"].map(|file| folder.path().join(file));
        let missing = folder.path().join("missing.pem");
        let tls_failed = Some(Code::TlsFailed(Side::Source));
        for (tls, want) in [
            (json!({ "mode": "disable" }), Some(Code::AuthFailed(Side::Source))),
            (json!({ "mode": "prefer" }), None),
            (json!({ "mode": "require" }), None),
            (json!({}), None),
            (json!({ "mode": "verify-ca", "ca_file": ca }), None),
            (
                json!({ "mode": "verify-full", "ca_file": ca }),
                if fits { None } else { tls_failed },
            ),
            (json!({ "mode": "verify-ca", "ca_file": other }), tls_failed),
            (json!({ "mode": "verify-full", "ca_file": other }), tls_failed),
            (json!({ "mode": "verify-ca" }), tls_failed),
            (json!({ "mode": "verify-full" }), tls_failed),
            (
                json!({ "mode": "verify-full", "ca_file": missing }),
                Some(Code::UnreadableFile),
            ),
        ] {
            let keys = with(keys(&login), &json!({ "tls": tls }));
            let got = connect(keys.clone()).await.err();
            assert_eq!(
                got.as_ref().map(Error::code),
                want,
                "{tls} where the certificate is for {name}: {got:?}"
            );
            if want.is_none() {
                let encrypted = query("select ssl::text as a from pg_stat_ssl where pid = pg_backend_pid()");
                let read = rows_of(keys, &encrypted).await;
                assert_eq!(super::ends::shown(&read, "a", 0), "true", "{tls}");
            }
        }
    }
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_it_is_asked_for() {
    let login = Postgres::shared().await.database().await.reader;
    for (mode, want) in [
        ("disable", None),
        ("prefer", None),
        ("require", Some(Code::TlsFailed(Side::Source))),
        ("verify-ca", Some(Code::TlsFailed(Side::Source))),
        ("verify-full", Some(Code::TlsFailed(Side::Source))),
    ] {
        let got = connect(with(keys(&login), &json!({ "tls": { "mode": mode } })))
            .await
            .err();
        assert_eq!(got.as_ref().map(Error::code), want, "{mode}: {got:?}");
    }
}

async fn rows_of(keys: Value, stream: &syncapp_connector::StreamRef) -> Vec<arrow_array::RecordBatch> {
    let source = Connection.source(valid(keys)).unwrap();
    let spec = source.describe(stream).await.unwrap();
    let snapshot = source.open(&super::ends::request(stream, &spec, false)).await.unwrap();
    let batches = super::ends::drain(&*snapshot)
        .await
        .unwrap()
        .into_iter()
        .map(|batch| match batch {
            syncapp_connector::Batch::Columns(columns) => columns,
            syncapp_connector::Batch::Native(_)
            | syncapp_connector::Batch::Passing(_)
            | syncapp_connector::Batch::Marked(_)
            | syncapp_connector::Batch::Unread(_) => {
                panic!("columns were asked for")
            }
        });
    batches.collect()
}

#[tokio::test]
async fn a_connection_that_fails_says_what_to_do() {
    let database = Postgres::shared().await.database().await;
    let login = &database.reader;
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let side = Side::Source;
    for (changes, code, transient) in [
        (json!({ "password": "wrong-canary" }), Code::AuthFailed(side), false),
        (json!({ "user": "nobody" }), Code::AuthFailed(side), false),
        (json!({ "password": null }), Code::AuthFailed(side), false),
        (
            json!({ "host": "no-such-host.invalid", "tls": { "mode": "prefer" } }),
            Code::Unreachable(side),
            true,
        ),
        (json!({ "port": closed }), Code::Unreachable(side), true),
        (json!({ "database": "no_such" }), Code::NamespaceNotFound(side), false),
        (
            json!({ "statement_timeout": login.password }),
            Code::InvalidValue,
            false,
        ),
        (
            json!({ "url": format!("postgres://u:{}@h:port/d", login.password) }),
            Code::InvalidValue,
            false,
        ),
        (
            json!({ "url": format!("postgres://u@h/d?password={}", login.password) }),
            Code::InvalidValue,
            false,
        ),
        (
            json!({ "url": format!("mysql://u:{}@h/d", login.password) }),
            Code::InvalidValue,
            false,
        ),
    ] {
        let error = connect(with(keys(login), &changes)).await.unwrap_err();
        assert_eq!(
            (error.code(), error.is_transient()),
            (code, transient),
            "{changes}: {error:?}"
        );
        assert!(error.report().help.is_some(), "{error:?}");
        for text in [format!("{error:?}"), error.to_string(), render(&error, None)] {
            assert!(!text.contains("canary"), "a secret is shown: {text}");
        }
    }
    let secrets = format!("{:?}", valid(keys(login)));
    assert!(!secrets.contains("canary"), "{secrets}");
}

#[tokio::test]
async fn a_statement_ends_at_its_timeout() {
    let database = Postgres::shared().await.database().await;
    database.run("create view slow as select pg_sleep(30)::text as a").await;
    let keys = with(keys(&database.reader), &json!({ "statement_timeout": "200ms" }));
    let source = Connection.source(valid(keys)).unwrap();
    let stream = super::ends::public("slow");
    let spec = source.describe(&stream).await.unwrap();
    let snapshot = source.open(&super::ends::request(&stream, &spec, false)).await.unwrap();
    let error = match snapshot.read(&snapshot.splits()[0]).await {
        Ok(mut read) => futures_util::StreamExt::next(&mut read).await.unwrap().unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.code(), Code::StatementTimeout(Side::Source), "{error:?}");
    assert_eq!(
        rows(&database.reader, &query("select 1 as a")).await.unwrap()[0].num_rows(),
        1
    );
}

/// Connections are used again: by what a user's SQL left in one, the next stream would land elsewhere.
#[tokio::test]
async fn a_session_that_ran_sql_of_the_user_is_not_used_again() {
    let database = Postgres::shared().await.database().await;
    database
        .run("create table public.t (id int); insert into public.t values (1)")
        .await;
    let (source, destination) = (source(&database.reader), destination(&database.writer));
    let stream = public("t");
    let spec = source.describe(&stream).await.unwrap();
    let plain = target(&spec, Write::Append, &[]);
    let landing = destination.diff(&plain).await.unwrap().name;
    for (before, after) in [
        (Some("set search_path = public"), None),
        (None, Some("set search_path = public")),
    ] {
        let target = Target {
            before_sql: before.map(Into::into),
            after_sql: after.map(Into::into),
            name: landing.clone(),
            ..plain.clone()
        };
        let claim = destination.claim(&target).await.unwrap();
        let shape = destination.diff(&target).await.unwrap();
        let mut load = destination.begin(&target, claim.epoch, &shape).await.unwrap();
        let writer = load.writer().await.unwrap().unwrap();
        assert_eq!(writer.finish().await.unwrap(), 0);
        load.commit(&Checkpoint {
            position: None,
            rows: 0,
        })
        .await
        .unwrap();
        assert_eq!(destination.diff(&plain).await.unwrap().name, landing);
    }
}
