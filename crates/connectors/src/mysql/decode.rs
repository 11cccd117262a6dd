//! Values of the binary protocol into Arrow columns: typed, or as native text.
//!
//! A native value is what the server itself would spell, and takes back: `0000-00-00`, `-838:59:59.000000`, a `BIT` as
//! its number; bytes are as they are.

use std::io::Write as _;
use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType as Arrow, Field, Schema, SchemaRef};
use mysql_async::Value;
use syncapp_connector::{Batch, Fetch, ReadColumn};
use syncapp_model::{Code, DataType, Error, Result, Side};
use syncapp_values::calendar::DAY;

use super::catalog::Relation;
use super::statement;
use super::types::Form;
use crate::cells::{Cell, Column, Wrong, text};
use crate::unreadable::{Unreadable, field};

enum Target {
    Native(BinaryBuilder, Form),
    Typed { column: Column, ty: DataType, form: Form },
}

/// Gathers rows into batches.
pub(super) struct Decoder {
    schema: SchemaRef,
    targets: Vec<Target>,
    unreadable: Unreadable,
    rows: usize,
    bytes: usize,
    /// Rows before this batch.
    before: u64,
    scratch: String,
    spelled: Vec<u8>,
}

impl Decoder {
    pub(super) fn new(relation: &Relation, columns: &[ReadColumn], lenient: bool) -> Result<Self> {
        let columns = columns.iter().map(|read| {
            if read.native {
                Fetch::Native(read.name.clone())
            } else {
                Fetch::Typed(read.name.clone())
            }
        });
        Self::of_fetched(relation, &columns.collect::<Vec<_>>(), lenient)
    }

    /// For columns in any form.
    pub(super) fn of_fetched(relation: &Relation, columns: &[Fetch], lenient: bool) -> Result<Self> {
        let mut fields = Vec::with_capacity(columns.len());
        let mut targets = Vec::with_capacity(columns.len());
        for column in columns {
            let (Fetch::Typed(name) | Fetch::Native(name) | Fetch::Text(name)) = column;
            let at = statement::position(relation, name)?;
            let (known, ty) = (&relation.spec.columns[at], &relation.types[at]);
            targets.push(match column {
                Fetch::Typed(_) => Target::Typed {
                    column: Column::new(&ty.ty),
                    ty: ty.ty.clone(),
                    form: ty.form,
                },
                Fetch::Native(_) => Target::Native(BinaryBuilder::new(), ty.form),
                Fetch::Text(_) => Target::Native(BinaryBuilder::new(), Form::Bytes),
            });
            fields.push(match column {
                Fetch::Typed(_) => field(known.field(false), lenient),
                Fetch::Native(_) => known.field(true),
                Fetch::Text(_) => Field::new(name, Arrow::Binary, true),
            });
        }
        Ok(Self {
            schema: Arc::new(Schema::new(fields)),
            targets,
            unreadable: Unreadable::new(lenient),
            rows: 0,
            bytes: 0,
            before: 0,
            scratch: String::new(),
            spelled: Vec::new(),
        })
    }

