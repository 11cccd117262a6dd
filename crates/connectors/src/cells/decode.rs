//! Stored values into Arrow columns. What is not a value of the column's type is wrong, never changed to fit.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Decimal256Builder,
    FixedSizeBinaryBuilder, Float32Builder, Float64Builder, Int16Builder, Int32Builder, Int64Builder,
    IntervalMonthDayNanoBuilder, StringBuilder, Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::{IntervalMonthDayNano, NullBufferBuilder, OffsetBuffer};
use arrow_schema::FieldRef;
use syncapp_model::DataType;
use syncapp_values::calendar::DAY;

use super::{Cell, decimal, list, text};

/// Why a value cannot be carried: what it is instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong(pub(crate) &'static str);

/// A column of a batch as it fills.
pub(crate) enum Column {
    Bool(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal128(Decimal128Builder, u8, u8),
    Decimal256(Decimal256Builder, u8, u8),
    BigDecimal(StringBuilder),
    String(StringBuilder),
    Json(StringBuilder),
    Binary(BinaryBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder, bool),
    Interval(IntervalMonthDayNanoBuilder),
    Uuid(FixedSizeBinaryBuilder),
    List {
        field: FieldRef,
        items: Box<Column>,
        lengths: Vec<usize>,
        nulls: NullBufferBuilder,
    },
}

/// The greatest integer up to which a float names every integer.
const EXACT: i64 = 1 << 53;

impl Column {
    /// An empty column of a type.
    pub(crate) fn new(ty: &DataType) -> Self {
        match ty {
            DataType::Bool => Self::Bool(BooleanBuilder::new()),
            DataType::Int16 => Self::Int16(Int16Builder::new()),
            DataType::Int32 => Self::Int32(Int32Builder::new()),
            DataType::Int64 => Self::Int64(Int64Builder::new()),
            DataType::Float32 => Self::Float32(Float32Builder::new()),
            DataType::Float64 => Self::Float64(Float64Builder::new()),
            DataType::Decimal { precision, scale } if *precision <= 38 => {
                Self::Decimal128(Decimal128Builder::new().with_data_type(ty.arrow()), *precision, *scale)
            }
            DataType::Decimal { precision, scale } => {
                Self::Decimal256(Decimal256Builder::new().with_data_type(ty.arrow()), *precision, *scale)
            }
            DataType::BigDecimal => Self::BigDecimal(StringBuilder::new()),
            DataType::String => Self::String(StringBuilder::new()),
            DataType::Json => Self::Json(StringBuilder::new()),
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            DataType::Date => Self::Date(Date32Builder::new()),
            DataType::Time => Self::Time(Time64MicrosecondBuilder::new()),
            DataType::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::new(), false),
            DataType::TimestampTz => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(ty.arrow()), true)
            }
            DataType::Interval => Self::Interval(IntervalMonthDayNanoBuilder::new()),
            DataType::Uuid => Self::Uuid(FixedSizeBinaryBuilder::new(16)),
            DataType::List(item) => Self::List {
                field: Arc::new(item.field("item", true)),
                items: Box::new(Self::new(item)),
                lengths: Vec::new(),
                nulls: NullBufferBuilder::new(0),
            },
        }
    }

    /// Whether it holds floats.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Self::Float32(_) | Self::Float64(_))
    }

    /// Whether it holds bytes.
    pub(crate) fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_))
    }

    /// Adds a value; about how many bytes it takes.
    pub(crate) fn push(&mut self, value: Cell<'_>, scratch: &mut String) -> Result<usize, Wrong> {
        if let Cell::Null = value {
            self.push_null();
            return Ok(8);
        }
        match self {
            Self::Bool(column) => column.append_value(match value {
                Cell::Integer(0) => false,
                Cell::Integer(1) => true,
                _ => return Err(Wrong("neither 0 nor 1")),
            }),
            Self::Int16(column) => {
                column.append_value(
                    integer(value)?
                        .try_into()
                        .map_err(|_| Wrong("an integer beyond 16 bits"))?,
                );
            }
            Self::Int32(column) => {
                column.append_value(
                    integer(value)?
                        .try_into()
                        .map_err(|_| Wrong("an integer beyond 32 bits"))?,
                );
            }
            Self::Int64(column) => column.append_value(integer(value)?),
            Self::Float32(column) => {
                let (wide, narrow) = (real(value)?, real(value)? as f32);
                if f64::from(narrow).to_bits() != wide.to_bits() {
                    return Err(Wrong("a float beyond single precision"));
                }
                column.append_value(narrow);
            }
            Self::Float64(column) => column.append_value(real(value)?),
            Self::Decimal128(column, precision, scale) => {
                let (precision, scale) = (*precision, *scale);
                let fits = with_digits(value, |digits| decimal::decimal128(digits, precision, scale, scratch))?;
                column.append_value(fits.ok_or(NO_DECIMAL)?);
            }
            Self::Decimal256(column, precision, scale) => {
                let (precision, scale) = (*precision, *scale);
                let fits = with_digits(value, |digits| decimal::decimal256(digits, precision, scale, scratch))?;
                column.append_value(fits.ok_or(NO_DECIMAL)?);
            }
            Self::BigDecimal(column) => {
                with_digits(value, |digits| {
                    decimal::is_decimal(digits).then(|| column.append_value(digits))
                })?
                .ok_or(NO_DECIMAL)?;
            }
            Self::String(column) => match value {
                Cell::Text(bytes) => {
                    let value = utf8(bytes)?;
                    column.append_value(value);
                    return Ok(value.len() + 4);
                }
                Cell::Integer(value) => {
                    scratch.clear();
                    let _ = write!(scratch, "{value}");
                    column.append_value(&*scratch);
                }
                Cell::Real(value) => {
                    scratch.clear();
                    let _ = write!(scratch, "{value:?}");
                    column.append_value(&*scratch);
                }
                _ => return Err(Wrong("bytes")),
            },
            Self::Json(column) => match value {
                Cell::Text(bytes) => {
                    column.append_value(utf8(bytes)?);
                    return Ok(bytes.len() + 4);
                }
                Cell::Integer(value) => column.append_value(value.to_string()),
                Cell::Real(value) if value.is_finite() => column.append_value(format!("{value:?}")),
                _ => return Err(Wrong("no JSON text")),
            },
            Self::Binary(column) => match value {
                Cell::Blob(bytes) => {
                    column.append_value(bytes);
                    return Ok(bytes.len() + 4);
                }
                Cell::Text(_) => return Err(Wrong("text")),
                _ => return Err(Wrong("a number")),
            },
            Self::Date(column) => {
                let days = match value {
                    Cell::Days(days) => Some(days),
                    _ => text::date(spelled(value)?).and_then(|days| days.try_into().ok()),
                };
                column.append_value(days.ok_or(Wrong("text that is no date of the form YYYY-MM-DD"))?);
            }
            Self::Time(column) => {
                let micros = match value {
                    Cell::Micros(micros) => (0..=DAY).contains(&micros).then_some(micros),
                    _ => text::time(spelled(value)?),
                };
                column.append_value(micros.ok_or(Wrong("no time of day of the form hh:mm:ss"))?);
            }
            Self::Timestamp(column, utc) => {
                let wrong = if *utc {
                    Wrong("text that is no instant of the form YYYY-MM-DD hh:mm:ssZ")
                } else {
                    Wrong("text that is no timestamp of the form YYYY-MM-DD hh:mm:ss")
                };
                let micros = match value {
                    Cell::Micros(micros) => Some(micros),
                    _ => text::timestamp(spelled(value)?, *utc),
                };
                column.append_value(micros.ok_or(wrong)?);
            }
            Self::Interval(column) => {
                let span = match value {
                    Cell::Micros(micros) => Some(IntervalMonthDayNano::new(0, 0, micros * 1000)),
                    _ => text::interval(spelled(value)?),
                };
                column.append_value(span.ok_or(Wrong("text that is no ISO 8601 duration"))?);
            }
            Self::Uuid(column) => {
                let bytes = match value {
                    Cell::Blob(bytes) => bytes.try_into().ok(),
                    _ => text::uuid(spelled(value)?),
                };
                let bytes: [u8; 16] = bytes.ok_or(Wrong("no UUID"))?;
                column.append_value(bytes).map_err(|_| Wrong("no UUID"))?;
            }
            Self::List {
                items, lengths, nulls, ..
            } => {
                let array = spelled(value)?;
                lengths.push(list::read(array, items, scratch)?);
                nulls.append_non_null();
                return Ok(array.len() + 8);
            }
        }
        Ok(16)
    }

    fn push_null(&mut self) {
        match self {
            Self::Bool(column) => column.append_null(),
            Self::Int16(column) => column.append_null(),
            Self::Int32(column) => column.append_null(),
            Self::Int64(column) => column.append_null(),
            Self::Float32(column) => column.append_null(),
            Self::Float64(column) => column.append_null(),
            Self::Decimal128(column, ..) => column.append_null(),
            Self::Decimal256(column, ..) => column.append_null(),
            Self::BigDecimal(column) | Self::String(column) | Self::Json(column) => column.append_null(),
            Self::Binary(column) => column.append_null(),
            Self::Date(column) => column.append_null(),
            Self::Time(column) => column.append_null(),
            Self::Timestamp(column, _) => column.append_null(),
            Self::Interval(column) => column.append_null(),
            Self::Uuid(column) => column.append_null(),
            Self::List { lengths, nulls, .. } => {
                lengths.push(0);
                nulls.append_null();
            }
        }
    }

    /// Adds NULL in the place of a value that [`Self::push`] refused. Items of a list that it had taken are no one's.
    #[cold]
    pub(crate) fn push_unread(&mut self) {
        let Self::List {
            items, lengths, nulls, ..
        } = self
        else {
            return self.push_null();
        };
        // The item that was refused may be a list itself.
        items.push_unread();
        let known: usize = lengths.iter().sum();
        lengths.push(items.len() - known);
        nulls.append_null();
    }

    fn len(&self) -> usize {
        match self {
            Self::Bool(column) => column.len(),
            Self::Int16(column) => column.len(),
            Self::Int32(column) => column.len(),
            Self::Int64(column) => column.len(),
            Self::Float32(column) => column.len(),
            Self::Float64(column) => column.len(),
            Self::Decimal128(column, ..) => column.len(),
            Self::Decimal256(column, ..) => column.len(),
            Self::BigDecimal(column) | Self::String(column) | Self::Json(column) => column.len(),
            Self::Binary(column) => column.len(),
            Self::Date(column) => column.len(),
            Self::Time(column) => column.len(),
            Self::Timestamp(column, _) => column.len(),
            Self::Interval(column) => column.len(),
            Self::Uuid(column) => column.len(),
            Self::List { lengths, .. } => lengths.len(),
        }
    }

    /// What has come, and empty again.
    pub(crate) fn take(&mut self) -> ArrayRef {
        match self {
            Self::Bool(column) => Arc::new(column.finish()),
            Self::Int16(column) => Arc::new(column.finish()),
            Self::Int32(column) => Arc::new(column.finish()),
            Self::Int64(column) => Arc::new(column.finish()),
            Self::Float32(column) => Arc::new(column.finish()),
            Self::Float64(column) => Arc::new(column.finish()),
            Self::Decimal128(column, ..) => Arc::new(column.finish()),
            Self::Decimal256(column, ..) => Arc::new(column.finish()),
            Self::BigDecimal(column) | Self::String(column) | Self::Json(column) => Arc::new(column.finish()),
            Self::Binary(column) => Arc::new(column.finish()),
            Self::Date(column) => Arc::new(column.finish()),
            Self::Time(column) => Arc::new(column.finish()),
            Self::Timestamp(column, _) => Arc::new(column.finish()),
            Self::Interval(column) => Arc::new(column.finish()),
            Self::Uuid(column) => Arc::new(column.finish()),
            Self::List {
                field,
                items,
                lengths,
                nulls,
            } => {
                let offsets = OffsetBuffer::from_lengths(std::mem::take(lengths));
                Arc::new(ListArray::new(field.clone(), offsets, items.take(), nulls.finish()))
            }
        }
    }
}

