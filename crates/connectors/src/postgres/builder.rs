//! One column of a batch while its rows come in.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, FixedSizeBinaryArray, ListArray, PrimitiveArray, StringArray,
};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBuffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer, i256};
use arrow_schema::{DataType as Arrow, Field};
use syncapp_model::{Code, DataType, Error, Result, Side};

use super::types::Wire;
use super::{numeric, spell};

/// Days from 1970-01-01 to PostgreSQL's epoch, 2000-01-01.
pub(super) const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The values of one column, and which of them are NULL.
pub(super) struct Builder {
    pub(super) values: Values,
    nulls: NullBufferBuilder,
}

pub(super) enum Values {
    Bool(BooleanBufferBuilder),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Oid(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Decimal128(Vec<i128>, u8),
    Decimal256(Vec<i256>, u8),
    BigDecimal(Bytes),
    Text(Bytes),
    Jsonb(Bytes),
    Binary(Bytes),
    Date(Vec<i32>),
    Time(Vec<i64>),
    Timestamp(Vec<i64>),
    Interval(Vec<IntervalMonthDayNano>),
    Uuid(Vec<u8>),
    List { ends: Vec<i32>, items: Box<Builder> },
}

/// Values of any length, one behind the other.
pub(super) struct Bytes {
    ends: Vec<i32>,
    data: Vec<u8>,
}

impl Bytes {
    fn new() -> Self {
        Self {
            ends: vec![0],
            data: Vec::new(),
        }
    }

    fn end(&mut self) -> Result<()> {
        let end = i32::try_from(self.data.len()).map_err(|_| {
            Error::new(
                Code::TooLarge(Side::Source),
                "a batch holds more than 2 GiB in one column",
            )
        })?;
        self.ends.push(end);
        Ok(())
    }

    fn take(&mut self) -> (OffsetBuffer<i32>, Buffer) {
        let taken = std::mem::replace(
            self,
            Self {
                ends: Vec::new(),
                data: Vec::new(),
            },
        );
        self.ends.reserve(taken.ends.len());
        self.ends.push(0);
        self.data.reserve(taken.data.len());
        (
            OffsetBuffer::new(ScalarBuffer::from(taken.ends)),
            Buffer::from_vec(taken.data),
        )
    }
}

impl Builder {
    /// For the wire bytes as they are.
    pub(super) fn native() -> Self {
        Self::of(Values::Binary(Bytes::new()))
    }

    /// For the typed form of values that look so on the wire.
    pub(super) fn typed(wire: &Wire) -> Self {
        Self::of(match wire {
            Wire::Bool => Values::Bool(BooleanBufferBuilder::new(0)),
            Wire::Int2 => Values::Int16(Vec::new()),
            Wire::Int4 => Values::Int32(Vec::new()),
            Wire::Int8 => Values::Int64(Vec::new()),
            Wire::Oid => Values::Oid(Vec::new()),
            Wire::Float4 => Values::Float32(Vec::new()),
            Wire::Float8 => Values::Float64(Vec::new()),
            Wire::Numeric(Some((precision, scale))) if *precision <= 38 => Values::Decimal128(Vec::new(), *scale),
            Wire::Numeric(Some((_, scale))) => Values::Decimal256(Vec::new(), *scale),
            Wire::Numeric(None) => Values::BigDecimal(Bytes::new()),
            Wire::Text(_) | Wire::Json | Wire::Other => Values::Text(Bytes::new()),
            Wire::Jsonb => Values::Jsonb(Bytes::new()),
            Wire::Bytea => Values::Binary(Bytes::new()),
            Wire::Date => Values::Date(Vec::new()),
            Wire::Time => Values::Time(Vec::new()),
            Wire::Timestamp | Wire::TimestampTz => Values::Timestamp(Vec::new()),
            Wire::Interval => Values::Interval(Vec::new()),
            Wire::Uuid => Values::Uuid(Vec::new()),
            Wire::List(item, _) => Values::List {
                ends: vec![0],
                items: Box::new(Self::typed(item)),
            },
        })
    }

    fn of(values: Values) -> Self {
        Self {
            values,
            nulls: NullBufferBuilder::new(0),
        }
    }

    /// Appends NULL.
    pub(super) fn null(&mut self) {
        self.nulls.append_null();
        match &mut self.values {
            Values::Bool(values) => values.append(false),
            Values::Int16(values) => values.push(0),
            Values::Int32(values) | Values::Date(values) => values.push(0),
            Values::Int64(values) | Values::Oid(values) | Values::Time(values) | Values::Timestamp(values) => {
                values.push(0);
            }
            Values::Float32(values) => values.push(0.0),
            Values::Float64(values) => values.push(0.0),
            Values::Decimal128(values, _) => values.push(0),
            Values::Decimal256(values, _) => values.push(i256::ZERO),
            Values::Interval(values) => values.push(IntervalMonthDayNano::ZERO),
            Values::Uuid(values) => values.extend_from_slice(&[0; 16]),
            Values::BigDecimal(bytes) | Values::Text(bytes) | Values::Jsonb(bytes) | Values::Binary(bytes) => {
                let end = bytes.ends.last().copied().unwrap_or(0);
                bytes.ends.push(end);
            }
            Values::List { ends, .. } => {
                let end = ends.last().copied().unwrap_or(0);
                ends.push(end);
            }
        }
    }

