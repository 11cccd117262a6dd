//! The canonical text of every value: what a cast to `string` gives, what a hash mask hashes, what an error shows.
//!
//! Text is UTF-8 by construction and lossless: reading it back as the value's type gives the value. Numbers are plain
//! (floats the shortest text that reads back), dates and times ISO 8601 (a `timestamptz` ends in `Z`), intervals ISO 8601
//! durations, bytes lower-case hex, UUIDs hyphenated, lists JSON. JSON has no word for NaN and infinities: in lists they
//! are JSON strings.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, ListArray, PrimitiveArray, StringArray};
use syncapp_model::DataType;

use crate::calendar::{self, put};
use crate::{decimal, interval};

/// A column's values, ready to be written as text.
pub struct Texts<'a>(Values<'a>);

enum Values<'a> {
    Bool(&'a BooleanArray),
    Int16(&'a PrimitiveArray<Int16Type>),
    Int32(&'a PrimitiveArray<Int32Type>),
    Int64(&'a PrimitiveArray<Int64Type>),
    Float32(&'a PrimitiveArray<Float32Type>),
    Float64(&'a PrimitiveArray<Float64Type>),
    Decimal128(&'a PrimitiveArray<Decimal128Type>, u8),
    Decimal256(&'a PrimitiveArray<Decimal256Type>, u8),
    String(&'a StringArray),
    Binary(&'a BinaryArray),
    Date(&'a PrimitiveArray<Date32Type>),
    Time(&'a PrimitiveArray<Time64MicrosecondType>),
    Timestamp(&'a PrimitiveArray<TimestampMicrosecondType>, bool),
    Interval(&'a PrimitiveArray<IntervalMonthDayNanoType>),
    Uuid(&'a FixedSizeBinaryArray),
    List(&'a ListArray, Box<Json<'a>>),
}

impl<'a> Texts<'a> {
    /// The texts of an array that carries values of a type, as [`DataType::arrow`] says.
    pub fn of(array: &'a dyn Array, ty: &DataType) -> Self {
        Self(match ty {
            DataType::Bool => Values::Bool(array.as_boolean()),
            DataType::Int16 => Values::Int16(array.as_primitive()),
            DataType::Int32 => Values::Int32(array.as_primitive()),
            DataType::Int64 => Values::Int64(array.as_primitive()),
            DataType::Float32 => Values::Float32(array.as_primitive()),
            DataType::Float64 => Values::Float64(array.as_primitive()),
            DataType::Decimal { precision, scale } if *precision <= 38 => {
                Values::Decimal128(array.as_primitive(), *scale)
            }
            DataType::Decimal { scale, .. } => Values::Decimal256(array.as_primitive(), *scale),
            DataType::BigDecimal | DataType::String | DataType::Json => Values::String(array.as_string()),
            DataType::Binary => Values::Binary(array.as_binary()),
            DataType::Date => Values::Date(array.as_primitive()),
            DataType::Time => Values::Time(array.as_primitive()),
            DataType::Timestamp => Values::Timestamp(array.as_primitive(), false),
            DataType::TimestampTz => Values::Timestamp(array.as_primitive(), true),
            DataType::Interval => Values::Interval(array.as_primitive()),
            DataType::Uuid => Values::Uuid(array.as_fixed_size_binary()),
            DataType::List(item) => {
                let list = array.as_list::<i32>();
                Values::List(list, Box::new(Json::of(list.values(), item)))
            }
        })
    }

    /// Appends the text of a row that is not NULL.
    pub fn write(&self, row: usize, out: &mut Vec<u8>) {
        match &self.0 {
            Values::Bool(array) => out.extend_from_slice(if array.value(row) { b"true" } else { b"false" }),
            Values::Int16(array) => decimal::write_integer(array.value(row), out),
            Values::Int32(array) => decimal::write_integer(array.value(row), out),
            Values::Int64(array) => decimal::write_integer(array.value(row), out),
            Values::Float32(array) => write_float(out, array.value(row), array.value(row).into()),
            Values::Float64(array) => write_float(out, array.value(row), array.value(row)),
            Values::Decimal128(array, scale) => decimal::write(array.value(row), *scale, out),
            Values::Decimal256(array, scale) => decimal::write(array.value(row), *scale, out),
            Values::String(array) => out.extend_from_slice(array.value(row).as_bytes()),
            Values::Binary(array) => write_hex(array.value(row), out),
            Values::Date(array) => calendar::write_date(array.value(row).into(), out),
            Values::Time(array) => calendar::write_time(array.value(row), out),
            Values::Timestamp(array, zoned) => {
                calendar::write_timestamp(array.value(row), out);
                if *zoned {
                    out.push(b'Z');
                }
            }
            Values::Interval(array) => {
                let value = array.value(row);
                interval::write(value.months, value.days, value.nanoseconds, out);
            }
            Values::Uuid(array) => write_uuid(array.value(row), out),
            Values::List(array, items) => {
                let offsets = array.value_offsets();
                out.push(b'[');
                for item in offsets[row]..offsets[row + 1] {
                    if item > offsets[row] {
                        out.push(b',');
                    }
                    items.write(item as usize, out);
                }
                out.push(b']');
            }
        }
    }
}

/// A column's values, ready to be written as JSON.
pub struct Json<'a> {
    array: &'a dyn Array,
    texts: Texts<'a>,
    /// Whether the text is JSON as it stands.
    bare: bool,
    scratch: std::cell::RefCell<Vec<u8>>,
}

impl<'a> Json<'a> {
    /// The JSON of an array that carries values of a type.
    pub fn of(array: &'a dyn Array, ty: &DataType) -> Self {
        let bare = !matches!(
            ty,
            DataType::String
                | DataType::Binary
                | DataType::Date
                | DataType::Time
                | DataType::Timestamp
                | DataType::TimestampTz
                | DataType::Interval
                | DataType::Uuid
        );
        Self {
            array,
            texts: Texts::of(array, ty),
            bare,
            scratch: std::cell::RefCell::default(),
        }
    }

    /// Appends a row's JSON, `null` for NULL.
    pub fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.array.is_null(row) {
            return out.extend_from_slice(b"null");
        }
        let start = out.len();
        if self.bare {
            self.texts.write(row, out);
            if matches!(&out[start..], b"NaN" | b"Infinity" | b"-Infinity") {
                out.insert(start, b'"');
                out.push(b'"');
            }
        } else {
            let mut scratch = self.scratch.borrow_mut();
            scratch.clear();
            self.texts.write(row, &mut scratch);
            // The text is UTF-8 by construction, and writing into memory does not fail.
            drop(serde_json::to_writer(out, &String::from_utf8_lossy(&scratch)));
        }
    }
}

/// Writes a float's shortest text, without the point of a whole number.
fn write_float(out: &mut Vec<u8>, shown: impl std::fmt::Debug, value: f64) {
    if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    } else {
        put!(out, "{shown:?}");
        if out.ends_with(b".0") {
            out.truncate(out.len() - 2);
        }
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends bytes as lower-case hex.
pub fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        out.push(HEX[usize::from(byte >> 4)]);
        out.push(HEX[usize::from(byte & 15)]);
    }
}

/// Appends a UUID.
pub fn write_uuid(bytes: &[u8], out: &mut Vec<u8>) {
    for (at, part) in [(0, 4), (4, 6), (6, 8), (8, 10), (10, 16)] {
        if at > 0 {
            out.push(b'-');
        }
        write_hex(&bytes[at..part], out);
    }
}

/// A row's text, cut where it is long.
pub fn short(array: &dyn Array, ty: &DataType, row: usize) -> String {
    const SHOWN: usize = 60;
    if array.is_null(row) {
        return "NULL".to_owned();
    }
    let mut text = Vec::new();
    Texts::of(array, ty).write(row, &mut text);
    let text = String::from_utf8_lossy(&text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}