const NO_DECIMAL: Wrong = Wrong("no decimal of that precision and scale");

fn integer(value: Cell<'_>) -> Result<i64, Wrong> {
    match value {
        Cell::Integer(value) => Ok(value),
        Cell::Real(_) => Err(Wrong("a real number")),
        Cell::Text(_) => Err(Wrong("text")),
        _ => Err(Wrong("bytes")),
    }
}

fn real(value: Cell<'_>) -> Result<f64, Wrong> {
    match value {
        Cell::Real(value) => Ok(value),
        Cell::Integer(value) if (-EXACT..=EXACT).contains(&value) => Ok(value as f64),
        Cell::Integer(_) => Err(Wrong("an integer that no float names exactly")),
        Cell::Text(_) => Err(Wrong("text")),
        _ => Err(Wrong("bytes")),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Wrong> {
    std::str::from_utf8(bytes).map_err(|_| Wrong("text that is not UTF-8"))
}

fn spelled(value: Cell<'_>) -> Result<&str, Wrong> {
    match value {
        Cell::Text(bytes) => utf8(bytes),
        Cell::Blob(_) => Err(Wrong("bytes")),
        _ => Err(Wrong("a number")),
    }
}

/// A number's plain decimal text; a real's is the shortest that names it.
fn with_digits<T>(value: Cell<'_>, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Wrong> {
    Ok(match value {
        Cell::Integer(value) => read(&value.to_string()),
        Cell::Real(f64::INFINITY) => read("Infinity"),
        Cell::Real(f64::NEG_INFINITY) => read("-Infinity"),
        Cell::Real(value) => read(&value.to_string()),
        _ => read(spelled(value)?),
    })
}
