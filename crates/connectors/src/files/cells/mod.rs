//! Columns under construction: texts go in, typed Arrow arrays come out.
//!
//! Invariant: a text that its column's type cannot hold exactly is refused and leaves the column as it was; nothing
//! is ever rounded, cut or made NULL here. Doubles are the nearest to their text.

mod clock;
mod number;
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
use base64::Engine;
use serde_json::value::RawValue;
use syncapp_model::DataType;

pub(super) use clock::{date, timestamp, timestamp_tz};
pub(super) use number::Digits;
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
            (Values::Bool(values), _) => match boolean(text, plain) {
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
                    DataType::Binary => binary(text, data),
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
            (Values::Uuid(values), _) => match uuid(text) {
                Some(bytes) => {
                    values.extend_from_slice(&bytes);
                    true
                }
                None => false,
            },
            (Values::List { ends, items }, _) => {
                let pushed = push_list(items, text);
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
            _ if raw.starts_with('"') => match unquote(raw, scratch) {
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

    fn truncate(&mut self, len: usize) {
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

fn boolean(text: &[u8], plain: bool) -> Option<bool> {
    match text {
        b"true" => return Some(true),
        b"false" => return Some(false),
        _ if plain || text.len() > 5 => return None,
        _ => {}
    }
    let any = |words: &[&str]| words.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(text));
    if any(&["true", "t", "yes", "y", "on", "1"]) {
        Some(true)
    } else if any(&["false", "f", "no", "n", "off", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// `\x` and hex digits, or base64.
fn binary(text: &[u8], out: &mut Vec<u8>) -> bool {
    match text.strip_prefix(b"\\x") {
        Some(digits) => {
            let (pairs, odd) = digits.as_chunks::<2>();
            odd.is_empty()
                && pairs.iter().all(|[high, low]| match (hex(*high), hex(*low)) {
                    (Some(high), Some(low)) => {
                        out.push(high << 4 | low);
                        true
                    }
                    _ => false,
                })
        }
        None => base64::engine::general_purpose::STANDARD.decode_vec(text, out).is_ok(),
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Eight, four, four, four and twelve hex digits between hyphens.
pub(super) fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != 36 {
        return None;
    }
    let mut bytes = [0; 16];
    let mut at = 0;
    for (number, byte) in bytes.iter_mut().enumerate() {
        if matches!(number, 4 | 6 | 8 | 10) {
            if text[at] != b'-' {
                return None;
            }
            at += 1;
        }
        *byte = hex(text[at])? << 4 | hex(text[at + 1])?;
        at += 2;
    }
    Some(bytes)
}

/// The text of a JSON string; most hold no escape and are not copied.
pub(super) fn unquote<'a>(raw: &'a str, scratch: &'a mut String) -> Option<&'a str> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(inner);
    }
    *scratch = serde_json::from_str(raw).ok()?;
    Some(scratch)
}

/// Appends the items of a JSON array.
fn push_list(items: &mut Cells, text: &[u8]) -> bool {
    struct Items<'a>(&'a mut Cells);

    impl<'de> serde::de::Visitor<'de> for Items<'_> {
        type Value = bool;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
            let mut scratch = String::new();
            let mut ok = true;
            while let Some(raw) = seq.next_element::<&'de RawValue>()? {
                ok = ok && self.0.push_json(raw.get(), &mut scratch);
            }
            Ok(ok)
        }
    }

    let mut json = serde_json::Deserializer::from_slice(text);
    let pushed = serde::Deserializer::deserialize_seq(&mut json, Items(items));
    matches!(pushed, Ok(true)) && json.end().is_ok()
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;

    use super::*;

    fn column(ty: &str, plain: bool, texts: &[Option<&str>]) -> Option<ArrayRef> {
        let mut cells = Cells::new(ty.parse().unwrap(), plain);
        for text in texts {
            match text {
                Some(text) => cells.push(text.as_bytes()).then_some(())?,
                None => cells.push_null(),
            }
        }
        Some(cells.finish().unwrap())
    }

    #[test]
    fn every_type_reads_its_text_and_has_its_arrow_form() {
        for (ty, text) in [
            ("bool", "true"),
            ("int16", "-32768"),
            ("int32", "2147483647"),
            ("int64", "-9223372036854775808"),
            ("float32", "1.5"),
            ("float64", "-Infinity"),
            ("decimal(10,2)", "12345678.90"),
            ("decimal(76,2)", "12345678.90"),
            ("decimal", "1.50"),
            ("string", ""),
            ("binary", "\\x00ff"),
            ("binary", "AP8="),
            ("date", "0001-01-01"),
            ("time", "24:00:00"),
            ("timestamp", "9999-12-31T23:59:59.999999"),
            ("timestamptz", "1969-12-31T23:59:59Z"),
            ("interval", "P1M2DT3S"),
            ("uuid", "00112233-4455-6677-8899-AABBCCDDEEFF"),
            ("json", "{\"a\": 1}"),
            ("list<int32>", "[1, null, -3]"),
            ("list<list<string>>", "[[\"a\\n\"], []]"),
        ] {
            let array = column(ty, false, &[Some(text), None, Some(text)]).unwrap_or_else(|| panic!("{ty} {text}"));
            assert_eq!(array.data_type(), &ty.parse::<DataType>().unwrap().arrow(), "{ty}");
            assert_eq!((array.len(), array.null_count()), (3, 1), "{ty}");
            assert_eq!(array.slice(0, 1).as_ref(), array.slice(2, 1).as_ref(), "{ty}");
        }
    }

    #[test]
    fn a_text_that_does_not_fit_is_refused_and_leaves_no_trace() {
        for (ty, good, bad) in [
            ("bool", "f", "maybe"),
            ("int16", "1", "32768"),
            ("binary", "\\x00", "\\x0"),
            ("binary", "AP8=", "AP8"),
            ("json", "1", "{a}"),
            (
                "uuid",
                "00112233-4455-6677-8899-aabbccddeeff",
                "00112233445566778899aabbccddeeff",
            ),
            ("list<int32>", "[1]", "[1, 2, \"x\"]"),
            ("list<int32>", "[1]", "{}"),
            ("list<int32>", "[1]", "[1] 2"),
        ] {
            let mut cells = Cells::new(ty.parse().unwrap(), false);
            assert!(cells.push(good.as_bytes()), "{ty}");
            assert!(!cells.push(bad.as_bytes()), "{ty} {bad}");
            assert!(cells.push(good.as_bytes()), "{ty}");
            let array = cells.finish().unwrap();
            assert_eq!(
                array.as_ref(),
                column(ty, false, &[Some(good), Some(good)]).unwrap().as_ref()
            );
            assert!(cells.finish().unwrap().is_empty());
        }
    }

    #[test]
    fn a_guessed_type_keeps_spellings() {
        for (ty, text) in [
            ("int64", "007"),
            ("bool", "t"),
            ("decimal(5,2)", "00.5"),
            ("decimal", "+1"),
        ] {
            assert!(column(ty, false, &[Some(text)]).is_some(), "{ty}");
            assert!(column(ty, true, &[Some(text)]).is_none(), "{ty}");
        }
    }
}
