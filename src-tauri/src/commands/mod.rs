//! What pages may ask of the shell, a file a family. Each is named in `build.rs` and allowed in `capabilities/main.json`.

#![allow(clippy::needless_pass_by_value, reason = "Tauri hands a command its arguments over")]

pub(crate) mod agents;
pub(crate) mod interface;
pub(crate) mod native;
pub(crate) mod preferences;
pub(crate) mod secrets;

use crate::failed::Failed;

/// What a command answers.
type Answer<T> = Result<T, Failed>;
