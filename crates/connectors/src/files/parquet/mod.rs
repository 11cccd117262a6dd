//! Apache Parquet. Dictionaries are off and row groups small in bytes, so that memory stays flat; intervals and
//! unbounded decimals, which Parquet has no exact type for, are text.

mod group;
mod read;
mod schema;
#[cfg(test)]
mod tests;
mod write;

pub(super) use read::{Reader, describe};
pub(super) use write::{Encoder, carried};
