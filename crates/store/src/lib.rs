//! The ports of `crates/control` on real databases.
//!
//! Invariants:
//! - What a call has confirmed survives a power cut.
//! - Several processes may use one store at once.
//! - Nothing here knows what a run does: records come in and go out as they are.

mod sqlite;

pub use sqlite::SqliteStore;
