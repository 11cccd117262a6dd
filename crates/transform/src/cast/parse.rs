//! Casts from text. Nothing is trimmed and nothing is guessed.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, FixedSizeBinaryBuilder};
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, StringArray};
use arrow_buffer::IntervalMonthDayNano;
use serde::de::IgnoredAny;
use syncapp_model::DataType;

use super::number::{RANGE, from_big};
use super::{CastError, map_text};
use syncapp_values::calendar;
use syncapp_values::decimal::Number;
use syncapp_values::interval;

const DIGITS: &str = "has more digits than the type holds";

/// Reads texts as values of a type.
pub(super) fn parse(texts: &StringArray, to: &DataType) -> Result<ArrayRef, CastError> {
    Ok(match to {
        DataType::Bool => {
            let mut truths = Vec::with_capacity(texts.len());
            for (row, text) in texts.iter().enumerate() {
                truths.push(text.map(truth).transpose().map_err(|why| CastError::new(row, why))?);
            }
            Arc::new(BooleanArray::from(truths))
        }
        DataType::Float32 => Arc::new(map_text::<Float32Type, _>(texts.iter(), |text| {
            let value: f32 = float(text)?;
            let sure = if value.is_normal() { f32::DIGITS as usize } else { 0 };
            faithful(text, value.is_finite(), value == 0.0, sure, |digits| match digits {
                Some(digits) => format!("{value:.digits$e}"),
                None => format!("{value:e}"),
            })
            .map(|()| value)
        })?),
        DataType::Float64 => Arc::new(map_text::<Float64Type, _>(texts.iter(), float64)?),
        DataType::Binary => {
            let mut values = BinaryBuilder::with_capacity(texts.len(), texts.values().len() / 2);
            let mut bytes = Vec::new();
            for (row, text) in texts.iter().enumerate() {
                let Some(text) = text else {
                    values.append_null();
                    continue;
                };
                bytes.clear();
                let hex = unhex(text.strip_prefix("\\x").unwrap_or(text).as_bytes(), &mut bytes);
                hex.ok_or_else(|| CastError::new(row, "is not hex: an even number of the digits 0-9 and a-f"))?;
                values.append_value(&bytes);
            }
            Arc::new(values.finish())
        }
        DataType::Date => Arc::new(map_text::<Date32Type, _>(texts.iter(), |text| {
            calendar::parse_date(text.as_bytes()).ok_or("is not a day written as YYYY-MM-DD")
        })?),
        DataType::Time => Arc::new(map_text::<Time64MicrosecondType, _>(texts.iter(), |text| {
            calendar::parse_time(text.as_bytes())
                .ok_or("is not a time written as hh:mm:ss with at most six more digits")
        })?),
        DataType::Timestamp => Arc::new(map_text::<TimestampMicrosecondType, _>(texts.iter(), |text| {
            calendar::parse_timestamp(text.as_bytes(), false)
                .ok_or("is not a time written as YYYY-MM-DDThh:mm:ss, with at most six more digits and without a zone")
        })?),
        DataType::TimestampTz => {
            let instants = map_text::<TimestampMicrosecondType, _>(texts.iter(), |text| {
                calendar::parse_timestamp(text.as_bytes(), true)
                    .ok_or("is not a time written as YYYY-MM-DDThh:mm:ssZ, with at most six more digits")
            })?;
            Arc::new(instants.with_data_type(to.arrow()))
        }
        DataType::Interval => Arc::new(map_text::<IntervalMonthDayNanoType, _>(texts.iter(), |text| {
            interval::parse(text.as_bytes())
                .map(|(months, days, nanos)| IntervalMonthDayNano::new(months, days, nanos))
                .ok_or("is not a duration written as P1Y2M3DT4H5M6.5S")
        })?),
        DataType::Uuid => uuids(texts.iter(), |text| {
            let text = text.as_bytes();
            let mut bytes = Vec::with_capacity(16);
            let hyphens = text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text[*at] == b'-');
            if hyphens {
                for part in [0..8, 9..13, 14..18, 19..23, 24..36] {
                    unhex(&text[part], &mut bytes)?;
                }
            } else {
                unhex(text, &mut bytes)?;
            }
            bytes.try_into().ok()
        })?,
        _ => from_big(texts, to)?,
    })
}

