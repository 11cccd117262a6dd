//! Where the connections of a file send its secrets.

use serde_json::{Map, Value};

use super::interpolate::secrets;
use super::{Connection, SyncFile};

/// A secret that a connection sends somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Sending {
    /// The secret's name.
    pub secret: String,
    /// The connection's name.
    pub connection: String,
    /// All that says where it goes: of one secret and equal places, it goes to one system.
    pub place: Value,
}

impl SyncFile {
    /// What its connections send, in whichever environment. `staying` tells, of a connector, the keys that do not say where: nested
    /// ones as `a.b`.
    pub fn sendings(&self, staying: impl Fn(&str) -> &'static [&'static str]) -> Vec<Sending> {
        let mut sendings = Vec::new();
        for (name, connection) in &self.connections {
            let overlays = self.environments.values();
            let overlays = overlays.filter_map(|environment| environment.connections.get(name));
            let none = Map::new();
            for over in std::iter::once(&none).chain(overlays.map(|overlay| &overlay.options)) {
                let mut keys = Value::Object(connection.options.clone());
                overlay(&mut keys, &Value::Object(over.clone()));
                sendings.extend(of_one(name, connection, keys, staying(&connection.connector)));
            }
        }
        sendings
    }
}

fn of_one(name: &str, connection: &Connection, mut keys: Value, staying: &[&str]) -> impl Iterator<Item = Sending> {
    let mut names = Vec::new();
    gather(&keys, &mut names);
    for path in staying {
        take(&mut keys, path);
    }
    let place = Value::Array(vec![connection.connector.clone().into(), keys]);
    names.into_iter().map(move |secret| Sending {
        secret,
        connection: name.to_owned(),
        place: place.clone(),
    })
}

fn overlay(value: &mut Value, over: &Value) {
    match (value, over) {
        (Value::Object(keys), Value::Object(others)) => {
            for (key, other) in others {
                overlay(keys.entry(key).or_insert(Value::Null), other);
            }
        }
        (value, over) => value.clone_from(over),
    }
}

fn gather(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) => names.extend(secrets(text).into_iter().map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| gather(item, names)),
        Value::Object(keys) => keys.values().for_each(|value| gather(value, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn take(value: &mut Value, path: &str) {
    let Value::Object(keys) = value else { return };
    match path.split_once('.') {
        Some((key, rest)) => {
            if let Some(inner) = keys.get_mut(key) {
                take(inner, rest);
            }
        }
        None => {
            keys.remove(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(connections: &Value, environments: &Value) -> Vec<(String, Value)> {
        let file = json!({ "version": 1, "connections": connections, "environments": environments, "syncs": {} });
        let file: SyncFile = serde_json::from_value(file).unwrap();
        let staying = |connector: &str| match connector {
            "postgres" => &["user", "password", "ssh.password"][..],
            _ => &[],
        };
        let sendings = file.sendings(staying).into_iter();
        sendings.map(|sending| (sending.secret, sending.place)).collect()
    }

    fn one(keys: &Value) -> Vec<(String, Value)> {
        sent(&json!({ "c": keys }), &json!({}))
    }

    #[test]
    fn a_place_is_all_but_what_stays() {
        let before = one(&json!({ "connector": "postgres", "host": "db", "user": "a", "password": "secret://pw" }));
        assert_eq!(before, [("pw".to_owned(), json!(["postgres", { "host": "db" }]))]);
        let other_user = one(&json!({ "connector": "postgres", "host": "db", "user": "b", "password": "secret://pw" }));
        assert_eq!(other_user, before);
        let by_default = "${PW:-secret://pw}";
        assert_eq!(
            one(&json!({ "connector": "postgres", "host": "db", "password": by_default })),
            before
        );
        for keys in [
            json!({ "connector": "postgres", "host": "elsewhere", "password": "secret://pw" }),
            json!({ "connector": "postgres", "host": "db", "port": 6543, "password": "secret://pw" }),
            json!({ "connector": "postgres", "host": "db", "ssh": { "host": "hop" }, "password": "secret://pw" }),
            json!({ "connector": "postgres", "host": "secret://pw", "password": "secret://pw" }),
            json!({ "connector": "mysql", "host": "db", "password": "secret://pw" }),
        ] {
            assert!(one(&keys).iter().all(|sending| !before.contains(sending)), "{keys}");
        }
    }

    #[test]
    fn what_is_nested_counts_and_so_does_every_environment() {
        let ssh = json!({ "host": "hop", "password": "secret://hop" });
        let base = json!({ "connector": "postgres", "host": "db", "ssh": ssh, "password": "secret://pw" });
        let environments = json!({ "prod": { "connections": { "c": { "ssh": { "host": "prod" } } } } });
        let place = |hop: &str| json!(["postgres", { "host": "db", "ssh": { "host": hop } }]);
        let found = sent(&json!({ "c": base }), &environments);
        for hop in ["hop", "prod"] {
            for secret in ["hop", "pw"] {
                assert!(
                    found.contains(&(secret.to_owned(), place(hop))),
                    "{secret} {hop}: {found:#?}"
                );
            }
        }
        assert_eq!(found.len(), 4);
    }
}
