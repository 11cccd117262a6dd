//! Everything end to end, in one program: servers are started once, and links are few.

mod agent;
mod contract;
mod corpus;
mod faults;
mod mysql;
mod pairs;
mod plan;
mod pooled;
mod postgres;
mod telemetry;
mod tpch;
mod tunnels;
mod undo;
mod vault;
mod verify;
mod writes;
