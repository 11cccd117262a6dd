//! The reading of whole files: what users see of a slip, and that a right file is read right.

mod connections;
mod keys;
mod problems;
mod robust;
mod whole;

use std::collections::HashMap;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Deserialize;

use super::{Loaded, Variables, load};
use crate::{Secret, render};

/// A connector with what connectors' schemas have: ranges, words, secrets, nested keys, references.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema and its reading are under test")]
struct Server {
    /// Name or address of the server.
    host: String,
    #[schemars(range(min = 1))]
    port: Option<u16>,
    url: Option<Secret>,
    database: Option<String>,
    user: Option<String>,
    password: Option<Secret>,
    fast: Option<bool>,
    ratio: Option<f64>,
    tls: Option<Tls>,
    /// An untagged choice.
    null_values: Option<OneOrMany>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema and its reading are under test")]
struct Tls {
    mode: Option<TlsMode>,
    ca_file: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum TlsMode {
    Disable,
    /// The certificate is checked.
    VerifyFull,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema and its reading are under test")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema and its reading are under test")]
struct Folder {
    path: String,
}

fn connectors() -> Vec<(String, Schema)> {
    vec![
        ("postgres".into(), schema_for!(Server)),
        ("sqlite".into(), schema_for!(Folder)),
    ]
}

fn loaded(text: &str) -> Loaded {
    load(text, "shop.yaml", &connectors(), &[])
}

/// All problems of a file as a user reads them.
fn problems(text: &str) -> String {
    let loaded = loaded(text);
    rendered(&loaded.problems, loaded.source())
}

fn rendered(problems: &[crate::Error], text: &str) -> String {
    if problems.is_empty() {
        return "no problems\n".into();
    }
    problems
        .iter()
        .map(|problem| render(problem, Some(text)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A file with one stream, whose keys the case gives in YAML's flow style.
fn with_stream(keys: &str) -> String {
    format!(
        "{CONNECTIONS}syncs:\n  s:\n    source: shop\n    destination: lake\n    streams:\n      public.orders: {keys}\n"
    )
}

const CONNECTIONS: &str = "\
version: 1
connections:
  shop: { connector: postgres, host: db }
  lake: { connector: sqlite, path: lake.db }
";

#[derive(Default)]
struct Fixed(HashMap<&'static str, &'static str>);

impl Variables for Fixed {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| (*value).to_owned())
    }

    fn secret(&self, name: &str) -> crate::Result<Option<String>> {
        Ok((name == "db/password").then(|| "from-the-vault".to_owned()))
    }

    fn secret_help(&self, name: &str) -> String {
        format!("store `{name}`")
    }
}
