//! The ports of `crates/control` on real databases.
//!
//! Invariants:
//! - What a call has confirmed survives a power cut.
//! - Several processes may use one store at once.
//! - Nothing here knows what a run does: records come in and go out as they are.
//! - What a transaction does is written once, in `steps`, over [`rows::Rows`]; a database says how rows are read, locked and
//!   written. Only what is one statement (lists, and what handles many rows) is written for each.

mod access_rows;
#[cfg(test)]
mod additive;
mod page;
mod postgres;
mod rows;
mod sqlite;
mod steps;
mod words;

pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;
