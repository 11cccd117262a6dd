//! Rows in the words of [`syncapp_connector::Form`], byte for byte as the servers spell them.
//!
//! Two spellings: the digest's, which servers share, and the one that decides whether two fetched values are the same,
//! in which JSON is compared by what it means.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType as Arrow;
use md5::{Digest as _, Md5};
use serde_json::value::RawValue;
use syncapp_connector::Form;
use syncapp_model::{DataType, Error, Result};
use syncapp_values::{Texts, decimal, write_hex};

/// 2000-01-01 from 1970-01-01, in days and in microseconds.
const DAYS_TO_2000: i32 = 10_957;
const MICROS_TO_2000: i64 = 946_684_800_000_000;

/// What is spelled of each row.
#[derive(Debug, Clone)]
pub(crate) struct Canon {
    pub(crate) forms: Vec<Form>,
    /// Places of the key's columns; none where the row is its own key.
    pub(crate) key: Vec<usize>,
}

/// The MD5 of a text.
pub(crate) type Md5Sum = [u8; 16];

impl Canon {
    /// The numbers of a row, and of the MD5 of its key the last four digits.
    pub(crate) fn numbers(&self, batch: &RecordBatch, row: usize, scratch: &mut Vec<u8>) -> Result<([u64; 2], u16)> {
        let whole = self.sum(batch, row, 0..self.forms.len(), false, scratch)?;
        let key = if self.key.is_empty() {
            whole
        } else {
            self.sum(batch, row, self.key.iter().copied(), false, scratch)?
        };
        let digits = u128::from_be_bytes(whole);
        let sixty = (1 << 60) - 1;
        let numbers = [(digits >> 68) as u64, (digits >> 8) as u64 & sixty];
        Ok((numbers, u16::from_be_bytes([key[14], key[15]])))
    }

    /// What makes two rows the same row, and what makes them equal.
    pub(crate) fn identity(&self, batch: &RecordBatch, row: usize, scratch: &mut Vec<u8>) -> Result<(Md5Sum, Md5Sum)> {
        let whole = self.sum(batch, row, 0..self.forms.len(), true, scratch)?;
        if self.key.is_empty() {
            return Ok((whole, whole));
        }
        Ok((self.sum(batch, row, self.key.iter().copied(), true, scratch)?, whole))
    }

    /// Whether a cell of two rows is the same.
    pub(crate) fn same(&self, at: usize, one: (&RecordBatch, usize), other: (&RecordBatch, usize)) -> Result<bool> {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        self.cell(one.0, at, one.1, true, &mut left)?;
        self.cell(other.0, at, other.1, true, &mut right)?;
        Ok(left == right)
    }

    fn sum(
        &self,
        batch: &RecordBatch,
        row: usize,
        columns: impl Iterator<Item = usize>,
        meaning: bool,
        scratch: &mut Vec<u8>,
    ) -> Result<Md5Sum> {
        scratch.clear();
        for at in columns {
            self.cell(batch, at, row, meaning, scratch)?;
            scratch.push(b'|');
        }
        Ok(Md5::digest(scratch).into())
    }

    fn cell(&self, batch: &RecordBatch, at: usize, row: usize, meaning: bool, out: &mut Vec<u8>) -> Result<()> {
        let array = batch.column(at).as_ref();
        if array.is_null(row) {
            out.push(b'~');
            return Ok(());
        }
        let known = match self.forms[at] {
            Form::Number => number(array, row, out),
            Form::Float => float(array, row, out),
            Form::Json if matches!(array.data_type(), Arrow::List(_)) => {
                // A list that the other end keeps as JSON.
                let mut spelled = Vec::new();
                let ty = DataType::of(batch.schema_ref().field(at));
                ty.and_then(|ty| {
                    Texts::of(array, &ty).write(row, &mut spelled);
                    if meaning {
                        return json(&spelled, out);
                    }
                    counted(&spelled, out);
                    Some(())
                })
            }
            Form::Json if meaning => bytes(array, row).and_then(|spelled| json(spelled, out)),
            Form::Text | Form::Json | Form::Native => bytes(array, row).map(|text| counted(text, out)),
            Form::Binary => bytes(array, row).map(|bytes| write_hex(bytes, out)),
            Form::Date => array.as_primitive_opt::<Date32Type>().map(|array| {
                write_hex(&array.value(row).wrapping_sub(DAYS_TO_2000).to_be_bytes(), out);
            }),
            Form::Moment => array.as_primitive_opt::<TimestampMicrosecondType>().map(|array| {
                write_hex(&array.value(row).wrapping_sub(MICROS_TO_2000).to_be_bytes(), out);
            }),
            Form::Span => span(array, row, out),
            Form::Uuid | Form::List => {
                let ty = DataType::of(batch.schema_ref().field(at));
                ty.map(|ty| Texts::of(array, &ty).write(row, out))
            }
        };
        known.ok_or_else(|| {
            let why = format!("{} cannot be spelled as {:?}", array.data_type(), self.forms[at]);
            Error::internal(why).column(batch.schema_ref().field(at).name())
        })
    }
}

