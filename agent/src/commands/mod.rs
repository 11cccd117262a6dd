//! The commands, one file each.

pub(crate) mod agent;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod copy;
pub(crate) mod discover;
pub(crate) mod later;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod push;
pub(crate) mod rejects;
pub(crate) mod replay;
mod rows;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod secrets;
pub(crate) mod state;
pub(crate) mod undo;
pub(crate) mod verify;
