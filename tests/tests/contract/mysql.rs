//! Effects of the keys of a MySQL connection.

use std::fs;

use syncapp_tests::server::mariadb::{Databases, Login, MariaDb};

use super::connections::{certificate, wait};
use crate::contract::case::sync;
use crate::contract::place::Place;

const SQLITE: &str = "{ connector: sqlite, path: to.db }";

/// Databases with a table that the reader may read.
fn shop() -> Databases {
    wait(async {
        let databases = MariaDb::shared().await.databases().await;
        let source = &databases.reader.database;
        let owner = &databases.owner;
        owner
            .run(&format!(
                "create table {source}.orders(id int primary key, total decimal(10,2))"
            ))
            .await;
        owner
            .run(&format!("insert into {source}.orders values (1, 1.50), (2, 2.25)"))
            .await;
        databases
    })
}

fn connection(login: &Login) -> String {
    format!("{{ connector: mysql, url: \"{}\" }}", login.url())
}

/// What a run of `orders` into SQLite says, and what it leaves.
fn orders(place: &Place, connection: &str, stream: &str) -> Result<Vec<String>, String> {
    place.put("sync.yaml", sync(connection, SQLITE, stream, ""));
    let _ = fs::remove_file(place.path("to.db"));
    let ran = place.syncapp(&["run", "sync.yaml"]);
    match ran.code {
        0 => Ok(place.rows("to.db", "select id, total from orders order by id")),
        _ => Err(ran.stderr),
    }
}

pub(crate) fn url() {
    let shop = shop();
    let (keys, stream) = (connection(&shop.reader), format!("{}.orders", shop.reader.database));
    assert_eq!(orders(&Place::new(), &keys, &stream).unwrap(), ["1|1.50", "2|2.25"]);
}

/// Each part is needed, and each is taken.
pub(crate) fn parts() {
    let shop = shop();
    let Login {
        port,
        database,
        user,
        password,
    } = &shop.reader;
    let parts = [
        ("host", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        ("database", database.clone()),
        ("user", user.clone()),
        ("password", "${OWN}".to_owned()),
    ];
    let place = Place::new().variable("OWN", password);
    let without = |left_out: &str| {
        let keys = parts.iter().filter(|(key, _)| *key != left_out);
        let keys: Vec<String> = keys.map(|(key, value)| format!("{key}: {value}")).collect();
        let keys = format!("{{ connector: mysql, {} }}", keys.join(", "));
        orders(
            &place,
            &keys.replace("${OWN}", "\"${OWN}\""),
            &format!("{database}.orders"),
        )
    };
    assert_eq!(without("").unwrap(), ["1|1.50", "2|2.25"]);
    for (key, code) in [
        ("host", "config.missing_key"),
        ("database", "config.missing_key"),
        ("user", "config.missing_key"),
        ("port", "source.unreachable"),
        ("password", "source.auth_failed"),
    ] {
        let said = without(key).unwrap_err();
        assert!(said.contains(code), "without {key}: {said}");
        assert!(!said.contains(password.as_str()), "{said}");
    }
}

pub(crate) fn statement_timeout() {
    let shop = shop();
    let run = |key: &str| {
        let keys = connection(&shop.reader).replace(" }", &format!("{key} }}"));
        let slow = "into: t, query: \"select sleep(0.5) as slept from orders\"";
        let place = Place::new().file("sync.yaml", sync(&keys, SQLITE, "slow", slow));
        place.syncapp(&["run", "sync.yaml"])
    };
    run("").exits(0);
    let ran = run(", statement_timeout: 100ms").exits(1);
    assert!(ran.stderr.contains("source.statement_timeout"), "{}", ran.stderr);
}

/// A server with a certificate for another name than its address, and the session's cipher as the witness.
pub(crate) fn tls() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path(), "named", "DNS:elsewhere.example");
    certificate(folder.path(), "address", "IP:127.0.0.1");
    let made = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let server = |name: &str| {
        let files = [
            ("server.crt", made(&format!("{name}.crt"))),
            ("server.key", made(&format!("{name}.key"))),
        ];
        let options = ["--ssl-cert={folder}/server.crt", "--ssl-key={folder}/server.key"];
        wait(async {
            let server = MariaDb::start(&options, &files).await;
            let databases = server.databases().await;
            (server, databases)
        })
    };
    let (_named, elsewhere) = server("named");
    let (_address, here) = server("address");
    let plain = shop();
    let place = Place::new()
        .file("named.pem", made("named.crt"))
        .file("address.pem", made("address.crt"));
    let witness = |login: &Login, tls: &str| {
        let keys = connection(login).replace(" }", &format!(", tls: {{ {tls} }} }}"));
        let query = "into: t, query: \"select variable_value <> '' as it from information_schema.session_status \
                     where variable_name = 'SSL_CIPHER'\"";
        place.put("sync.yaml", sync(&keys, SQLITE, "witness", query));
        let ran = place.syncapp(&["run", "sync.yaml"]);
        match ran.code {
            0 => place.rows("to.db", "select it from t").join(","),
            _ => ran.stderr.split(['[', ']']).nth(1).unwrap_or_default().to_owned(),
        }
    };
    for (login, tls, want) in [
        (&plain.reader, "mode: disable", "0"),
        (&plain.reader, "mode: prefer", "0"),
        (&plain.reader, "mode: require", "source.tls_failed"),
        (&here.reader, "mode: disable", "0"),
        (&here.reader, "mode: prefer", "1"),
        (&here.reader, "", "1"),
        (&here.reader, "mode: require", "1"),
        (&here.reader, "mode: verify-ca", "source.tls_failed"),
        (&here.reader, "mode: verify-full, ca_file: address.pem", "1"),
        (&elsewhere.reader, "mode: verify-ca, ca_file: named.pem", "1"),
        (
            &elsewhere.reader,
            "mode: verify-ca, ca_file: address.pem",
            "source.tls_failed",
        ),
        (
            &elsewhere.reader,
            "mode: verify-full, ca_file: named.pem",
            "source.tls_failed",
        ),
    ] {
        assert_eq!(witness(login, tls), want, "{tls}");
    }
}
