//! What is pushed: secrets in every key that takes one.

use std::fmt::Write as _;

use syncapp_tests::server::postgres::Database;

/// A project whose connections take secrets in every key there is, most of them in vain.
pub(super) fn file(database: &Database) -> String {
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
