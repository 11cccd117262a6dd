//! One JSON object a line. A key that a row lacks is NULL, as JSON's null is; empty lines are passed by.

mod infer;
mod read;
mod write;

pub(super) use infer::sample;
pub(super) use read::Reader;
pub(super) use write::Encoder;
