//! The keys of a connection.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// A connection to an SQLite file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file; relative to the sync file. A destination is created where it is not there.
    pub path: String,
}

/// A configuration that has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valid {
    /// The file.
    pub path: PathBuf,
}
