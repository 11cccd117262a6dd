//! Batches as the server takes them: fields of `LOAD DATA`, or literals of `INSERT`.
//!
//! What a column cannot hold is refused here: the server would round fractions of seconds and cut texts of
//! `LOAD DATA LOCAL` with no more than a warning.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryArray, RecordBatch};
use syncapp_connector::Target;
use syncapp_model::{Code, DataType, Error, Result, Side};

use super::sql;
use super::types::{Form, MyType, Room};
use crate::cells::{Cell, Cells, Wrong, text};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Lines of fields between tabs.
    Load,
    /// Literals in parentheses, each behind a comma.
    Insert,
}

/// How a server takes rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    pub(super) style: Style,
    /// Whether a column keeps the sign of a negative zero: newer servers store 0.
    pub(super) negative_zero: bool,
}

/// A column of a batch, and where it goes.
struct Field<'a> {
    values: Values<'a>,
    into: &'a MyType,
    name: &'a str,
    key: bool,
}

enum Values<'a> {
    Native(&'a BinaryArray),
    Typed(Cells<'a>, &'a DataType),
}

/// Adds rows of a batch, the first of which has this number.
pub(super) fn rows(
    batch: &RecordBatch,
    target: &Target,
    types: &[MyType],
    manner: Manner,
    first: u64,
    out: &mut Vec<u8>,
) -> Result<()> {
    let style = manner.style;
    let mut fields = Vec::with_capacity(batch.num_columns());
    for ((array, column), into) in batch.columns().iter().zip(&target.columns).zip(types) {
        let native = column.source_native.as_ref() == Some(&into.native());
        fields.push(Field {
            values: if native {
                Values::Native(array.as_binary_opt().ok_or_else(|| {
                    Error::internal(format!("native values came as {}", array.data_type())).column(&column.name)
                })?)
            } else {
                let cells = Cells::of(array.as_ref(), &column.ty).map_err(|error| error.column(&column.name))?;
                Values::Typed(cells, &column.ty)
            },
            into,
            name: &column.name,
            key: target.primary_key.contains(&column.name),
        });
    }
    let mut scratch = String::new();
    for row in 0..batch.num_rows() {
        if style == Style::Insert {
            out.extend_from_slice(b",(");
        }
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                out.push(if style == Style::Load { b'\t' } else { b',' });
            }
            field.write(row, manner, &mut scratch, out).map_err(|error| {
                error
                    .column(field.name)
                    .row(format!("number {}", first + row as u64 + 1))
            })?;
        }
        out.push(if style == Style::Load { b'\n' } else { b')' });
    }
    Ok(())
}

