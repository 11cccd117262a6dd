//! The text of typed values: what the CSV and NDJSON writers put into files, and [`super::Cells`] reads back.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{
    Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, ListArray, PrimitiveArray, RecordBatch, StringArray,
};
use arrow_schema::Field;
use syncapp_model::{Code, DataType, Error, Result, Side};
use syncapp_values::{calendar, decimal, write_hex, write_uuid};

use super::number::Digits;

/// A column of a batch, ready to be spelled cell by cell.
pub(in crate::files) struct TextColumn<'a> {
    array: &'a dyn Array,
    values: Values<'a>,
}

enum Values<'a> {
    Bool(&'a BooleanArray),
    Int16(&'a PrimitiveArray<Int16Type>),
    Int32(&'a PrimitiveArray<Int32Type>),
    Int64(&'a PrimitiveArray<Int64Type>),
    Float32(&'a PrimitiveArray<Float32Type>),
    Float64(&'a PrimitiveArray<Float64Type>),
    Decimal(&'a PrimitiveArray<Decimal128Type>, u8),
    WideDecimal(&'a PrimitiveArray<Decimal256Type>, u8),
    BigDecimal(&'a StringArray),
    String(&'a StringArray),
    Json(&'a StringArray),
    Binary(&'a BinaryArray),
    Date(&'a PrimitiveArray<Date32Type>),
    Time(&'a PrimitiveArray<Time64MicrosecondType>),
    Timestamp(&'a PrimitiveArray<TimestampMicrosecondType>),
    TimestampTz(&'a PrimitiveArray<TimestampMicrosecondType>),
    Interval(&'a PrimitiveArray<IntervalMonthDayNanoType>),
    Uuid(&'a FixedSizeBinaryArray),
    List(&'a ListArray, Box<TextColumn<'a>>),
}

impl<'a> TextColumn<'a> {
    /// All columns of a batch.
    pub(in crate::files) fn of_batch(batch: &'a RecordBatch) -> Result<Vec<Self>> {
        let schema = batch.schema_ref();
        let columns = schema.fields().iter().zip(batch.columns());
        columns.map(|(field, array)| Self::new(field, array.as_ref())).collect()
    }

    fn new(field: &Field, array: &'a dyn Array) -> Result<Self> {
        let strange = || Error::internal(format!("a file cannot take {}", field.data_type())).column(field.name());
        let ty = DataType::of(field).ok_or_else(strange)?;
        if ty.arrow() != *array.data_type() {
            return Err(strange());
        }
        let values = match ty {
            DataType::Bool => Values::Bool(array.as_boolean()),
            DataType::Int16 => Values::Int16(array.as_primitive()),
            DataType::Int32 => Values::Int32(array.as_primitive()),
            DataType::Int64 => Values::Int64(array.as_primitive()),
            DataType::Float32 => Values::Float32(array.as_primitive()),
            DataType::Float64 => Values::Float64(array.as_primitive()),
            DataType::Decimal { precision, scale } if precision <= 38 => Values::Decimal(array.as_primitive(), scale),
            DataType::Decimal { scale, .. } => Values::WideDecimal(array.as_primitive(), scale),
            DataType::BigDecimal => Values::BigDecimal(array.as_string()),
            DataType::String => Values::String(array.as_string()),
            DataType::Json => Values::Json(array.as_string()),
            DataType::Binary => Values::Binary(array.as_binary()),
            DataType::Date => Values::Date(array.as_primitive()),
            DataType::Time => Values::Time(array.as_primitive()),
            DataType::Timestamp => Values::Timestamp(array.as_primitive()),
            DataType::TimestampTz => Values::TimestampTz(array.as_primitive()),
            DataType::Interval => Values::Interval(array.as_primitive()),
            DataType::Uuid => Values::Uuid(array.as_fixed_size_binary()),
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                let item = DataType::of(field).and_then(|ty| match ty {
                    DataType::List(item) => Some(item.field(field.name(), true)),
                    _ => None,
                });
                let items = Self::new(&item.ok_or_else(strange)?, list.values().as_ref())?;
                Values::List(list, Box::new(items))
            }
        };
        Ok(Self { array, values })
    }

    /// Whether a cell is NULL.
    pub(in crate::files) fn is_null(&self, row: usize) -> bool {
        self.array.is_null(row)
    }

    /// Appends a cell that is not NULL, as text.
    pub(in crate::files) fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        match &self.values {
            Values::Bool(array) => out.extend_from_slice(if array.value(row) { b"true" } else { b"false" }),
            Values::Int16(array) => decimal::write_integer(array.value(row), out),
            Values::Int32(array) => decimal::write_integer(array.value(row), out),
            Values::Int64(array) => decimal::write_integer(array.value(row), out),
            Values::Float32(array) => match array.value(row) {
                value if value.is_finite() => show_debug(out, value),
                value => out.extend_from_slice(odd_float(f64::from(value)).as_bytes()),
            },
            Values::Float64(array) => match array.value(row) {
                value if value.is_finite() => show_debug(out, value),
                value => out.extend_from_slice(odd_float(value).as_bytes()),
            },
            Values::Decimal(array, scale) => decimal::write(array.value(row), *scale, out),
            Values::WideDecimal(array, scale) => decimal::write(array.value(row), *scale, out),
            Values::BigDecimal(array) | Values::String(array) | Values::Json(array) => {
                out.extend_from_slice(array.value(row).as_bytes());
            }
            Values::Binary(array) => {
                out.extend_from_slice(b"\\x");
                write_hex(array.value(row), out);
            }
            Values::Date(array) => calendar::write_date(array.value(row).into(), out),
            Values::Time(array) => calendar::write_time(array.value(row), out),
            Values::Timestamp(array) => calendar::write_timestamp(array.value(row), out),
            Values::TimestampTz(array) => {
                calendar::write_timestamp(array.value(row), out);
                out.push(b'Z');
            }
            Values::Interval(array) => interval(out, array.value(row)),
            Values::Uuid(array) => write_uuid(array.value(row), out),
            Values::List(..) => self.write_json(row, out)?,
        }
        Ok(())
    }

    /// Appends a cell as a JSON value on one line.
    pub(in crate::files) fn write_json(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        if self.is_null(row) {
            out.extend_from_slice(b"null");
            return Ok(());
        }
        match &self.values {
            Values::Bool(_)
            | Values::Int16(_)
            | Values::Int32(_)
            | Values::Int64(_)
            | Values::Decimal(..)
            | Values::WideDecimal(..) => self.write(row, out)?,
            Values::Float32(array) if array.value(row).is_finite() => self.write(row, out)?,
            Values::Float64(array) if array.value(row).is_finite() => self.write(row, out)?,
            Values::Float32(array) => return Err(no_number(odd_float(f64::from(array.value(row))))),
            Values::Float64(array) => return Err(no_number(odd_float(array.value(row)))),
            Values::BigDecimal(array) => {
                let text = array.value(row);
                match Digits::of(text.as_bytes()) {
                    Some(parts) if parts.plain && !parts.whole.is_empty() => out.extend_from_slice(text.as_bytes()),
                    _ => return Err(no_number(text)),
                }
            }
            Values::String(array) => json_string(out, array.value(row))?,
            Values::Json(array) => {
                let text = array.value(row);
                if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
                    return Err(Error::new(
                        Code::InvalidData(Side::Destination),
                        "the value is not JSON",
                    ));
                }
                if text.trim_ascii() == "null" {
                    let why = "the value is the JSON `null`, which a JSON file cannot tell from no value";
                    return Err(Error::new(Code::ValueOutOfRange(Side::Destination), why));
                }
                // Line ends stand only between the tokens of a JSON text, where a space means the same.
                out.extend(
                    text.bytes()
                        .map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }),
                );
            }
            Values::Binary(array) => {
                out.extend_from_slice(b"\"\\\\x");
                write_hex(array.value(row), out);
                out.push(b'"');
            }
            Values::List(array, items) => {
                out.push(b'[');
                let (from, to) = (array.value_offsets()[row], array.value_offsets()[row + 1]);
                for item in from..to {
                    if item > from {
                        out.push(b',');
                    }
                    items.write_json(item as usize, out)?;
                }
                out.push(b']');
            }
            _ => {
                out.push(b'"');
                self.write(row, out)?;
                out.push(b'"');
            }
        }
        Ok(())
    }
}

/// Appends a JSON string.
pub(in crate::files) fn json_string(out: &mut Vec<u8>, text: &str) -> Result<()> {
    serde_json::to_writer(out, text).map_err(|problem| Error::internal(problem.to_string()))
}

fn no_number(text: &str) -> Error {
    Error::new(
        Code::ValueOutOfRange(Side::Destination),
        format!("JSON has no number `{text}`"),
    )
    .help("give the column `type: string`, or write CSV or Parquet")
}

fn odd_float(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Writing into a vector cannot fail.
fn show(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}

fn show_debug(out: &mut Vec<u8>, value: impl std::fmt::Debug) {
    let _ = write!(out, "{value:?}");
}

fn interval(out: &mut Vec<u8>, value: IntervalMonthDayNano) {
    out.push(b'P');
    if value.months != 0 {
        let _ = write!(out, "{}M", value.months);
    }
    if value.days != 0 {
        let _ = write!(out, "{}D", value.days);
    }
    if value.nanoseconds != 0 || (value.months == 0 && value.days == 0) {
        let sign = if value.nanoseconds < 0 { "-" } else { "" };
        let nanos = value.nanoseconds.unsigned_abs();
        let _ = write!(out, "T{sign}{}", nanos / 1_000_000_000);
        match nanos % 1_000_000_000 {
            0 => {}
            rest if rest % 1000 == 0 => show(out, format_args!(".{:06}", rest / 1000)),
            rest => show(out, format_args!(".{rest:09}")),
        }
        out.push(b'S');
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cells;
    use super::*;

    #[test]
    fn text_survives_reading_and_writing() {
        for (ty, texts) in [
            ("bool", vec!["true", "false"]),
            ("int16", vec!["-32768", "0"]),
            ("float64", vec!["1e300", "-0.0", "5e-324", "NaN", "-Infinity", "0.1"]),
            ("float32", vec!["3.4028235e38", "Infinity"]),
            ("decimal(5,2)", vec!["-0.01", "999.99", "0.00"]),
            ("decimal(38,38)", vec!["-0.00000000000000000000000000000000000001"]),
            (
                "decimal(76,1)",
                vec!["-12345678901234567890123456789012345678901234567890.1"],
            ),
            ("decimal", vec!["-1.50", "NaN"]),
            ("binary", vec!["\\x", "\\x00ff"]),
            ("date", vec!["-0044-03-15", "0000-01-01", "9999-12-31", "10000-01-01"]),
            ("time", vec!["00:00:00", "23:59:59.000001", "24:00:00"]),
            ("timestamp", vec!["0001-01-01T00:00:00", "1969-12-31T23:59:59.999999"]),
            ("timestamptz", vec!["294246-12-31T23:59:59.999999Z"]),
            ("interval", vec!["PT0S", "P-14M3DT-0.500000S", "PT0.000000001S"]),
            ("uuid", vec!["00112233-4455-6677-8899-aabbccddeeff"]),
            ("list<string>", vec![r#"["a","",null,"\n\"é"]"#, "[]"]),
            ("list<list<int32>>", vec!["[[1],null,[]]"]),
            ("json", vec![r#"{"a": [1, 2.50]}"#]),
        ] {
            let ty: DataType = ty.parse().unwrap();
            let mut cells = Cells::new(ty.clone(), false);
            for text in &texts {
                assert!(cells.push(text.as_bytes()), "{ty} {text}");
            }
            let array = cells.finish().unwrap();
            let column = TextColumn::new(&ty.field("c", true), array.as_ref()).unwrap();
            for (row, text) in texts.iter().enumerate() {
                let mut out = Vec::new();
                column.write(row, &mut out).unwrap();
                assert_eq!(std::str::from_utf8(&out).unwrap(), *text, "{ty}");
            }
        }
    }
}
