//! How rows land, beside overwrite, append and merge: the same cases into PostgreSQL and into SQLite.

mod around;
mod columns;
mod deletes;
mod drift;
mod history;
mod keys;
pub(crate) mod lab;
mod lengths;
mod lookback;
mod looking;
mod misread;
mod native;
mod odd;
mod refused;
mod refused_kinds;
mod rejects;
mod replay;
mod replay_faults;
mod schema;
mod spared;
mod unread;
mod widening;
