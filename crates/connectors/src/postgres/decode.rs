//! Rows of a binary COPY into Arrow.
//!
//! The server sends a row a message. Each field is matched once against its column's builder, and appended to plain
//! vectors that become the arrays' buffers without a copy. UTF-8 is checked once a batch.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use syncapp_connector::Batch;
use syncapp_model::{Error, Result};

use super::builder::Builder;
use super::framing::malformed;
use crate::unreadable::Unreadable;

/// Turns the rows of one COPY into batches.
pub(super) struct Decoder {
    schema: SchemaRef,
    builders: Vec<Builder>,
    unreadable: Unreadable,
    rows: usize,
    bytes: usize,
    /// Rows of earlier batches.
    before: u64,
}

impl Decoder {
    /// One builder for each field of the schema.
    pub(super) fn new(schema: SchemaRef, builders: Vec<Builder>, lenient: bool) -> Self {
        Self {
            schema,
            builders,
            unreadable: Unreadable::new(lenient),
            rows: 0,
            bytes: 0,
            before: 0,
        }
    }

    /// Takes one row in.
    pub(super) fn row(&mut self, row: &[u8]) -> Result<()> {
        let Self {
            builders,
            unreadable,
            rows,
            bytes,
            before,
            schema,
        } = self;
        *bytes += row.len();
        let unread = |column: usize, builder: &mut Builder, field: &[u8], error: Error| {
            let error = error
                .row(format!("number {}", *before + *rows as u64 + 1))
                .column(schema.field(column).name());
            unreadable.note(*rows, error, || builder.spelled(field))?;
            builder.unread();
            Ok(())
        };
        decode_row(row, builders, unread)?;
        *rows += 1;
        Ok(())
    }

    /// Rows waiting for [`finish`](Self::finish).
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Their size on the wire.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The rows so far as a batch.
    pub(super) fn finish(&mut self) -> Result<Batch> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.builders.len());
        for (builder, field) in self.builders.iter_mut().zip(self.schema.fields()) {
            arrays.push(builder.finish(field).map_err(|error| error.column(field.name()))?);
        }
        self.before += self.rows as u64;
        (self.rows, self.bytes) = (0, 0);
        let columns = RecordBatch::try_new(self.schema.clone(), arrays);
        columns
            .map(|columns| self.unreadable.mark(columns))
            .map_err(|problem| Error::internal(problem.to_string()))
    }
}

/// Appends a row's fields; `unread` gets those that cannot be read.
fn decode_row(
    row: &[u8],
    builders: &mut [Builder],
    mut unread: impl FnMut(usize, &mut Builder, &[u8], Error) -> Result<()>,
) -> Result<()> {
    let count = row
        .first_chunk::<2>()
        .map_or(0, |count| usize::from(u16::from_be_bytes(*count)));
    if count != builders.len() {
        return Err(malformed(
            "the server sent another number of columns than was asked for",
        ));
    }
    let mut rest = &row[2..];
    for (column, builder) in builders.iter_mut().enumerate() {
        let Some((length, after)) = rest.split_first_chunk::<4>() else {
            return Err(malformed("a row ended in the middle"));
        };
        let length = i32::from_be_bytes(*length);
        if length < 0 {
            builder.null();
            rest = after;
        } else {
            let Some((field, after)) = after.split_at_checked(length as usize) else {
                return Err(malformed("a row ended in the middle"));
            };
            if let Err(error) = builder.value(field) {
                unread(column, builder, field, error)?;
            }
            rest = after;
        }
    }
    Ok(())
}

/// The builders of a schema, in its order.
pub(super) fn builders(wires: &[Option<super::types::Wire>]) -> Vec<Builder> {
    wires
        .iter()
        .map(|wire| wire.as_ref().map_or_else(Builder::native, Builder::typed))
        .collect()
}

