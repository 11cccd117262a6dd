//! The sync file: what a user writes, as plain data. One format (YAML or JSON), the same on desktop, CLI and agent.
//!
//! These types are the one source of the JSON Schema and of what the parser accepts.
//!
//! [`load()`] reads a text in steps, each of which reports all that is wrong: `parse` makes a tree with places, `reader`
//! holds it against the schema, `check` knows the rules between keys, `interpolate` resolves a connection's variables.

mod alternative;
mod check;
mod core_scalar;
mod custody;
mod interpolate;
mod json_text;
mod load;
mod not_built;
mod parse;
mod place;
mod reader;
mod redact;
mod schedule;
mod schema;
mod stream;
mod tree;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use custody::Sending;
pub use interpolate::{Variables, secret_name};
pub use load::{Loaded, load};
pub use schedule::{Blackout, Day, Misfire, Overlap, Schedule, When, Window};
pub use schema::schema;
pub use stream::{
    ColumnConfig, DeleteRule, Mask, Mode, Naming, OnError, Partial, SchemaChanges, StreamConfig, Undo, Write,
};

/// A whole sync file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncFile {
    /// The format's version: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The unit of push; the file's stem where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Configured endpoints, by name.
    #[serde(default)]
    pub connections: IndexMap<String, Connection>,
    /// Values of connections by environment, chosen with `--env`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub environments: IndexMap<String, Environment>,
    /// What moves from where to where, by name.
    #[serde(default)]
    pub syncs: IndexMap<String, Sync>,
}

/// The keys that every connection has, whatever its connector.
const COMMON: [&str; 2] = ["connector", "max_streams"];

/// One endpoint. The keys beside `connector` and `max_streams` are that connector's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// The connector's id, such as `postgres`.
    pub connector: String,
    /// How many streams of the project may read or write through it at once, on all agents; as many as there are where it is
    /// not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_streams: Option<u32>,
    /// The connector's own keys.
    #[serde(flatten)]
    pub options: serde_json::Map<String, serde_json::Value>,
}

/// Values laid over the file's own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Keys of connections that differ, by the connection's name.
    #[serde(default)]
    pub connections: IndexMap<String, Overlay>,
}

/// Keys of one connection that differ.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overlay {
    /// How many streams of the project may read or write through it at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_streams: Option<u32>,
    /// The connector's own keys.
    #[serde(flatten)]
    pub options: serde_json::Map<String, serde_json::Value>,
}

impl SyncFile {
    /// How many streams may use a connection at once where that environment holds; `None` where nothing limits them.
    pub fn max_streams(&self, connection: &str, environment: Option<&str>) -> Option<u32> {
        let overlay = environment
            .and_then(|environment| self.environments.get(environment)?.connections.get(connection))
            .and_then(|overlay| overlay.max_streams);
        overlay.or_else(|| self.connections.get(connection)?.max_streams)
    }
}

/// Streams that move from one connection to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// Name of the connection that is read.
    pub source: String,
    /// Name of the connection that is written.
    pub destination: String,
    /// When an agent runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Schema of the target that holds the checkpoints; the target table's own where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_schema: Option<String>,
    /// Every stream key may stand here; a stream's own key replaces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defaults: Option<StreamConfig>,
    /// By source stream or glob (`public.*`, `!public.tmp_*`).
    pub streams: IndexMap<String, Option<StreamConfig>>,
}

impl Sync {
    /// What holds for one entry of `streams`: its own keys over the defaults.
    pub fn stream(&self, own: Option<&StreamConfig>) -> StreamConfig {
        let own = own.cloned().unwrap_or_default();
        match &self.defaults {
            Some(defaults) => own.over(defaults),
            None => own,
        }
    }
}

#[cfg(test)]
mod tests;
