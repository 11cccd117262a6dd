//! The words every other crate speaks: the sync file, types, columns, positions and errors.
//!
//! Plain data: no I/O, no async, no drivers. What is here can be printed, stored, compared and sent.

mod code;
mod column;
mod cron;
mod error;
mod lookback;
mod name;
mod nearest;
mod position;
mod render;
mod retry;
mod scalar;
mod secret;
pub mod sync_file;
mod types;
mod zone;

pub use code::{Code, ErrorKind, Side};
pub use column::{Column, NativeType, StreamKind, StreamSpec};
pub use cron::{Cron, Days, Values, Weekdays};
pub use error::{Error, Report, Result, Severity, Where};
pub use lookback::Lookback;
pub use name::{Pattern, StreamName};
pub use nearest::nearest;
pub use position::{Checkpoint, Epoch, Position, RowHash, StreamKey};
pub use render::render;
pub use retry::RetryPolicy;
pub use scalar::Scalar;
pub use secret::Secret;
pub use types::{DataType, Extension, ParseTypeError};
pub use zone::Zone;
