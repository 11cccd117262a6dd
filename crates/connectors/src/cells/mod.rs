//! Values between Arrow columns and systems that store numbers, text and bytes.
//!
//! What such a system has no type for is spelled as text, always the same for the same value. What is not a value of
//! the column's type is wrong, never changed to fit.

pub(crate) mod decimal;
mod decode;
mod encode;
mod list;
pub(crate) mod text;

pub(crate) use decode::{Column, Wrong};
pub(crate) use encode::Cells;

/// A value as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    /// NULL.
    Null,
    /// Also 0 and 1 for booleans.
    Integer(i64),
    /// A float, also of single precision.
    Real(f64),
    /// UTF-8 on its way out.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
    /// Days since 1970, from a system with a type for them.
    Days(i32),
    /// Microseconds of the day, since 1970, or of a span; from a system with a type for them.
    Micros(i64),
}
