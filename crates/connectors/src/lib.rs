//! The systems that SyncApp connects, one folder each. No folder knows another.

mod cells;
pub mod files;
mod horizon;
mod journal;
pub mod mysql;
pub mod postgres;
mod registry;
pub mod server;
pub mod sqlite;
mod tunnel;
mod unreadable;

pub use registry::{PLANNED, connectors};
