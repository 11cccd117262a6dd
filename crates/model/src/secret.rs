//! A value that must never be shown.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// A password, key or token. It cannot be printed or serialised; [`Secret::reveal`] is the one way to its text.
/// Its schema is `writeOnly`: forms hide it, and errors that quote a sync file leave it out.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("writeOnly" = true))]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one call that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
