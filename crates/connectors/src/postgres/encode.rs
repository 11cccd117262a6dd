//! Arrow into binary COPY.
//!
//! Rows are written one behind the other from borrowed arrays; a value costs one match and no allocation.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{
    Array, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray, ListArray, RecordBatch,
    StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_schema::DataType as Arrow;
use syncapp_model::{Code, DataType, Error, Extension, Result, Side};

use super::builder::{EPOCH_DAYS, EPOCH_MICROS};
use super::numeric;
use super::types::Wire;

/// What a COPY in binary begins with.
pub(super) const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub(super) const TRAILER: [u8; 2] = [0xff, 0xff];

/// Whether every value of the type can be written to a column that looks so on the wire.
pub(super) fn accepts(ty: &DataType, wire: &Wire) -> bool {
    match (ty, wire) {
        (DataType::Bool, Wire::Bool)
        | (DataType::Int16, Wire::Int2 | Wire::Int4 | Wire::Int8)
        | (DataType::Int32, Wire::Int4 | Wire::Int8)
        | (DataType::Int64, Wire::Int8)
        | (DataType::Float32, Wire::Float4)
        | (DataType::Float64, Wire::Float8)
        | (DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::BigDecimal, Wire::Numeric(None))
        | (DataType::String | DataType::Json, Wire::Text(_))
        | (DataType::Json, Wire::Json | Wire::Jsonb)
        | (DataType::Binary, Wire::Bytea)
        | (DataType::Date, Wire::Date)
        | (DataType::Time, Wire::Time)
        | (DataType::Timestamp, Wire::Timestamp)
        | (DataType::TimestampTz, Wire::TimestampTz)
        | (DataType::Interval, Wire::Interval)
        | (DataType::Uuid, Wire::Uuid) => true,
        (DataType::Decimal { precision, scale }, Wire::Numeric(bounds)) => {
            bounds.is_none_or(|(p, s)| s >= *scale && p - s >= precision - scale)
        }
        (DataType::Int16, Wire::Numeric(Some((p, s)))) => p - s >= 5,
        (DataType::Int32, Wire::Numeric(Some((p, s)))) => p - s >= 10,
        (DataType::Int64, Wire::Numeric(Some((p, s)))) => p - s >= 19,
        (DataType::List(item), Wire::List(element, _)) => accepts(item, element),
        _ => false,
    }
}

/// Appends the rows of a batch, in COPY's format.
///
/// `wires` are the target's columns; a column that comes native is appended as it is.
pub(super) fn rows(batch: &RecordBatch, wires: &[Wire], first_row: u64, out: &mut Vec<u8>) -> Result<()> {
    let schema = batch.schema_ref();
    let mut cells = Vec::with_capacity(wires.len());
    for ((array, field), wire) in batch.columns().iter().zip(schema.fields()).zip(wires) {
        let native = matches!(Extension::of(field), Some(Extension::Native(_)));
        let cell = if native {
            Cells::Raw(array.as_binary())
        } else {
            Cells::new(array.as_ref(), wire)?
        };
        cells.push((cell, array.logical_nulls().filter(|nulls| nulls.null_count() > 0)));
    }
    let count = (cells.len() as i16).to_be_bytes();
    for row in 0..batch.num_rows() {
        out.extend_from_slice(&count);
        for (column, (cell, nulls)) in cells.iter().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                out.extend_from_slice(&(-1i32).to_be_bytes());
            } else {
                cell.put(row, out).map_err(|error| {
                    error
                        .column(schema.field(column).name())
                        .row(format!("number {}", first_row + row as u64 + 1))
                })?;
            }
        }
    }
    Ok(())
}

