//! The systems that SyncApp connects, one folder each. No folder knows another.

mod cells;
pub mod files;
pub mod postgres;
mod registry;
pub mod sqlite;

pub use registry::{PLANNED, connectors};
