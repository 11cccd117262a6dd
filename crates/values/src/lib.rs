//! Values as text and as JSON, and back: exactly, for every type of the model.
//!
//! One home for what casts, masks, errors, files and databases spell. Invariants:
//! * Writing loses nothing: reading the text back as the value's type gives the value.
//! * Reading rounds, trims and guesses nothing: what does not fit is a fault.
//! * No I/O and no clock.

pub mod calendar;
pub mod decimal;
pub mod interval;
mod text;

pub use text::{Json, Texts, short, write_hex, write_uuid};