/// UUIDs of what `read` makes of each value.
pub(super) fn uuids<T>(
    values: impl ExactSizeIterator<Item = Option<T>>,
    read: impl Fn(T) -> Option<[u8; 16]>,
) -> Result<ArrayRef, CastError> {
    let mut uuids = FixedSizeBinaryBuilder::with_capacity(values.len(), 16);
    for (row, value) in values.enumerate() {
        match value {
            None => uuids.append_null(),
            Some(value) => {
                let bytes = read(value).ok_or_else(|| CastError::new(row, "is not a UUID"))?;
                uuids
                    .append_value(bytes)
                    .map_err(|error| CastError::new(row, error.to_string()))?;
            }
        }
    }
    Ok(Arc::new(uuids.finish()))
}

fn truth(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" => Ok(true),
        "0" | "f" | "F" => Ok(false),
        _ if text.eq_ignore_ascii_case("true") => Ok(true),
        _ if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err("is none of true, false, t, f, 1 and 0"),
    }
}

/// Reads a float that says what its text says.
pub(crate) fn float64(text: &str) -> Result<f64, &'static str> {
    let value: f64 = float(text)?;
    let sure = if value.is_normal() { f64::DIGITS as usize } else { 0 };
    faithful(text, value.is_finite(), value == 0.0, sure, |digits| match digits {
        Some(digits) => format!("{value:.digits$e}"),
        None => format!("{value:e}"),
    })
    .map(|()| value)
}

/// The nearest float of a text, without the words that Rust knows beyond ours.
fn float<F: std::str::FromStr>(text: &str) -> Result<F, &'static str> {
    let known = matches!(text, "NaN" | "Infinity" | "-Infinity") || Number::parse(text.as_bytes()).is_some();
    known.then(|| text.parse().ok()).flatten().ok_or("is not a number")
}

/// Whether a float says what its text says: written with as many digits as the text has, it reads the same. So `0.1`
/// passes though no float is a tenth, and `9007199254740993` does not, for it would turn into …992. Texts of at most
/// `sure` digits need no look.
fn faithful(
    text: &str,
    finite: bool,
    zero: bool,
    sure: usize,
    shown: impl Fn(Option<usize>) -> String,
) -> Result<(), &'static str> {
    /// No double has more significant digits than these.
    const LONGEST: usize = 767;
    let Some(number) = Number::parse(text.as_bytes()) else {
        return Ok(());
    };
    let (digits, count, _) = number.significant();
    if !finite || (zero && count > 0) {
        return Err(RANGE);
    }
    if count <= sure || count == 0 {
        return Ok(());
    }
    if count > LONGEST {
        return Err(DIGITS);
    }
    let digits: Vec<u8> = digits.collect();
    let same = |shown: String| {
        let mantissa = shown
            .bytes()
            .take_while(|byte| *byte != b'e')
            .filter(u8::is_ascii_digit);
        mantissa.map(|digit| digit - b'0').eq(digits.iter().copied())
    };
    // Halfway between two texts, the shortest one may be the other.
    if same(shown(Some(count - 1))) || same(shown(None)) {
        Ok(())
    } else {
        Err(DIGITS)
    }
}

/// Appends the bytes of a hex text.
fn unhex(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = text.as_chunks::<2>();
    for [high, low] in pairs {
        out.push(digit(*high)? << 4 | digit(*low)?);
    }
    rest.is_empty().then_some(())
}

/// Checks that a text is one JSON document, of any depth.
pub(super) fn check_json(text: &str) -> Result<(), String> {
    serde_json::from_str::<IgnoredAny>(text)
        .map(drop)
        .map_err(|error| format!("is not JSON: {error}"))
}
