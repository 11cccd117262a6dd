//! Columns under construction: texts go in, typed Arrow arrays come out.
//!
//! Invariant: a text that its column's type cannot hold exactly is refused and leaves the column as it was; nothing
//! is ever rounded, cut or made NULL here. Doubles are the nearest to their text.

mod clock;
mod number;
#[cfg(test)]
mod tests;
mod text;
mod write;

use std::sync::Arc;

use arrow_array::types::{Decimal128Type, Decimal256Type, IntervalMonthDayNano};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, FixedSizeBinaryArray, Float32Array, Float64Array, Int16Array,
    Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray, PrimitiveArray, StringArray, Time64MicrosecondArray,
    TimestampMicrosecondArray,
};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer, i256};
use arrow_schema::ArrowError;
use syncapp_model::DataType;

pub(super) use clock::{date, timestamp, timestamp_tz};
pub(super) use number::Digits;
pub(super) use text::uuid;
pub(super) use write::{TextColumn, json_string};

/// A column that grows cell by cell.
pub(super) struct Cells {
    ty: DataType,
    values: Values,
    nulls: NullBufferBuilder,
    plain: bool,
}

enum Values {
    Bool(BooleanBufferBuilder),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Decimal(Vec<i128>),
    WideDecimal(Vec<i256>),
    Bytes { ends: Vec<i32>, data: Vec<u8> },
    Days(Vec<i32>),
    Micros(Vec<i64>),
    Interval(Vec<IntervalMonthDayNano>),
    Uuid(Vec<u8>),
    List { ends: Vec<i32>, items: Box<Cells> },
}

impl Values {
    fn of(ty: &DataType, plain: bool) -> Self {
        match ty {
            DataType::Bool => Self::Bool(BooleanBufferBuilder::new(0)),
            DataType::Int16 => Self::Int16(Vec::new()),
            DataType::Int32 => Self::Int32(Vec::new()),
            DataType::Int64 => Self::Int64(Vec::new()),
            DataType::Float32 => Self::Float32(Vec::new()),
            DataType::Float64 => Self::Float64(Vec::new()),
            DataType::Decimal { precision, .. } if *precision <= 38 => Self::Decimal(Vec::new()),
            DataType::Decimal { .. } => Self::WideDecimal(Vec::new()),
            DataType::BigDecimal | DataType::String | DataType::Json | DataType::Binary => Self::Bytes {
                ends: vec![0],
                data: Vec::new(),
            },
            DataType::Date => Self::Days(Vec::new()),
            DataType::Time | DataType::Timestamp | DataType::TimestampTz => Self::Micros(Vec::new()),
            DataType::Interval => Self::Interval(Vec::new()),
            DataType::Uuid => Self::Uuid(Vec::new()),
            DataType::List(item) => Self::List {
                ends: vec![0],
                items: Box::new(Cells::new((**item).clone(), plain)),
            },
        }
    }
}

impl Cells {
    /// An empty column. `plain` refuses spellings that a guessed type would not keep, such as the number `007`.
    pub(super) fn new(ty: DataType, plain: bool) -> Self {
        Self {
            values: Values::of(&ty, plain),
            ty,
            nulls: NullBufferBuilder::new(1024),
            plain,
        }
    }

    /// The type of the column.
    pub(super) fn ty(&self) -> &DataType {
        &self.ty
    }

    /// About how many bytes a cell takes, text aside.
    pub(super) fn width(&self) -> usize {
        match &self.values {
            Values::Bool(_) => 1,
            Values::Int16(_) => 2,
            Values::Int32(_) | Values::Float32(_) | Values::Days(_) | Values::Bytes { .. } | Values::List { .. } => 4,
            Values::Int64(_) | Values::Float64(_) | Values::Micros(_) => 8,
            Values::Decimal(_) | Values::Interval(_) | Values::Uuid(_) => 16,
            Values::WideDecimal(_) => 32,
        }
    }

    /// Appends the value that a text spells; false, and nothing done, where it does not spell one of this type.
    #[inline]
    pub(super) fn push(&mut self, text: &[u8]) -> bool {
        let pushed = match (&mut self.values, &self.ty) {
            (Values::Int64(values), _) => keep(values, number::int(text, self.plain)),
            (Values::Bytes { ends, data }, DataType::String) => {
                data.extend_from_slice(text);
                ends.push(data.len() as i32);
                true
            }
            (Values::Decimal(values), DataType::Decimal { precision, scale }) => {
                keep(values, number::decimal(text, *precision, *scale, self.plain))
            }
            _ => self.push_other(text),
        };
        if pushed {
            self.nulls.append_non_null();
        }
        pushed
    }