fn number(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    match array.data_type() {
        Arrow::Boolean => out.push(if array.as_boolean().value(row) { b'1' } else { b'0' }),
        Arrow::Int16 => decimal::write::<i128>(array.as_primitive::<Int16Type>().value(row).into(), 0, out),
        Arrow::Int32 => decimal::write::<i128>(array.as_primitive::<Int32Type>().value(row).into(), 0, out),
        Arrow::Int64 => decimal::write::<i128>(array.as_primitive::<Int64Type>().value(row).into(), 0, out),
        Arrow::Decimal128(_, scale) => {
            decimal::write(array.as_primitive::<Decimal128Type>().value(row), *scale as u8, out);
        }
        Arrow::Decimal256(_, scale) => {
            decimal::write(array.as_primitive::<Decimal256Type>().value(row), *scale as u8, out);
        }
        Arrow::Utf8 => {
            let spelled = array.as_string::<i32>().value(row).as_bytes();
            if decimal::normalize(spelled, out).is_none() {
                out.truncate(start);
                out.extend_from_slice(spelled);
            }
        }
        _ => return None,
    }
    if out[start..].contains(&b'.') {
        while out.last() == Some(&b'0') {
            out.pop();
        }
        if out.last() == Some(&b'.') {
            out.pop();
        }
    }
    Some(())
}

fn float(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Option<()> {
    let value = match array.data_type() {
        Arrow::Float32 => f64::from(array.as_primitive::<Float32Type>().value(row)),
        Arrow::Float64 => array.as_primitive::<Float64Type>().value(row),
        _ => return None,
    };
    let bits = if value.is_nan() {
        0x7ff8_0000_0000_0000
    } else {
        value.to_bits()
    };
    write_hex(&bits.to_be_bytes(), out);
    Some(())
}

fn bytes(array: &dyn Array, row: usize) -> Option<&[u8]> {
    Some(match array.data_type() {
        Arrow::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
        Arrow::Binary => array.as_binary::<i32>().value(row),
        Arrow::FixedSizeBinary(_) => array.as_fixed_size_binary().value(row),
        _ => return None,
    })
}

/// A text with its length before it.
fn counted(text: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(text.len().to_string().as_bytes());
    out.push(b':');
    out.extend_from_slice(text);
}

fn span(array: &dyn Array, row: usize, out: &mut Vec<u8>) -> Option<()> {
    let (micros, days, months) = match array.data_type() {
        Arrow::Time64(_) => (array.as_primitive::<Time64MicrosecondType>().value(row), 0, 0),
        Arrow::Interval(_) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            (value.nanoseconds / 1000, value.days, value.months)
        }
        _ => return None,
    };
    write_hex(&micros.to_be_bytes(), out);
    write_hex(&days.to_be_bytes(), out);
    write_hex(&months.to_be_bytes(), out);
    Some(())
}

/// JSON without blanks, its objects' keys in order, its numbers without zeros at the end.
fn json(spelled: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let spelled = std::str::from_utf8(spelled).ok()?;
    let start = out.len();
    if meaning(spelled, out).is_none() {
        // It is no JSON: then only the same text is the same.
        out.truncate(start);
        out.extend_from_slice(spelled.as_bytes());
    }
    Some(())
}

fn meaning(spelled: &str, out: &mut Vec<u8>) -> Option<()> {
    let spelled = spelled.trim();
    match spelled.as_bytes().first()? {
        b'{' => {
            let object: BTreeMap<String, &RawValue> = serde_json::from_str(spelled).ok()?;
            out.push(b'{');
            for (key, value) in object {
                serde_json::to_writer(&mut *out, &key).ok()?;
                out.push(b':');
                meaning(value.get(), out)?;
                out.push(b',');
            }
            out.push(b'}');
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(spelled).ok()?;
            out.push(b'[');
            for item in items {
                meaning(item.get(), out)?;
                out.push(b',');
            }
            out.push(b']');
        }
        b'"' => {
            let text: String = serde_json::from_str(spelled).ok()?;
            serde_json::to_writer(out, &text).ok()?;
        }
        b't' | b'f' | b'n' => out.extend_from_slice(spelled.as_bytes()),
        _ => {
            let start = out.len();
            decimal::normalize(spelled.as_bytes(), out)?;
            if out[start..].contains(&b'.') {
                let kept = out.iter().rposition(|byte| *byte != b'0').map_or(start, |at| at + 1);
                out.truncate(kept);
                if out.last() == Some(&b'.') {
                    out.pop();
                }
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray};

    use super::*;

    fn check(form: Form, ty: &str, array: ArrayRef, want: &str) {
        let ty: DataType = ty.parse().unwrap();
        let schema = arrow_schema::Schema::new(vec![ty.field("v", true)]);
        let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap();
        let canon = Canon {
            forms: vec![form],
            key: Vec::new(),
        };
        let mut out = Vec::new();
        canon.cell(&batch, 0, 0, true, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), want, "{form:?}");
    }

    #[test]
    fn cells() {
        let texts = |text: &str| Arc::new(StringArray::from(vec![text])) as ArrayRef;
        let decimal = Decimal128Array::from(vec![-1500]).with_precision_and_scale(10, 2);
        check(Form::Number, "decimal(10,2)", Arc::new(decimal.unwrap()), "-15");
        check(Form::Number, "decimal", texts("1.50"), "1.5");
        check(Form::Number, "decimal", texts("100"), "100");
        check(Form::Number, "decimal", texts("NaN"), "NaN");
        check(Form::Number, "int64", Arc::new(Int64Array::from(vec![-7])), "-7");
        check(
            Form::Float,
            "float64",
            Arc::new(Float64Array::from(vec![-0.0])),
            "8000000000000000",
        );
        check(
            Form::Date,
            "date",
            Arc::new(Date32Array::from(vec![10_956])),
            "ffffffff",
        );
        check(Form::Text, "string", texts(""), "0:");
        check(Form::Text, "string", texts("é|~"), "4:é|~");
        check(Form::Text, "string", Arc::new(StringArray::new_null(1)), "~");
        check(
            Form::Json,
            "json",
            texts(" {\"b\": 1.0, \"a\": [\"\\u0041\", null]} "),
            "{\"a\":[\"A\",null,],\"b\":1,}",
        );
        check(Form::Json, "json", texts("nonsense{"), "nonsense{");
    }
}
