//! Effects of the keys of a PostgreSQL connection.

use std::path::Path;
use std::process::Command;

use syncapp_tests::server::postgres::{Database, Login, Options};

use crate::contract::case::sync;
use crate::contract::place::{Place, database, postgres};

const SQLITE: &str = "{ connector: sqlite, path: to.db }";

/// Runs a test's asynchronous part.
pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}

/// A database with a table that its reader may read.
pub(crate) fn shop() -> Database {
    wait(async {
        let database = database().await;
        database
            .run("create table public.orders(id int primary key, total numeric, at timestamptz not null default '2024-01-01Z');
                  insert into public.orders values (1, 1.50), (2, 2.25)")
            .await;
        database
    })
}

/// What a run of `public.orders` into SQLite says, and what it leaves.
fn orders(place: &Place, connection: &str) -> Result<Vec<String>, String> {
    place.put("sync.yaml", sync(connection, SQLITE, "public.orders", ""));
    let _ = std::fs::remove_file(place.path("to.db"));
    let ran = place.syncapp(&["run", "sync.yaml"]);
    match ran.code {
        0 => Ok(place.rows("to.db", "select id, total from orders order by id")),
        _ => Err(ran.stderr),
    }
}

pub(crate) fn url() {
    let shop = shop();
    assert_eq!(
        orders(&Place::new(), &postgres(&shop.reader)).unwrap(),
        ["1|1.50", "2|2.25"]
    );
}

/// Each part is needed, and each is taken.
pub(crate) fn parts() {
    let shop = shop();
    let Login {
        host,
        port,
        database,
        user,
        password,
    } = &shop.reader;
    let parts = [
        ("host", host.clone()),
        ("port", port.to_string()),
        ("database", database.clone()),
        ("user", user.clone()),
        ("password", password.clone()),
    ];
    let place = Place::new().variable("OWN", password);
    let without = |left_out: &str| {
        let keys: Vec<String> = parts
            .iter()
            .filter(|(key, _)| *key != left_out)
            .map(|(key, value)| format!("{key}: {value}"))
            .collect();
        orders(&place, &format!("{{ connector: postgres, {} }}", keys.join(", ")))
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
    }
    // A variable may stand for text and for a number, and a key replaces the URL's part.
    let place = place.variable("PORT", &port.to_string());
    let keys = format!(
        "{{ connector: postgres, url: \"postgres://{user}@{host}:1/{database}\", port: \"${{PORT}}\", password: \"${{OWN}}\" }}"
    );
    assert_eq!(orders(&place, &keys).unwrap().len(), 2);
    let said = orders(&place, &keys.replace("${OWN}", "${NOBODY_SET_THIS}")).unwrap_err();
    assert!(
        said.contains("config.unset_variable") && said.contains("NOBODY_SET_THIS"),
        "{said}"
    );
}

pub(crate) fn statement_timeout() {
    let shop = shop();
    let run = |key: &str| {
        let connection = postgres(&shop.reader).replace(" }", &format!("{key} }}"));
        let slow = "into: t, query: \"select 1 as one where pg_sleep(0.3) is not null\"";
        let place = Place::new().file("sync.yaml", sync(&connection, SQLITE, "public.slow", slow));
        place.syncapp(&["run", "sync.yaml"])
    };
    run("").exits(0);
    let ran = run(", statement_timeout: 50ms").exits(1);
    assert!(ran.stderr.contains("source.statement_timeout"), "{}", ran.stderr);
}

pub(crate) fn state_schema() {
    let target = wait(async {
        let target = database().await;
        target
            .run(&format!("create schema states authorization {}", target.writer.user))
            .await;
        target
    });
    let place = Place::new().sqlite("from.db", crate::contract::case::PEOPLE);
    let keep = |key: &str| {
        let file = sync(
            "{ connector: sqlite, path: from.db }",
            &postgres(&target.writer),
            "people",
            "into: landing.people",
        );
        place.put(
            "sync.yaml",
            file.replace("    streams:\n", &format!("{key}    streams:\n")),
        );
        place.syncapp(&["run", "sync.yaml"]).exits(0);
        let sql = "select schemaname from pg_tables where tablename = '_syncapp_checkpoint' order by 1";
        wait(target.texts(sql)).into_iter().flatten().collect::<Vec<_>>()
    };
    assert_eq!(keep("    state_schema: states\n"), ["states"]);
    assert_eq!(keep(""), ["landing", "states"]);
}

/// Makes a certificate for a subject that signs itself, `NAME.crt` and `NAME.key`.
pub(crate) fn certificate(folder: &Path, name: &str, subject: &str) {
    let line = format!(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {name}.key -out {name}.crt -subj /CN=test -addext subjectAltName={subject} -addext basicConstraints=critical,CA:FALSE"
    );
    let done = Command::new("openssl")
        .args(line.split(' '))
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A server with a certificate for another name than its address, and `pg_stat_ssl` as the witness.
pub(crate) fn tls() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    certificate(folder.path(), "named", "DNS:elsewhere.example");
    certificate(folder.path(), "address", "IP:127.0.0.1");
    let server = |name: &str| {
        let options = Options::default()
            .file("server.crt", &made(&format!("{name}.crt")))
            .file("server.key", &made(&format!("{name}.key")))
            .setting("ssl", "on")
            .setting("ssl_cert_file", "{folder}/server.crt")
            .setting("ssl_key_file", "{folder}/server.key");
        wait(async {
            let server = options.start().await;
            let database = server.database().await;
            (server, database)
        })
    };
    let (_named, elsewhere) = server("named");
    let (_address, here) = server("address");
    let plain = shop();
    let place = Place::new()
        .file("named.pem", made("named.crt"))
        .file("address.pem", made("address.crt"));
    let witness = |login: &Login, tls: &str| {
        let connection = postgres(login).replace(" }", &format!(", tls: {{ {tls} }} }}"));
        let query = "into: t, query: \"select ssl from pg_stat_ssl where pid = pg_backend_pid()\"";
        place.put("sync.yaml", sync(&connection, SQLITE, "public.witness", query));
        let ran = place.syncapp(&["run", "sync.yaml"]);
        match ran.code {
            0 => place.rows("to.db", "select ssl from t").join(","),
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

/// The starts and ends of streams, in their order.
fn begun_and_ended(place: &Place, arguments: &[&str]) -> Vec<String> {
    let ran = place.syncapp(&[&["run", "sync.yaml", "--json"], arguments].concat());
    let events = ran.exits(0).stdout;
    let events = events
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let words = events.map(|event| event["event"].as_str().unwrap_or_default().to_owned());
    words.filter(|word| word.starts_with("stream_")).collect()
}

pub(crate) fn max_streams() {
    let shop = shop();
    let slow = |number| {
        format!(
            "public.s{number}: {{ into: s{number}.csv, query: \"select 1 as one where pg_sleep(0.5) is not null\" }}"
        )
    };
    let file = |from: &str, to: &str| {
        let connection = postgres(&shop.reader).replace(" }", &format!("{from} }}"));
        let streams = (1..=3).map(slow).collect::<Vec<_>>().join("\n      ");
        format!(
            "version: 1\nconnections:\n  from: {connection}\n  to: {{ connector: files, path: out, format: csv{to} }}\nenvironments:\n  \
             wide: {{ connections: {{ from: {{ max_streams: 8 }}, to: {{ max_streams: 8 }} }} }}\n  narrow: {{ connections: {{ to: {{ \
             max_streams: 1 }} }} }}\nsyncs:\n  s:\n    source: from\n    destination: to\n    streams:\n      {streams}\n"
        )
    };
    let one_by_one = ["stream_started", "stream_finished"].repeat(3);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let limit = ", max_streams: 1";
    for (from, to, environment, is_one_by_one) in [
        ("", "", None, false),
        (limit, "", None, true),
        ("", limit, None, true),
        (limit, limit, Some("wide"), false),
        ("", "", Some("narrow"), true),
        (limit, "", Some("narrow"), true),
    ] {
        let place = Place::new().file("sync.yaml", file(from, to));
        let environment = environment.map(|environment| ["--env", environment]);
        let said = begun_and_ended(&place, environment.as_ref().map_or(&[], |environment| &environment[..]));
        assert_eq!(
            said == one_by_one,
            is_one_by_one || cores == 1,
            "{from}, {to}, {environment:?}: {said:?}"
        );
    }
    for wrong in ["0", "-1", "many", "1.5"] {
        let place = Place::new().file("sync.yaml", file(&format!(", max_streams: {wrong}"), ""));
        let ran = place.syncapp(&["check", "sync.yaml"]).exits(2);
        assert!(ran.stderr.contains("max_streams"), "{}", ran.stderr);
    }
}
