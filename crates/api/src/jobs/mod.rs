//! Jobs: what looks at the systems of a project takes its time, so that it is begun by one request and looked at by others.
//!
//! Invariants:
//! - The process that was asked does the work, a few jobs at once and each for a bounded time. What is known of a job lies in the
//!   [`Cache`](syncapp_control::Cache), so that any process of a fleet tells it and stops it.
//! - While it goes on its record is renewed: that of a process that died is forgotten soon, and nobody waits for it for ever.
//! - A job that is over is remembered for an hour.

mod begin;
pub(crate) mod drafts;
mod record;
pub(crate) mod rejects;
pub(crate) mod routes;
pub(crate) mod show;
mod work;

pub use work::Jobs;