/// A column's array, and how its values are written.
enum Cells<'a> {
    Raw(&'a BinaryArray),
    Bool(&'a BooleanArray),
    Int16(&'a Int16Array, Width),
    Int32(&'a Int32Array, Width),
    Int64(&'a Int64Array, Width),
    Float32(&'a Float32Array),
    Float64(&'a Float64Array),
    Decimal128(&'a Decimal128Array, u8),
    Decimal256(&'a Decimal256Array, u8),
    BigDecimal(&'a StringArray),
    Text(&'a StringArray, Option<u32>),
    Json(&'a StringArray),
    Jsonb(&'a StringArray),
    Date(&'a Date32Array),
    Time(&'a Time64MicrosecondArray),
    Timestamp(&'a TimestampMicrosecondArray),
    Interval(&'a IntervalMonthDayNanoArray),
    Uuid(&'a FixedSizeBinaryArray),
    List(&'a ListArray, Box<Cells<'a>>, u32),
}

/// How wide an integer is in the target.
#[derive(Clone, Copy)]
enum Width {
    Two,
    Four,
    Eight,
    Numeric,
}

impl<'a> Cells<'a> {
    fn new(array: &'a dyn Array, wire: &Wire) -> Result<Self> {
        let width = match wire {
            Wire::Int2 => Width::Two,
            Wire::Int4 => Width::Four,
            Wire::Numeric(_) => Width::Numeric,
            _ => Width::Eight,
        };
        Ok(match (array.data_type(), wire) {
            (Arrow::Boolean, Wire::Bool) => Self::Bool(array.as_boolean()),
            (Arrow::Int16, _) => Self::Int16(array.as_primitive::<Int16Type>(), width),
            (Arrow::Int32, _) => Self::Int32(array.as_primitive::<Int32Type>(), width),
            (Arrow::Int64, _) => Self::Int64(array.as_primitive::<Int64Type>(), width),
            (Arrow::Float32, Wire::Float4) => Self::Float32(array.as_primitive::<Float32Type>()),
            (Arrow::Float64, Wire::Float8) => Self::Float64(array.as_primitive::<Float64Type>()),
            (Arrow::Decimal128(_, scale), Wire::Numeric(_)) => {
                Self::Decimal128(array.as_primitive::<Decimal128Type>(), *scale as u8)
            }
            (Arrow::Decimal256(_, scale), Wire::Numeric(_)) => {
                Self::Decimal256(array.as_primitive::<Decimal256Type>(), *scale as u8)
            }
            (Arrow::Utf8, Wire::Numeric(_)) => Self::BigDecimal(array.as_string()),
            (Arrow::Utf8, Wire::Text(limit)) => Self::Text(array.as_string(), *limit),
            (Arrow::Utf8, Wire::Json) => Self::Json(array.as_string()),
            (Arrow::Utf8, Wire::Jsonb) => Self::Jsonb(array.as_string()),
            (Arrow::Binary, Wire::Bytea) => Self::Raw(array.as_binary()),
            (Arrow::Date32, Wire::Date) => Self::Date(array.as_primitive::<Date32Type>()),
            (Arrow::Time64(_), Wire::Time) => Self::Time(array.as_primitive::<Time64MicrosecondType>()),
            (Arrow::Timestamp(..), Wire::Timestamp | Wire::TimestampTz) => {
                Self::Timestamp(array.as_primitive::<TimestampMicrosecondType>())
            }
            (Arrow::Interval(_), Wire::Interval) => Self::Interval(array.as_primitive::<IntervalMonthDayNanoType>()),
            (Arrow::FixedSizeBinary(16), Wire::Uuid) => Self::Uuid(array.as_fixed_size_binary()),
            (Arrow::List(_), Wire::List(element, oid)) => {
                let list: &ListArray = array.as_list();
                Self::List(list, Box::new(Self::new(list.values().as_ref(), element)?), *oid)
            }
            (arrow, wire) => return Err(Error::internal(format!("{arrow} cannot be written as {wire:?}"))),
        })
    }

    /// Appends a value that is not NULL, its length in front.
    fn put(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Raw(array) => bytes(out, array.value(row)),
            Self::Bool(array) => fixed(out, [u8::from(array.value(row))]),
            Self::Int16(array, width) => integer(out, i64::from(array.value(row)), *width),
            Self::Int32(array, width) => integer(out, i64::from(array.value(row)), *width),
            Self::Int64(array, width) => integer(out, array.value(row), *width),
            Self::Float32(array) => fixed(out, array.value(row).to_be_bytes()),
            Self::Float64(array) => fixed(out, array.value(row).to_be_bytes()),
            Self::Decimal128(array, scale) => numeric::put_i128(out, array.value(row), *scale),
            Self::Decimal256(array, scale) => {
                let value = array.value(row);
                match value.to_i128() {
                    Some(value) if value.unsigned_abs() < 10u128.pow(38) => numeric::put_i128(out, value, *scale),
                    _ => numeric::put_text(out, &array.value_as_string(row))?,
                }
            }
            Self::BigDecimal(array) => numeric::put_text(out, array.value(row))?,
            Self::Text(array, limit) => text(out, array.value(row), *limit)?,
            Self::Json(array) => text(out, array.value(row), None)?,
            Self::Jsonb(array) => {
                let json = array.value(row);
                out.extend_from_slice(&(json.len() as i32 + 1).to_be_bytes());
                out.push(1);
                out.extend_from_slice(json.as_bytes());
            }
            Self::Date(array) => {
                let days = array.value(row).checked_sub(EPOCH_DAYS).filter(|days| *days > i32::MIN);
                fixed(out, days.ok_or_else(|| out_of_range("a date so early"))?.to_be_bytes());
            }
            Self::Time(array) => {
                let micros = array.value(row);
                if !(0..=86_400_000_000).contains(&micros) {
                    return Err(out_of_range("a time of day beyond 24 hours"));
                }
                fixed(out, micros.to_be_bytes());
            }
            Self::Timestamp(array) => {
                let micros = array
                    .value(row)
                    .checked_sub(EPOCH_MICROS)
                    .filter(|micros| *micros > i64::MIN);
                fixed(
                    out,
                    micros.ok_or_else(|| out_of_range("a time so early"))?.to_be_bytes(),
                );
            }
            Self::Interval(array) => {
                let value = array.value(row);
                if value.nanoseconds % 1000 != 0 {
                    return Err(out_of_range("an interval with parts of a microsecond"));
                }
                out.extend_from_slice(&16i32.to_be_bytes());
                out.extend_from_slice(&(value.nanoseconds / 1000).to_be_bytes());
                out.extend_from_slice(&value.days.to_be_bytes());
                out.extend_from_slice(&value.months.to_be_bytes());
            }
            Self::Uuid(array) => bytes(out, array.value(row)),
            Self::List(array, items, element) => list(out, array, row, items, *element)?,
        }
        Ok(())
    }
}

fn bytes(out: &mut Vec<u8>, value: &[u8]) {
    out.extend_from_slice(&(value.len() as i32).to_be_bytes());
    out.extend_from_slice(value);
}

fn fixed<const N: usize>(out: &mut Vec<u8>, value: [u8; N]) {
    out.extend_from_slice(&(N as i32).to_be_bytes());
    out.extend_from_slice(&value);
}

fn integer(out: &mut Vec<u8>, value: i64, width: Width) {
    match width {
        Width::Two => fixed(out, (value as i16).to_be_bytes()),
        Width::Four => fixed(out, (value as i32).to_be_bytes()),
        Width::Eight => fixed(out, value.to_be_bytes()),
        Width::Numeric => numeric::put_i128(out, i128::from(value), 0),
    }
}

fn text(out: &mut Vec<u8>, value: &str, limit: Option<u32>) -> Result<()> {
    if memchr::memchr(0, value.as_bytes()).is_some() {
        return Err(Error::new(
            Code::ValueOutOfRange(Side::Destination),
            "a text holds U+0000, which PostgreSQL's text cannot",
        )
        .help("remove it in the mapping: `replace(column, chr(0), '')`"));
    }
    if let Some(limit) = limit {
        let characters = value.chars().count();
        if characters > limit as usize {
            let why = format!("a text of {characters} characters does not fit {limit}");
            return Err(Error::new(Code::ValueOutOfRange(Side::Destination), why)
                .help("widen the target's column, or shorten the text in the mapping"));
        }
    }
    bytes(out, value.as_bytes());
    Ok(())
}

fn list(out: &mut Vec<u8>, array: &ListArray, row: usize, items: &Cells<'_>, element: u32) -> Result<()> {
    let (start, end) = (
        array.value_offsets()[row] as usize,
        array.value_offsets()[row + 1] as usize,
    );
    let length_at = out.len();
    out.extend_from_slice(&[0; 4]);
    let dimensions = i32::from(start != end);
    out.extend_from_slice(&dimensions.to_be_bytes());
    let nulls = (start..end).any(|item| array.values().is_null(item));
    out.extend_from_slice(&i32::from(nulls).to_be_bytes());
    out.extend_from_slice(&element.to_be_bytes());
    if start != end {
        out.extend_from_slice(&((end - start) as i32).to_be_bytes());
        out.extend_from_slice(&1i32.to_be_bytes());
    }
    for item in start..end {
        if array.values().is_null(item) {
            out.extend_from_slice(&(-1i32).to_be_bytes());
        } else {
            items.put(item, out)?;
        }
    }
    let length = (out.len() - length_at - 4) as i32;
    out[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

fn out_of_range(what: &str) -> Error {
    Error::new(
        Code::ValueOutOfRange(Side::Destination),
        format!("{what} does not fit PostgreSQL's type"),
    )
    .help("change it in the mapping, or land it as text by `type: string`")
}