    fn push_other(&mut self, text: &[u8]) -> bool {
        let plain = self.plain;
        match (&mut self.values, &self.ty) {
            (Values::Bool(values), _) => match text::boolean(text, plain) {
                Some(value) => {
                    values.append(value);
                    true
                }
                None => false,
            },
            (Values::Int16(values), _) => keep(
                values,
                number::int(text, plain).and_then(|value| i16::try_from(value).ok()),
            ),
            (Values::Int32(values), _) => keep(
                values,
                number::int(text, plain).and_then(|value| i32::try_from(value).ok()),
            ),
            (Values::Float32(values), _) => keep(values, number::float32(text)),
            (Values::Float64(values), _) => keep(values, number::float64(text)),
            (Values::WideDecimal(values), DataType::Decimal { precision, scale }) => {
                keep(values, number::wide_decimal(text, *precision, *scale, plain))
            }
            (Values::Bytes { ends, data }, ty) => {
                let before = data.len();
                let ok = match ty {
                    DataType::BigDecimal => number::big_decimal(text, plain, data),
                    DataType::Binary => text::binary(text, data),
                    DataType::Json if serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err() => false,
                    _ => {
                        data.extend_from_slice(text);
                        true
                    }
                };
                if ok {
                    ends.push(data.len() as i32);
                } else {
                    data.truncate(before);
                }
                ok
            }
            (Values::Days(values), _) => keep(values, clock::date(text)),
            (Values::Micros(values), DataType::Time) => keep(values, clock::time(text)),
            (Values::Micros(values), DataType::Timestamp) => keep(values, clock::timestamp(text)),
            (Values::Micros(values), _) => keep(values, clock::timestamp_tz(text)),
            (Values::Interval(values), _) => keep(values, clock::interval(text)),
            (Values::Uuid(values), _) => match text::uuid(text) {
                Some(bytes) => {
                    values.extend_from_slice(&bytes);
                    true
                }
                None => false,
            },
            (Values::List { ends, items }, _) => {
                let pushed = text::push_list(items, text);
                if pushed {
                    ends.push(items.len() as i32);
                } else {
                    items.truncate(ends.last().map_or(0, |end| *end as usize));
                }
                pushed
            }
            _ => false,
        }
    }

    /// Appends what a JSON value says; false, and nothing done, where its type cannot hold it.
    pub(super) fn push_json(&mut self, raw: &str, scratch: &mut String) -> bool {
        if raw == "null" {
            self.push_null();
            return true;
        }
        match (&mut self.values, &self.ty) {
            (Values::Bytes { ends, data }, DataType::Json) => {
                data.extend_from_slice(raw.as_bytes());
                ends.push(data.len() as i32);
                self.nulls.append_non_null();
                true
            }
            (Values::List { .. }, _) => raw.starts_with('[') && self.push(raw.as_bytes()),
            _ if raw.starts_with('"') => match text::unquote(raw, scratch) {
                Some(text) => !matches!(self.ty, DataType::Bool) && self.push(text.as_bytes()),
                None => false,
            },
            (_, DataType::Bool) => matches!(raw, "true" | "false") && self.push(raw.as_bytes()),
            (
                _,
                DataType::Int16
                | DataType::Int32
                | DataType::Int64
                | DataType::Float32
                | DataType::Float64
                | DataType::Decimal { .. }
                | DataType::BigDecimal,
            ) => self.push(raw.as_bytes()),
            _ => false,
        }
    }

    /// Appends NULL.
    #[inline]
    pub(super) fn push_null(&mut self) {
        match &mut self.values {
            Values::Bool(values) => values.append(false),
            Values::Int16(values) => values.push(0),
            Values::Int32(values) | Values::Days(values) => values.push(0),
            Values::Int64(values) | Values::Micros(values) => values.push(0),
            Values::Float32(values) => values.push(0.0),
            Values::Float64(values) => values.push(0.0),
            Values::Decimal(values) => values.push(0),
            Values::WideDecimal(values) => values.push(i256::ZERO),
            Values::Bytes { ends, data } => ends.push(data.len() as i32),
            Values::Interval(values) => values.push(IntervalMonthDayNano::ZERO),
            Values::Uuid(values) => values.extend_from_slice(&[0; 16]),
            Values::List { ends, items } => ends.push(items.len() as i32),
        }
        self.nulls.append_null();
    }

