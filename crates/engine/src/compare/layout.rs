//! A row as bytes: its key in front, then every cell with its length.
//!
//! Cells are spelled by `arrow-row`: equal bytes are equal values, and the bytes of a column are in its values' order. A
//! number that is kept as text is brought to one spelling in the key, where `1.0` and `1.00` are one.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::{ArrowError, SchemaRef};
use syncapp_model::{DataType, Error, Result};

use super::{Repeats, Rule};

/// How rows of one schema are encoded and told apart.
pub(super) struct Layout {
    pub(super) schema: SchemaRef,
    pub(super) key: Vec<usize>,
    pub(super) compared: Vec<usize>,
    pub(super) repeats: Repeats,
    /// One for each column.
    converters: Vec<RowConverter>,
    /// For each of the key's columns, whether numbers stand in it as text.
    numbers: Vec<bool>,
}

impl Layout {
    pub(super) fn new(rule: Rule) -> Result<Self> {
        let Rule {
            schema,
            mut key,
            compared,
            repeats,
        } = rule;
        let converters = schema
            .fields()
            .iter()
            .map(|field| RowConverter::new(vec![SortField::new(field.data_type().clone())]).map_err(internal))
            .collect::<Result<_>>()?;
        let keyless = key.is_empty();
        if keyless {
            key.clone_from(&compared);
        }
        let numbers = key
            .iter()
            .map(|at| !keyless && DataType::of(schema.field(*at)) == Some(DataType::BigDecimal));
        Ok(Self {
            numbers: numbers.collect(),
            schema,
            key,
            compared,
            repeats,
            converters,
        })
    }

    /// Encodes a batch; `each` gets one row after the other.
    pub(super) fn encode(&self, batch: &RecordBatch, mut each: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let columns = self.converters.iter().zip(batch.columns());
        let columns: Vec<Rows> = columns
            .map(|(converter, column)| converter.convert_columns(&[column.clone()]).map_err(internal))
            .collect::<Result<_>>()?;
        if columns.len() != self.converters.len() {
            return Err(Error::internal("rows of another number of columns are compared"));
        }
        let mut bytes = Vec::new();
        for row in 0..batch.num_rows() {
            bytes.clear();
            bytes.extend([0; 4]);
            for (at, number) in self.key.iter().zip(&self.numbers) {
                let array = batch.column(*at);
                if *number && !array.is_null(row) {
                    cell(&mut bytes, plain(array.as_string::<i32>().value(row)).as_bytes())?;
                } else {
                    cell(&mut bytes, columns[*at].row(row).data())?;
                }
            }
            let length = size(bytes.len() - 4)?;
            bytes[..4].copy_from_slice(&length);
            for column in &columns {
                cell(&mut bytes, column.row(row).data())?;
            }
            each(&bytes)?;
        }
        Ok(())
    }

    /// The values of one column out of cells.
    pub(super) fn decode<'a>(&self, column: usize, cells: impl Iterator<Item = &'a [u8]>) -> Result<ArrayRef> {
        let converter = &self.converters[column];
        let parser = converter.parser();
        let mut arrays = converter
            .convert_rows(cells.map(|cell| parser.parse(cell)))
            .map_err(internal)?;
        arrays.pop().ok_or_else(|| Error::internal("a column has no values"))
    }
}

fn cell(bytes: &mut Vec<u8>, value: &[u8]) -> Result<()> {
    bytes.extend(size(value.len())?);
    bytes.extend_from_slice(value);
    Ok(())
}

fn size(length: usize) -> Result<[u8; 4]> {
    let length = u32::try_from(length).map_err(|_| Error::internal("a row of more than 4 GiB is compared"))?;
    Ok(length.to_be_bytes())
}

/// A number's one spelling: no zeros that say nothing.
fn plain(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return text.to_owned();
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    match (whole.trim_start_matches('0'), fraction.trim_end_matches('0')) {
        ("", "") => "0".to_owned(),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    }
}

pub(super) fn internal(problem: ArrowError) -> Error {
    Error::internal(problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn equal_numbers_have_one_spelling() {
        for same in [
            ["1.0", "1.00"],
            ["-0", "0.0"],
            ["10", "10.0"],
            ["0.5", "0.50"],
            ["NaN", "NaN"],
        ] {
            assert_eq!(plain(same[0]), plain(same[1]));
        }
        for other in [["1", "10"], ["1", "-1"], ["0.1", "0.01"], ["Infinity", "-Infinity"]] {
            assert_ne!(plain(other[0]), plain(other[1]));
        }
    }
}