    /// Appends NULL in the place of a value that [`Self::value`] refused, whatever it had taken of it.
    #[cold]
    pub(super) fn unread(&mut self) {
        match &mut self.values {
            Values::BigDecimal(bytes) | Values::Text(bytes) | Values::Jsonb(bytes) | Values::Binary(bytes) => {
                let end = bytes.ends.last().copied().unwrap_or(0);
                bytes.data.truncate(end as usize);
            }
            Values::List { ends, items } => {
                // Items that were taken are no one's; the one that was refused may be half there.
                items.unread();
                self.nulls.append_null();
                ends.push(items.len() as i32);
                return;
            }
            _ => {}
        }
        self.null();
    }

    /// One value's bytes in words.
    #[cold]
    pub(super) fn spelled(&self, bytes: &[u8]) -> String {
        spell::value(&self.values, bytes)
    }

    /// Appends one value from its bytes.
    pub(super) fn value(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.values {
            Values::Bool(values) => values.append(fixed::<1>(bytes)?[0] != 0),
            Values::Int16(values) => values.push(i16::from_be_bytes(fixed(bytes)?)),
            Values::Int32(values) => values.push(i32::from_be_bytes(fixed(bytes)?)),
            Values::Int64(values) | Values::Time(values) => values.push(i64::from_be_bytes(fixed(bytes)?)),
            Values::Oid(values) => values.push(i64::from(u32::from_be_bytes(fixed(bytes)?))),
            Values::Float32(values) => values.push(f32::from_be_bytes(fixed(bytes)?)),
            Values::Float64(values) => values.push(f64::from_be_bytes(fixed(bytes)?)),
            Values::Decimal128(values, scale) => values.push(numeric::to_i128(bytes, *scale)?),
            Values::Decimal256(values, scale) => values.push(numeric::to_i256(bytes, *scale)?),
            Values::BigDecimal(text) => {
                numeric::to_text(bytes, &mut text.data)?;
                text.end()?;
            }
            Values::Text(text) | Values::Binary(text) => {
                text.data.extend_from_slice(bytes);
                text.end()?;
            }
            Values::Jsonb(text) => {
                let Some((1, json)) = bytes.split_first() else {
                    return Err(wrong_length());
                };
                text.data.extend_from_slice(json);
                text.end()?;
            }
            Values::Date(values) => values.push(date(i32::from_be_bytes(fixed(bytes)?))?),
            Values::Timestamp(values) => values.push(timestamp(i64::from_be_bytes(fixed(bytes)?))?),
            Values::Interval(values) => values.push(interval(fixed(bytes)?)?),
            Values::Uuid(values) => values.extend_from_slice(&fixed::<16>(bytes)?),
            Values::List { ends, items } => {
                array(bytes, items)?;
                ends.push(items.len() as i32);
            }
        }
        self.nulls.append_non_null();
        Ok(())
    }

    fn len(&self) -> usize {
        self.nulls.len()
    }

    /// The values so far as an array of the field's type.
    pub(super) fn finish(&mut self, field: &Field) -> Result<ArrayRef> {
        let nulls = self.nulls.finish();
        let internal = |problem: arrow_schema::ArrowError| Error::internal(problem.to_string());
        Ok(match &mut self.values {
            Values::Bool(values) => Arc::new(BooleanArray::new(values.finish(), nulls)),
            Values::Int16(values) => primitive::<Int16Type>(values, nulls, field),
            Values::Int32(values) => primitive::<Int32Type>(values, nulls, field),
            Values::Int64(values) | Values::Oid(values) => primitive::<Int64Type>(values, nulls, field),
            Values::Float32(values) => primitive::<Float32Type>(values, nulls, field),
            Values::Float64(values) => primitive::<Float64Type>(values, nulls, field),
            Values::Decimal128(values, _) => primitive::<Decimal128Type>(values, nulls, field),
            Values::Decimal256(values, _) => primitive::<Decimal256Type>(values, nulls, field),
            Values::Date(values) => primitive::<Date32Type>(values, nulls, field),
            Values::Time(values) => primitive::<Time64MicrosecondType>(values, nulls, field),
            Values::Timestamp(values) => primitive::<TimestampMicrosecondType>(values, nulls, field),
            Values::Interval(values) => primitive::<IntervalMonthDayNanoType>(values, nulls, field),
            Values::Uuid(values) => {
                let data = Buffer::from_vec(std::mem::take(values));
                Arc::new(FixedSizeBinaryArray::try_new(16, data, nulls).map_err(internal)?)
            }
            Values::BigDecimal(bytes) | Values::Text(bytes) | Values::Jsonb(bytes) => {
                let (ends, data) = bytes.take();
                Arc::new(StringArray::try_new(ends, data, nulls).map_err(|problem| {
                    Error::new(Code::InvalidData(Side::Source), "text that is not UTF-8").driver(problem)
                })?)
            }
            Values::Binary(bytes) => {
                let (ends, data) = bytes.take();
                Arc::new(BinaryArray::try_new(ends, data, nulls).map_err(internal)?)
            }
            Values::List { ends, items } => {
                let Arrow::List(item) = field.data_type() else {
                    return Err(Error::internal("a list's field is not a list"));
                };
                let ends = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(ends, vec![0])));
                let items = items.finish(item)?;
                Arc::new(ListArray::try_new(item.clone(), ends, items, nulls).map_err(internal)?)
            }
        })
    }
}