    fn len(&self) -> usize {
        self.nulls.len()
    }

    /// Leaves only so many of the first cells; nothing where there are fewer.
    pub(super) fn truncate(&mut self, len: usize) {
        if self.len() <= len {
            return;
        }
        match &mut self.values {
            Values::Bool(values) => values.truncate(len),
            Values::Int16(values) => values.truncate(len),
            Values::Int32(values) | Values::Days(values) => values.truncate(len),
            Values::Int64(values) | Values::Micros(values) => values.truncate(len),
            Values::Float32(values) => values.truncate(len),
            Values::Float64(values) => values.truncate(len),
            Values::Decimal(values) => values.truncate(len),
            Values::WideDecimal(values) => values.truncate(len),
            Values::Bytes { ends, data } => {
                ends.truncate(len + 1);
                data.truncate(ends[len] as usize);
            }
            Values::Interval(values) => values.truncate(len),
            Values::Uuid(values) => values.truncate(len * 16),
            Values::List { ends, items } => {
                ends.truncate(len + 1);
                items.truncate(ends[len] as usize);
            }
        }
        self.nulls.truncate(len);
    }

    /// The array of all cells so far; the column is empty afterwards.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.finish();
        Ok(match &mut self.values {
            Values::Bool(values) => Arc::new(BooleanArray::new(values.finish(), nulls)),
            Values::Int16(values) => Arc::new(Int16Array::try_new(take(values), nulls)?),
            Values::Int32(values) => Arc::new(Int32Array::try_new(take(values), nulls)?),
            Values::Int64(values) => Arc::new(Int64Array::try_new(take(values), nulls)?),
            Values::Float32(values) => Arc::new(Float32Array::try_new(take(values), nulls)?),
            Values::Float64(values) => Arc::new(Float64Array::try_new(take(values), nulls)?),
            Values::Decimal(values) => Arc::new(
                PrimitiveArray::<Decimal128Type>::try_new(take(values), nulls)?.with_data_type(self.ty.arrow()),
            ),
            Values::WideDecimal(values) => Arc::new(
                PrimitiveArray::<Decimal256Type>::try_new(take(values), nulls)?.with_data_type(self.ty.arrow()),
            ),
            Values::Bytes { ends, data } => {
                let offsets = offsets(ends);
                let room = data.len();
                let data = Buffer::from_vec(std::mem::replace(data, Vec::with_capacity(room)));
                match self.ty {
                    DataType::Binary => Arc::new(BinaryArray::try_new(offsets, data, nulls)?),
                    _ => Arc::new(StringArray::try_new(offsets, data, nulls)?),
                }
            }
            Values::Days(values) => Arc::new(Date32Array::try_new(take(values), nulls)?),
            Values::Micros(values) => match self.ty {
                DataType::Time => Arc::new(Time64MicrosecondArray::try_new(take(values), nulls)?),
                _ => Arc::new(TimestampMicrosecondArray::try_new(take(values), nulls)?.with_data_type(self.ty.arrow())),
            },
            Values::Interval(values) => Arc::new(IntervalMonthDayNanoArray::try_new(take(values), nulls)?),
            Values::Uuid(values) => Arc::new(FixedSizeBinaryArray::try_new(
                16,
                Buffer::from_vec(std::mem::take(values)),
                nulls,
            )?),
            Values::List { ends, items } => {
                let field = Arc::new(items.ty().field("item", true));
                Arc::new(ListArray::try_new(field, offsets(ends), items.finish()?, nulls)?)
            }
        })
    }
}

#[inline]
fn keep<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    match value {
        Some(value) => {
            values.push(value);
            true
        }
        None => false,
    }
}

/// The values so far, leaving room for as many again.
fn take<T: arrow_buffer::ArrowNativeType>(values: &mut Vec<T>) -> ScalarBuffer<T> {
    let room = values.len();
    std::mem::replace(values, Vec::with_capacity(room)).into()
}

fn offsets(ends: &mut Vec<i32>) -> OffsetBuffer<i32> {
    let mut fresh = Vec::with_capacity(ends.len());
    fresh.push(0);
    OffsetBuffer::new(std::mem::replace(ends, fresh).into())
}
