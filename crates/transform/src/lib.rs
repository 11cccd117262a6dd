//! The mapping of a stream: compiled once, applied to batches.
//!
//! [`Mapping::compile`] reads what a sync file says of one stream (`select`, `columns`, `where`) against the columns that
//! the stream has, and reports every problem at once. [`Mapping::program`] then decides how each column is read, and
//! [`Program::apply`] turns batches of source columns into batches of target columns.
//!
//! Invariants:
//! * Pure: plain data in, plain data out. No I/O, no async, no clock.
//! * A value comes through exactly, or its row is an error that names column, expression and row.
//! * What passes through unchanged is not copied.
//! * A value of a masked column never appears in an error, nor does one of another column made from the same source
//!   column.

mod cast;
mod common;
mod expression;
mod fault;
mod functions;
mod layout;
mod mapping;
mod mask;
mod names;
mod program;
mod read_json;

#[cfg(test)]
mod tests;

pub use common::Common;
pub use mapping::{Change, MappedColumn, Mapping, MappingSpec};
pub use program::{Program, Read};
pub use read_json::read_json;
