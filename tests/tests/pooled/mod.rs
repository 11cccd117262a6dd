//! PostgreSQL behind PgBouncer in transaction mode.

mod conformance;
mod leaks;
mod pools;
