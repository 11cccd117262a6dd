//! The systems that SyncApp connects, one folder each. No folder knows another.

pub mod postgres;
pub mod sqlite;
