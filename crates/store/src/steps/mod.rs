//! What a transaction does, whatever the database: from a call of a port to reads, locks and writes of rows.
//!
//! Invariants:
//! - Locks are taken in one order: project, schedule, what it owes, limited connections by name, sync, run, task. A second run is locked only under the lock of its sync.
//! - What may become of a task is [`syncapp_control::transition`], and of a run [`syncapp_control::RunState::of`]; nothing here
//!   decides it anew.
//! - A call that changes nothing writes nothing.

mod access;
mod apply;
mod happen;
mod limits;
mod log;
mod pause;
mod record;
mod submit;

pub(crate) use access::{audit, change};
pub(crate) use apply::apply;
pub(crate) use happen::{beat, cancel, happen};
pub(crate) use log::log;
pub(crate) use pause::{pause, resume};
pub(crate) use record::record;
pub(crate) use submit::submit;