    /// Rows and bytes of the batch so far.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.rows, self.bytes)
    }

    pub(super) fn push(&mut self, row: Vec<Value>) -> Result<()> {
        self.rows += 1;
        for (at, value) in row.into_iter().enumerate().take(self.targets.len()) {
            self.spelled.clear();
            match &mut self.targets[at] {
                Target::Native(builder, form) => match native(&value, *form, &mut self.spelled) {
                    Some(bytes) => {
                        builder.append_value(bytes);
                        self.bytes += bytes.len() + 4;
                    }
                    None => builder.append_null(),
                },
                Target::Typed { column, ty, form } => {
                    let pushed = cell(&value, ty, *form, &mut self.spelled)
                        .and_then(|cell| column.push(cell, &mut self.scratch));
                    match pushed {
                        Ok(bytes) => self.bytes += bytes,
                        Err(wrong) => {
                            let why = format!("the value is no {ty}: it is {}", wrong.0);
                            let error = Error::new(Code::InvalidData(Side::Source), why)
                                .column(self.schema.field(at).name())
                                .row(format!("number {}", self.before + self.rows as u64))
                                .help("correct the row, or read the column in another form by a `query`");
                            self.unreadable
                                .note(self.rows - 1, error, || spelled(&value, ty, *form))?;
                            column.push_unread();
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The batch, and empty again.
    pub(super) fn finish(&mut self) -> Result<Batch> {
        let arrays: Vec<ArrayRef> = self
            .targets
            .iter_mut()
            .map(|target| match target {
                Target::Native(builder, _) => Arc::new(builder.finish()) as ArrayRef,
                Target::Typed { column, .. } => column.take(),
            })
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        self.before += self.rows as u64;
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map(|columns| self.unreadable.mark(columns))
            .map_err(|problem| Error::internal(problem.to_string()))
    }
}

/// The server's own spelling; `None` for NULL.
fn native<'a>(value: &'a Value, form: Form, out: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    // Writing into memory does not fail.
    let _ = match value {
        Value::NULL => return None,
        Value::Bytes(bytes) if matches!(form, Form::Bits(_)) => {
            let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            write!(out, "{number}")
        }
        Value::Bytes(bytes) => return Some(bytes),
        Value::Int(value) if form == Form::Year => write!(out, "{value:04}"),
        Value::UInt(value) if form == Form::Year => write!(out, "{value:04}"),
        Value::Int(value) => write!(out, "{value}"),
        Value::UInt(value) => write!(out, "{value}"),
        Value::Float(value) => write!(out, "{:e}", f64::from(*value)),
        Value::Double(value) => write!(out, "{value:e}"),
        Value::Date(year, month, day, hour, minute, second, micros) => write!(
            out,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}"
        ),
        Value::Time(negative, days, hour, minute, second, micros) => {
            let sign = if *negative { "-" } else { "" };
            let hours = days * 24 + u32::from(*hour);
            write!(out, "{sign}{hours:02}:{minute:02}:{second:02}.{micros:06}")
        }
    };
    Some(out)
}

/// A value in words.
fn spelled(value: &Value, ty: &DataType, form: Form) -> String {
    let mut out = Vec::new();
    let text = native(value, form, &mut out).unwrap_or_default();
    let text = String::from_utf8_lossy(text).into_owned();
    match (value, ty) {
        (Value::Date(..), DataType::Date) => text[..10].to_owned(),
        _ => text,
    }
}

/// A value in the form that its column takes.
fn cell<'a>(value: &'a Value, ty: &DataType, form: Form, out: &'a mut Vec<u8>) -> Result<Cell<'a>, Wrong> {
    Ok(match value {
        Value::NULL => Cell::Null,
        Value::Bytes(bytes) if let Form::Bits(width) = form => {
            for byte in bytes {
                let _ = write!(out, "{byte:08b}");
            }
            Cell::Text(&out[out.len().saturating_sub(width)..])
        }
        Value::Bytes(bytes) if *ty == DataType::Binary => Cell::Blob(bytes),
        Value::Bytes(bytes) => Cell::Text(bytes),
        Value::Int(value) => Cell::Integer(*value),
        Value::UInt(value) => match i64::try_from(*value) {
            Ok(value) => Cell::Integer(value),
            Err(_) => {
                let _ = write!(out, "{value}");
                Cell::Text(out)
            }
        },
        Value::Float(value) => Cell::Real((*value).into()),
        Value::Double(value) => Cell::Real(*value),
        Value::Date(0, ..) => return Err(Wrong("a date of the year 0")),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            let days = text::day(i64::from(*year), (*month).into(), (*day).into());
            let days = days.ok_or(Wrong("no day of the calendar"))?;
            if *ty == DataType::Date {
                return Ok(Cell::Days(days as i32));
            }
            let seconds = (i64::from(*hour) * 60 + i64::from(*minute)) * 60 + i64::from(*second);
            Cell::Micros(days * DAY + seconds * 1_000_000 + i64::from(*micros))
        }
        Value::Time(negative, days, hour, minute, second, micros) => {
            let hours = i64::from(*days) * 24 + i64::from(*hour);
            let seconds = (hours * 60 + i64::from(*minute)) * 60 + i64::from(*second);
            let all = seconds * 1_000_000 + i64::from(*micros);
            Cell::Micros(if *negative { -all } else { all })
        }
    })
}
