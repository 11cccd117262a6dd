//! What is kept of runs, and through which doors: plain records, and ports that the store implements.
//!
//! Invariants:
//! - No driver and no clock in here: callers bring the time, `crates/store` the database.
//! - A record holds no secret and no row of anybody's data but a cursor's position.

mod runs;
pub mod schedule;

pub use runs::{ErrorRecord, Outcome, RunFilter, RunId, RunRecord, Runs, StreamRecord};
