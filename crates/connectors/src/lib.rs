//! Connectors, one folder a system.

pub mod files;