/// A schema shared by all batches.
pub(super) fn schema(fields: Vec<arrow_schema::Field>) -> SchemaRef {
    Arc::new(arrow_schema::Schema::new(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of one field.
    fn row(field: &[u8]) -> Vec<u8> {
        [&[0, 1], &(field.len() as i32).to_be_bytes()[..], field].concat()
    }

    /// What a lenient decoder makes of fields of a type.
    fn lenient(ty: &tokio_postgres::types::Type, fields: &[Vec<u8>]) -> (ArrayRef, Vec<(usize, String)>) {
        let wire = super::super::types::wire(ty, -1);
        let field = super::super::types::data_type(&wire).field("v", true);
        let stream = |lenient| {
            let mut decoder = Decoder::new(schema(vec![field.clone()]), builders(&[Some(wire.clone())]), lenient);
            for field in fields {
                decoder.row(&row(field))?;
            }
            decoder.finish()
        };
        assert!(stream(false).is_err(), "{ty} is read");
        match stream(true) {
            Ok(Batch::Marked(marked)) => {
                assert_eq!(marked.columns.num_rows(), fields.len());
                assert!(
                    marked
                        .cells
                        .iter()
                        .all(|cell| cell.error.report().at.column.as_deref() == Some("v"))
                );
                let cells = marked.cells.into_iter().map(|cell| (cell.row, cell.text));
                (marked.columns.column(0).clone(), cells.collect())
            }
            other => panic!("{ty}: {other:?}"),
        }
    }

    #[test]
    fn what_cannot_be_read_is_marked_and_the_rest_is_read() {
        use arrow_array::Array;
        use arrow_array::cast::AsArray;
        use arrow_array::types::{Date32Type, Int32Type, TimestampMicrosecondType};
        use tokio_postgres::types::Type;

        let days = [0, i32::MAX, 1, i32::MIN, 2].map(|days| days.to_be_bytes().to_vec());
        let (dates, cells) = lenient(&Type::DATE, &days);
        let read: Vec<_> = dates.as_primitive::<Date32Type>().iter().collect();
        assert_eq!(read, [Some(10_957), None, Some(10_958), None, Some(10_959)]);
        assert_eq!(cells, [(1, "infinity".to_owned()), (3, "-infinity".to_owned())]);

        let times = [i64::MAX, i64::MAX - 1, 0].map(|micros| micros.to_be_bytes().to_vec());
        let (times, cells) = lenient(&Type::TIMESTAMP, &times);
        assert_eq!(times.as_primitive::<TimestampMicrosecondType>().null_count(), 2);
        assert_eq!(cells[1], (1, "294277-01-09 04:00:54.775806".to_owned()));

        let list = |bounds: &[(i32, i32)], items: &[Option<&[u8]>]| {
            let mut bytes = [(bounds.len() as i32).to_be_bytes(), [0; 4], 23_i32.to_be_bytes()].concat();
            for (length, lower) in bounds {
                bytes.extend([length.to_be_bytes(), lower.to_be_bytes()].concat());
            }
            for item in items {
                bytes.extend(item.map_or(-1, |item| item.len() as i32).to_be_bytes());
                bytes.extend(item.unwrap_or_default());
            }
            bytes
        };
        let (one, two): (&[u8], &[u8]) = (&[0, 0, 0, 1], &[0, 0, 0, 2]);
        let (lists, cells) = lenient(
            &Type::INT4_ARRAY,
            &[
                list(&[(2, 1)], &[Some(one), None]),
                list(&[(1, 1), (2, 1)], &[Some(one), Some(two)]),
                // The second item is cut short.
                list(&[(2, 1)], &[Some(one), Some(&two[..3])]),
                list(&[(1, 0)], &[Some(one)]),
                list(&[(1, 1)], &[Some(two)]),
            ],
        );
        let read: Vec<_> = lists
            .as_list::<i32>()
            .iter()
            .map(|items| items.map(|items| items.as_primitive::<Int32Type>().iter().collect::<Vec<_>>()))
            .collect();
        assert_eq!(read, [Some(vec![Some(1), None]), None, None, None, Some(vec![Some(2)])]);
        let texts: Vec<_> = cells.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["{{1,2}}", "{1,\"\\\\x000000\"}", "[0:0]={1}"]);
    }
}
