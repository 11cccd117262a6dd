//! Everything end to end, in one program: servers are started once, and links are few.

mod contract;
mod faults;
mod mysql;
mod pairs;
mod postgres;
mod tpch;
mod tunnels;
mod writes;
