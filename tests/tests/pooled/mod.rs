//! PostgreSQL behind PgBouncer in transaction mode.

mod cancel;
mod conformance;
mod leaks;
mod pools;
