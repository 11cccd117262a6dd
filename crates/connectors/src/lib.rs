//! The systems that SyncApp connects, one folder each. No folder knows another.

mod cells;
pub mod files;
mod hash;
mod horizon;
mod journal;
pub mod mysql;
pub mod postgres;
mod refusals;
mod registry;
mod removal;
pub mod server;
pub mod sqlite;
mod sums;
mod tunnel;
mod unreadable;

pub use registry::{PLANNED, connectors};
