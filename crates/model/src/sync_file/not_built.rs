//! The keys and words that the format has and this version does not carry out yet.
//!
//! A key that parses but has no effect would be a bug: each of these is an error of [`Code::NotAvailable`] until the
//! day it works, when its line here goes away.

use serde::Serialize;

use super::{ColumnConfig, Mask, Mode, StreamConfig};
use crate::{Code, Error};

/// What a stream's keys ask for that is not built: the key, and the error.
pub(super) fn of_stream(config: &StreamConfig) -> Vec<(&'static str, Error)> {
    let word = |unbuilt: bool, key, word: Option<String>| {
        unbuilt.then(|| (key, refuse(&format!("{key}: {}", word.unwrap_or_default()))))
    };
    let mode = word(config.mode == Some(Mode::Cdc), "mode", spelled(config.mode));
    mode.into_iter().collect()
}

/// What a column's keys ask for that is not built.
pub(super) fn of_column(config: &ColumnConfig) -> Vec<(&'static str, Error)> {
    let mask = (config.mask == Some(Mask::Encrypt)).then(|| ("mask", refuse("mask: encrypt")));
    mask.into_iter().collect()
}

/// The error about a key or word.
pub(super) fn refuse(what: &str) -> Error {
    Error::new(Code::NotAvailable, format!("`{what}` is not available yet")).help("planned; see docs/limits.md")
}

/// A word as the file spells it.
fn spelled(word: Option<impl Serialize>) -> Option<String> {
    match serde_json::to_value(word?).ok()? {
        serde_json::Value::String(word) => Some(word),
        other => Some(other.to_string()),
    }
}