fn primitive<T: ArrowPrimitiveType>(values: &mut Vec<T::Native>, nulls: Option<NullBuffer>, field: &Field) -> ArrayRef {
    let next = Vec::with_capacity(values.len());
    let values = std::mem::replace(values, next);
    let array = PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls);
    if array.data_type() == field.data_type() {
        Arc::new(array)
    } else {
        // Decimals and timestamps carry parameters that their Rust type does not.
        Arc::new(array.with_data_type(field.data_type().clone()))
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| wrong_length())
}

fn wrong_length() -> Error {
    Error::new(
        Code::InvalidData(Side::Source),
        "a value has another length than its type",
    )
}

fn out_of_range(what: &str, ty: &DataType) -> Error {
    Error::new(
        Code::ValueOutOfRange(Side::Source),
        format!("{what} cannot be carried as {ty}"),
    )
    .help("cast the column to text in a `query`; between two PostgreSQL ends it is carried as it is")
}

fn date(days: i32) -> Result<i32> {
    match days {
        i32::MAX => Err(out_of_range("the date `infinity`", &DataType::Date)),
        i32::MIN => Err(out_of_range("the date `-infinity`", &DataType::Date)),
        days => days
            .checked_add(EPOCH_DAYS)
            .ok_or_else(|| out_of_range("a date so late", &DataType::Date)),
    }
}

fn timestamp(micros: i64) -> Result<i64> {
    match micros {
        i64::MAX => Err(out_of_range("`infinity`", &DataType::Timestamp)),
        i64::MIN => Err(out_of_range("`-infinity`", &DataType::Timestamp)),
        micros => micros
            .checked_add(EPOCH_MICROS)
            .ok_or_else(|| out_of_range("a time so late", &DataType::Timestamp)),
    }
}

fn interval(bytes: [u8; 16]) -> Result<IntervalMonthDayNano> {
    let [micros, days, months] = [&bytes[..8], &bytes[8..12], &bytes[12..]];
    let nanos = i64::from_be_bytes(fixed(micros)?)
        .checked_mul(1000)
        .ok_or_else(|| out_of_range("an interval so long", &DataType::Interval))?;
    Ok(IntervalMonthDayNano::new(
        i32::from_be_bytes(fixed(months)?),
        i32::from_be_bytes(fixed(days)?),
        nanos,
    ))
}

/// Appends an array's elements: none for an empty array, else one dimension that begins at 1.
fn array(bytes: &[u8], items: &mut Builder) -> Result<()> {
    let (head, rest) = bytes.split_first_chunk::<12>().ok_or_else(wrong_length)?;
    match i32::from_be_bytes(fixed(&head[..4])?) {
        0 => return Ok(()),
        1 => {}
        dimensions => {
            let why = format!("an array of {dimensions} dimensions cannot be carried as a list");
            return Err(
                Error::new(Code::ValueOutOfRange(Side::Source), why).help("cast the column to text in a `query`")
            );
        }
    }
    let (bounds, mut rest) = rest.split_first_chunk::<8>().ok_or_else(wrong_length)?;
    if i32::from_be_bytes(fixed(&bounds[4..])?) != 1 {
        let why = "an array that does not begin at 1 cannot be carried as a list";
        return Err(Error::new(Code::ValueOutOfRange(Side::Source), why).help("cast the column to text in a `query`"));
    }
    for _ in 0..i32::from_be_bytes(fixed(&bounds[..4])?) {
        let (length, after) = rest.split_first_chunk::<4>().ok_or_else(wrong_length)?;
        let length = i32::from_be_bytes(*length);
        if length < 0 {
            items.null();
            rest = after;
        } else {
            let (item, after) = after.split_at_checked(length as usize).ok_or_else(wrong_length)?;
            items.value(item)?;
            rest = after;
        }
    }
    Ok(())
}
