//! What is pushed: secrets in every key that takes one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use syncapp_connectors::connectors;
use syncapp_tests::server::mariadb::Login;
use syncapp_tests::server::postgres::Database;
use syncapp_tests::server::sshd::{Sshd, USER};

/// The file of a private key that is protected, in the folder of each agent.
pub(super) const KEY_FILE: &str = "protected.key";

/// A project whose connections take secrets in every key there is, most of them in vain.
pub(super) struct Project {
    /// Its file.
    pub(super) text: String,
    /// Its sources, each with a sync of its name.
    sources: BTreeMap<&'static str, Json>,
    /// The stream of people in each kind of source.
    streams: BTreeMap<&'static str, String>,
}

impl Project {
    pub(super) fn new(database: &Database, mysql: &Login, sshd: &Sshd) -> Self {
        let reader = &database.reader;
        let postgres = json!({
            "connector": "postgres", "host": "127.0.0.1", "port": reader.port, "user": reader.user,
            "database": reader.database, "tls": { "mode": "disable" },
        });
        let mariadb = json!({
            "connector": "mysql", "host": "127.0.0.1", "port": mysql.port, "user": mysql.user,
            "database": mysql.database, "tls": { "mode": "disable" },
        });
        let ssh = json!({ "host": "127.0.0.1", "port": sshd.port(), "user": USER, "host_key": sshd.host_key() });
        let by_password = |name: &str| with(&ssh, &json!({ "password": name }));
        let by_key = |name: &str| with(&ssh, &json!({ "key": KEY_FILE, "passphrase": name }));
        let [password_reader, password_mysql] = ["READER", "MYSQL"].map(|name| format!("secret://{name}"));
        let sources = BTreeMap::from([
            ("good", with(&postgres, &json!({ "password": password_reader }))),
            ("wrong", with(&postgres, &json!({ "password": "secret://WRONG" }))),
            ("mounted", with(&postgres, &json!({ "password": "secret://MOUNTED" }))),
            (
                "environment",
                with(&postgres, &json!({ "password": "secret://ENVIRONMENT" })),
            ),
            ("variable", with(&postgres, &json!({ "password": "${VARIABLE}" }))),
            ("address", json!({ "connector": "postgres", "url": "secret://ADDRESS" })),
            (
                "tunnel",
                with(
                    &postgres,
                    &json!({ "password": password_reader, "ssh": by_password("secret://TUNNEL") }),
                ),
            ),
            (
                "key",
                with(
                    &postgres,
                    &json!({ "password": password_reader, "ssh": by_key("secret://PASSPHRASE") }),
                ),
            ),
            (
                "silent",
                with(&mariadb, &json!({ "port": 1, "password": "secret://SILENT" })),
            ),
            ("mysql", with(&mariadb, &json!({ "password": password_mysql }))),
            (
                "mysql_wrong",
                with(&mariadb, &json!({ "password": "secret://MYSQL_WRONG" })),
            ),
            (
                "mysql_address",
                json!({ "connector": "mysql", "url": "secret://MYSQL_ADDRESS" }),
            ),
            (
                "mysql_tunnel",
                with(
                    &mariadb,
                    &json!({ "password": password_mysql, "ssh": by_password("secret://MYSQL_TUNNEL") }),
                ),
            ),
            (
                "mysql_key",
                with(
                    &mariadb,
                    &json!({ "password": password_mysql, "ssh": by_key("secret://MYSQL_PASSPHRASE") }),
                ),
            ),
        ]);
        let streams = BTreeMap::from([
            ("postgres", "public.people".to_owned()),
            ("mysql", format!("{}.people", mysql.database)),
        ]);
        let mut project = Self {
            text: String::new(),
            sources,
            streams,
        };
        let mut connections = json!({ "to": { "connector": "postgres", "url": "secret://WRITER" } });
        let mut syncs = json!({ "slow": { "source": "good", "destination": "to", "streams": { "public.slow": {
            "into": "landing.slow", "query": "select 1 as id where pg_sleep(600) is not null",
        } } } });
        for (name, keys) in &project.sources {
            connections[name] = keys.clone();
            syncs[name] = json!({ "source": name, "destination": "to", "streams": { project.stream(name): {
                "into": format!("landing.{name}"), "write": "merge", "on_error": "reject",
                "columns": { "mail": { "mask": "hash" }, "phone": { "mask": "redact" }, "age": { "type": "int64" } },
            } } });
        }
        // JSON is YAML, too.
        project.text = json!({ "version": 1, "connections": connections, "syncs": syncs }).to_string();
        project
    }

    /// The stream of a source's people.
    pub(super) fn stream(&self, source: &str) -> &str {
        let kind = self.sources[source]["connector"].as_str().unwrap();
        &self.streams[kind]
    }

    /// The names of its sources, of their syncs, and of the tables that these land in.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.sources.keys().copied()
    }

    /// Fails where a connector has a key for a secret to which no connection gives one: whoever adds a key adds it here.
    pub(super) fn assert_whole(&self) {
        let mut paths = BTreeSet::new();
        for connector in connectors() {
            let (id, schema) = (connector.manifest().id, connector.schema().to_value());
            let mut secret = BTreeSet::new();
            secret_paths(&schema, &schema, "", &mut secret);
            paths.extend(secret.into_iter().map(|path| (id, path)));
        }
        for known in [("postgres", "/password"), ("mysql", "/ssh/passphrase")] {
            assert!(paths.contains(&(known.0, known.1.to_owned())), "{known:?}: {paths:?}");
        }
        let is_given = |(id, path): &(&str, String)| {
            let of_it = self.sources.values().filter(|keys| keys["connector"] == *id);
            let mut given = of_it.filter_map(|keys| keys.pointer(path)?.as_str());
            given.any(|value| value.starts_with("secret://"))
        };
        let forgotten: Vec<_> = paths.iter().filter(|path| !is_given(path)).collect();
        assert!(forgotten.is_empty(), "no canary is given to {forgotten:?}");
    }
}

/// These keys, with more or others.
fn with(keys: &Json, more: &Json) -> Json {
    let mut both = keys.as_object().unwrap().clone();
    both.extend(more.as_object().unwrap().clone());
    both.into()
}

/// Pointers to all that a schema calls secret. What stands in a list or behind any name has `*` in it, which points nowhere.
fn secret_paths(root: &Json, schema: &Json, at: &str, found: &mut BTreeSet<String>) {
    if schema["writeOnly"] == true {
        found.insert(at.to_owned());
    }
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(name.trim_start_matches('#'));
        secret_paths(root, target.unwrap_or_else(|| panic!("{name} is nowhere")), at, found);
    }
    for form in ["anyOf", "oneOf", "allOf"]
        .into_iter()
        .filter_map(|key| schema[key].as_array())
        .flatten()
    {
        secret_paths(root, form, at, found);
    }
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        secret_paths(root, value, &format!("{at}/{key}"), found);
    }
    for many in ["items", "additionalProperties"]
        .into_iter()
        .filter(|key| schema[key].is_object())
    {
        secret_paths(root, &schema[many], &format!("{at}/*"), found);
    }
}
