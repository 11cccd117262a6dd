//! What all tests of files need.

use syncapp_connector::{Connector, Context};

use super::{Files, ValidFiles};

/// The configuration that the keys say.
pub(super) fn valid(keys: serde_json::Value) -> ValidFiles {
    let context = Context {
        base: std::path::PathBuf::from("."),
    };
    Files.validate(serde_json::from_value(keys).unwrap(), &context).unwrap()
}