impl Field<'_> {
    fn write(&self, row: usize, manner: Manner, scratch: &mut String, out: &mut Vec<u8>) -> Result<()> {
        let style = manner.style;
        let wrong = |wrong: Wrong| {
            let why = format!("`{}` cannot hold the value: it is {}", self.into.word(), wrong.0);
            Error::new(Code::ValueOutOfRange(Side::Destination), why)
                .help("widen the target's column, or cast the value in the mapping")
        };
        let span;
        let cell = match &self.values {
            Values::Native(array) if array.is_null(row) => Cell::Null,
            Values::Native(array) => Cell::Text(array.value(row)),
            Values::Typed(cells, ty) => {
                let cell = cells.cell(row, scratch).map_err(wrong)?;
                match cell {
                    Cell::Text(text) if self.into.word() == "time" && **ty == DataType::Interval => {
                        span = time_of(text).map_err(wrong)?;
                        Cell::Text(span.as_bytes())
                    }
                    cell => self.fitted(cell).map_err(wrong)?,
                }
            }
        };
        if !manner.negative_zero && matches!(self.into.word(), "float" | "double") && is_negative_zero(&cell) {
            let why = "the value is a negative zero, which this server stores as 0";
            return Err(Error::new(Code::ValueOutOfRange(Side::Destination), why)
                .help(format!("make it 0 in the mapping by `expr: \"{} + 0\"`", self.name)));
        }
        let spelled = match cell {
            Cell::Null if self.key => {
                return Err(
                    Error::new(Code::NullKey, format!("the key column `{}` is NULL", self.name))
                        .help("choose a `primary_key` that is never NULL, or leave such rows out by `where`"),
                );
            }
            Cell::Null => {
                out.extend_from_slice(if style == Style::Load { b"\\N" } else { b"NULL" });
                return Ok(());
            }
            Cell::Integer(value) | Cell::Micros(value) => return number(out, format_args!("{value}")),
            Cell::Days(value) => return number(out, format_args!("{value}")),
            Cell::Real(value) => return number(out, format_args!("{value:e}")),
            Cell::Text(text) | Cell::Blob(text) => text,
        };
        match (self.into.form, style) {
            (Form::Bits(_), _) => return self.bits(spelled, out).map_err(wrong),
            (Form::Bytes, Style::Load) => syncapp_values::write_hex(spelled, out),
            (Form::Bytes, Style::Insert) => {
                out.extend_from_slice(b"x'");
                syncapp_values::write_hex(spelled, out);
                out.push(b'\'');
            }
            (Form::Plain | Form::Year, Style::Load) => escape(spelled, out),
            (Form::Plain | Form::Year, Style::Insert) => sql::quote(spelled, out),
        }
        Ok(())
    }

    /// The value as the column takes it, if it does.
    fn fitted<'c>(&self, cell: Cell<'c>) -> Result<Cell<'c>, Wrong> {
        let text = match cell {
            Cell::Real(value) if !value.is_finite() => return Err(Wrong("no finite number")),
            Cell::Text(text) | Cell::Blob(text) => text,
            other => return Ok(other),
        };
        match self.into.word() {
            "date" if text.len() == 10 && !text.starts_with(b"0000") => Ok(cell),
            "date" => Err(Wrong("a date outside the years 1 to 9999")),
            "datetime" | "timestamp" => {
                let plain = text.strip_suffix(b"Z").unwrap_or(text);
                let stamp = self.into.word() == "timestamp";
                let within = plain.len() == 26 && !plain.starts_with(b"0000");
                let unix = !stamp || (b"1970-01-01 00:00:01".as_slice()..b"2038-01-19 03:14:08").contains(&plain);
                if within && unix {
                    Ok(Cell::Text(plain))
                } else if stamp {
                    Err(Wrong("a moment outside the years 1970 to 2038"))
                } else {
                    Err(Wrong("a moment outside the years 1 to 9999"))
                }
            }
            "char" if text.ends_with(b" ") => Err(Wrong("a text with blanks at its end, which are cut off there")),
            _ => match self.into.room {
                Room::Chars(most) if text.len() > most && characters(text) > most => {
                    Err(Wrong("a text of more characters"))
                }
                Room::Bytes(most) if text.len() > most => Err(Wrong("longer")),
                _ => Ok(cell),
            },
        }
    }

    /// A number of bits: native ones are spelled as a number.
    fn bits(&self, spelled: &[u8], out: &mut Vec<u8>) -> Result<(), Wrong> {
        match &self.values {
            Values::Native(_) => out.extend_from_slice(spelled),
            Values::Typed(..) => {
                let text = std::str::from_utf8(spelled).ok();
                let value = text.and_then(|text| u64::from_str_radix(text, 2).ok());
                out.extend_from_slice(value.ok_or(Wrong("no bits"))?.to_string().as_bytes());
            }
        }
        Ok(())
    }
}

/// A duration as `TIME` spells it: hours, which may be more than a day's, and no days or months.
fn time_of(duration: &[u8]) -> Result<String, Wrong> {
    const LONGEST: i64 = ((838 * 60 + 59) * 60 + 59) * 1_000_000 + 999_999;
    let span = std::str::from_utf8(duration).ok().and_then(text::interval);
    let span = span.ok_or(Wrong("no duration"))?;
    let micros = span.nanoseconds / 1000;
    if span.months != 0 || span.days != 0 {
        return Err(Wrong("a span with days or months"));
    }
    if span.nanoseconds % 1000 != 0 || micros.abs() > LONGEST {
        return Err(Wrong("a span beyond 838:59:59 or finer than microseconds"));
    }
    let (sign, micros) = (if micros < 0 { "-" } else { "" }, micros.abs());
    let seconds = micros / 1_000_000;
    Ok(format!(
        "{sign}{:02}:{:02}:{:02}.{:06}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        micros % 1_000_000
    ))
}

fn is_negative_zero(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Real(value) => *value == 0.0 && value.is_sign_negative(),
        // As native values of floats are spelled.
        Cell::Text(text) => *text == b"-0e0",
        _ => false,
    }
}

fn characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn number(out: &mut Vec<u8>, value: std::fmt::Arguments<'_>) -> Result<()> {
    use std::io::Write as _;
    out.write_fmt(value)
        .map_err(|problem| Error::internal(problem.to_string()))
}

/// A field with the signs that would end it or mean something escaped.
fn escape(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        let escaped = match byte {
            b'\\' => b'\\',
            b'\t' => b't',
            b'\n' => b'n',
            b'\r' => b'r',
            0 => b'0',
            plain => {
                out.push(*plain);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', escaped]);
    }
}
