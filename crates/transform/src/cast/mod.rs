//! Casts between the model's types: exact, or an error that names the row.
//!
//! A cast never rounds, truncates, wraps or makes NULL on its own. Pairs whose ordinary values do not fit are *lossy*:
//! they need the user's consent and then give the nearest value. Everything else is checked value by value.
//!
//! A `timestamp` is read as UTC where a `timestamptz` is asked for, and the other way round gives the time in UTC.

mod number;
mod parse;
pub(crate) mod texts;
mod time;

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, BinaryArray, ListArray, PrimitiveArray};
use syncapp_model::DataType;

pub(crate) use parse::float64;

/// Why a value could not be cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CastError {
    /// The row in the array, from 0.
    pub(crate) row: usize,
    /// What is wrong with the value, to stand behind it.
    pub(crate) why: Cow<'static, str>,
}

impl CastError {
    pub(crate) fn new(row: usize, why: impl Into<Cow<'static, str>>) -> Self {
        Self { row, why: why.into() }
    }
}

/// What can be said of a cast before any value is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Nothing to do.
    Same,
    /// Each value comes through exactly or is an error.
    Exact,
    /// Ordinary values change.
    Lossy,
    /// There is no such cast.
    None,
}

/// What a cast between two types does.
pub(crate) fn fit(from: &DataType, to: &DataType) -> Fit {
    use DataType as T;
    let numeric = |ty: &T| {
        matches!(
            ty,
            T::Int16 | T::Int32 | T::Int64 | T::Float32 | T::Float64 | T::Decimal { .. } | T::BigDecimal
        )
    };
    match (from, to) {
        _ if from == to => Fit::Same,
        (T::Int16, T::Float32 | T::Float64) | (T::Int32 | T::Float32, T::Float64) => Fit::Exact,
        (_, T::Float32 | T::Float64) if numeric(from) => Fit::Lossy,
        (T::Timestamp | T::TimestampTz, T::Date | T::Time) => Fit::Lossy,
        (T::List(from), T::List(to)) => fit(from, to),
        (T::String, T::List(_)) => Fit::None,
        (_, T::String | T::Json) | (T::String, _) => Fit::Exact,
        _ if numeric(from) && numeric(to) => Fit::Exact,
        (T::Bool, T::Int16 | T::Int32 | T::Int64)
        | (T::Int16 | T::Int32 | T::Int64, T::Bool)
        | (T::Date, T::Timestamp | T::TimestampTz)
        | (T::Timestamp, T::TimestampTz)
        | (T::TimestampTz, T::Timestamp)
        | (T::Uuid, T::Binary)
        | (T::Binary, T::Uuid) => Fit::Exact,
        _ => Fit::None,
    }
}

/// Casts a column. The array carries `from`; the result carries `to`. The pair must have a [`fit`].
pub(crate) fn cast(array: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef, CastError> {
    use DataType as T;
    Ok(match (from, to) {
        _ if from == to => Arc::clone(array),
        (T::String, T::Json) => {
            for (row, document) in array.as_string::<i32>().iter().enumerate() {
                parse::check_json(document.unwrap_or("null")).map_err(|why| CastError::new(row, why))?;
            }
            Arc::clone(array)
        }
        (_, T::String) => Arc::new(texts::strings(array, from)?),
        (_, T::Json) => {
            let json = syncapp_values::Json::of(array, from);
            Arc::new(texts::build(array, |row, out| {
                json.write(row, out);
                Ok(())
            })?)
        }
        (T::String, _) => parse::parse(array.as_string(), to)?,
        (T::BigDecimal, _) => number::from_big(array.as_string(), to)?,
        (T::List(from), T::List(to)) => items(array.as_list(), from, to)?,
        (T::Timestamp | T::TimestampTz | T::Date, _) => time::cast(array, from, to)?,
        (T::Uuid, T::Binary) => {
            let values = array.as_fixed_size_binary();
            Arc::new(values.iter().collect::<BinaryArray>())
        }
        (T::Binary, T::Uuid) => parse::uuids(array.as_binary::<i32>().iter(), |bytes| bytes.try_into().ok())?,
        _ => number::cast(array, from, to)?,
    })
}

/// Casts the items of lists.
fn items(lists: &ListArray, from: &DataType, to: &DataType) -> Result<ArrayRef, CastError> {
    let offsets = lists.value_offsets();
    // Only items that a row shows may fail the cast.
    let (first, last) = (offsets[0] as usize, offsets[lists.len()] as usize);
    let shown = lists.values().slice(first, last - first);
    let values = cast(&shown, from, to).map_err(|error| {
        let row = offsets[1..].partition_point(|end| *end as usize - first <= error.row);
        CastError::new(row, error.why)
    })?;
    let lengths = offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize);
    let field = Arc::new(to.field("item", true));
    let offsets = arrow_buffer::OffsetBuffer::from_lengths(lengths);
    ListArray::try_new(field, offsets, values, lists.nulls().cloned())
        .map(|lists| Arc::new(lists) as ArrayRef)
        .map_err(|error| CastError::new(0, error.to_string()))
}

/// Maps each value that is not NULL; the first that fails ends it.
pub(crate) fn map<I: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    array: &PrimitiveArray<I>,
    mut f: impl FnMut(I::Native) -> Result<O::Native, &'static str>,
) -> Result<PrimitiveArray<O>, CastError> {
    let mut values = Vec::with_capacity(array.len());
    for (row, value) in array.values().iter().enumerate() {
        values.push(if array.is_valid(row) {
            f(*value).map_err(|why| CastError::new(row, why))?
        } else {
            O::Native::default()
        });
    }
    Ok(PrimitiveArray::new(values.into(), array.nulls().cloned()))
}

/// Maps each text that is not NULL; the first that fails ends it.
fn map_text<'a, O: ArrowPrimitiveType, T: ?Sized + 'a>(
    texts: impl ExactSizeIterator<Item = Option<&'a T>>,
    mut f: impl FnMut(&'a T) -> Result<O::Native, &'static str>,
) -> Result<PrimitiveArray<O>, CastError> {
    let mut values = arrow_array::builder::PrimitiveBuilder::<O>::with_capacity(texts.len());
    for (row, text) in texts.enumerate() {
        match text {
            Some(text) => values.append_value(f(text).map_err(|why| CastError::new(row, why))?),
            None => values.append_null(),
        }
    }
    Ok(values.finish())
}
