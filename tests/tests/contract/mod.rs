//! The contract of the sync file and the command line, tested on the real program: every key, command and flag has the
//! effect that the documentation promises, or answers `config.not_available`; every failure is readable and leaves the
//! target as it was.

mod cancel;
pub(crate) mod case;
mod check;
mod commands;
pub(crate) mod connections;
mod errors;
mod file;
mod keys;
mod lossy;
mod masks;
mod mysql;
pub(crate) mod place;
mod plan;
mod schedule;
mod schema;
mod secrets;
mod state;
mod stream_keys;
mod tunnel;
mod types;
mod usage;
