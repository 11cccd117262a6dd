//! What the end-to-end tests share: servers they start themselves, and the data they put into them.
//!
//! Invariants:
//! - A test needs nothing that already runs, and no two test processes meet: each server has its own folder and port.
//! - Nothing is left behind, whatever ends the test: a return, a panic or SIGKILL.
//! - What is tested works with the least rights: see [`server::postgres::Database`].

pub mod agent;
pub mod compare;
pub mod desktop;
pub mod faults;
pub mod fleet;
pub mod pace;
pub mod server;
pub mod signal;
pub mod syncapp;
pub mod tpch;
