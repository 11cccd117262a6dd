//! A hash of a row's values that stays the same between versions: it is kept in targets.
//!
//! SHA-256 over a canonical form of each value (a tag, a length where it varies, the bytes), cut to 128 bits.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType as Arrow;
use sha2::{Digest, Sha256};
use syncapp_connector::PassingRows;
use syncapp_model::{Error, Result, RowHash};

/// The hash of one row of a batch.
pub(crate) fn row_hash(batch: &RecordBatch, row: usize) -> Result<RowHash> {
    finish(Sha256::new(), batch, row)
}

/// The same of a native row: what it would be, were its native columns read as [`Arrow::Binary`].
pub(crate) fn passing_hash(rows: &PassingRows, row: usize) -> Result<RowHash> {
    let mut hash = Sha256::new();
    rows.cells(row, &mut |cell| match cell {
        Some(value) => {
            hash.update([1]);
            bytes(&mut hash, value);
        }
        None => hash.update([0]),
    });
    finish(hash, &rows.beside, row)
}

fn finish(mut hash: Sha256, batch: &RecordBatch, row: usize) -> Result<RowHash> {
    for column in batch.columns() {
        put(&mut hash, column.as_ref(), row)?;
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hash.finalize()[..16]);
    Ok(u128::from_be_bytes(short))
}

fn put(hash: &mut Sha256, array: &dyn Array, row: usize) -> Result<()> {
    if array.is_null(row) {
        hash.update([0]);
        return Ok(());
    }
    hash.update([1]);
    match array.data_type() {
        Arrow::Boolean => hash.update([u8::from(array.as_boolean().value(row))]),
        Arrow::Int16 => hash.update(array.as_primitive::<Int16Type>().value(row).to_be_bytes()),
        Arrow::Int32 => hash.update(array.as_primitive::<Int32Type>().value(row).to_be_bytes()),
        Arrow::Int64 => hash.update(array.as_primitive::<Int64Type>().value(row).to_be_bytes()),
        Arrow::Float32 => hash.update(array.as_primitive::<Float32Type>().value(row).to_be_bytes()),
        Arrow::Float64 => hash.update(array.as_primitive::<Float64Type>().value(row).to_be_bytes()),
        Arrow::Decimal128(..) => hash.update(array.as_primitive::<Decimal128Type>().value(row).to_be_bytes()),
        Arrow::Decimal256(..) => hash.update(array.as_primitive::<Decimal256Type>().value(row).to_be_bytes()),
        Arrow::Date32 => hash.update(array.as_primitive::<Date32Type>().value(row).to_be_bytes()),
        Arrow::Time64(_) => hash.update(array.as_primitive::<Time64MicrosecondType>().value(row).to_be_bytes()),
        Arrow::Timestamp(..) => hash.update(
            array
                .as_primitive::<TimestampMicrosecondType>()
                .value(row)
                .to_be_bytes(),
        ),
        Arrow::Interval(_) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            hash.update(value.months.to_be_bytes());
            hash.update(value.days.to_be_bytes());
            hash.update(value.nanoseconds.to_be_bytes());
        }
        Arrow::Utf8 => bytes(hash, array.as_string::<i32>().value(row).as_bytes()),
        Arrow::Binary => bytes(hash, array.as_binary::<i32>().value(row)),
        Arrow::FixedSizeBinary(_) => bytes(hash, array.as_fixed_size_binary().value(row)),
        Arrow::List(_) => {
            let items = array.as_list::<i32>().value(row);
            hash.update((items.len() as u64).to_be_bytes());
            for item in 0..items.len() {
                put(hash, items.as_ref(), item)?;
            }
        }
        other => return Err(Error::internal(format!("rows with {other} cannot be told apart"))),
    }
    Ok(())
}

fn bytes(hash: &mut Sha256, value: &[u8]) {
    hash.update((value.len() as u64).to_be_bytes());
    hash.update(value);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BinaryArray, Int32Array, StringArray};

    use super::*;

    #[test]
    fn rows_are_told_apart_by_values_and_by_where_they_end() {
        let texts = |left: [Option<&str>; 2], right: [Option<&str>; 2]| {
            let columns: [(&str, Arc<dyn Array>); 2] = [
                ("a", Arc::new(StringArray::from(left.to_vec()))),
                ("b", Arc::new(StringArray::from(right.to_vec()))),
            ];
            let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, a)| (n, a, true))).unwrap();
            [row_hash(&batch, 0).unwrap(), row_hash(&batch, 1).unwrap()]
        };
        let [one, other] = texts([Some("ab"), Some("a")], [Some("c"), Some("bc")]);
        assert_ne!(one, other);
        let [empty, null] = texts([Some(""), None], [Some(""), Some("")]);
        assert_ne!(empty, null);
        let [same, again] = texts([Some("x"), Some("x")], [None, None]);
        assert_eq!(same, again);
    }

    /// A run may let rows pass that the run before took apart.
    #[test]
    fn a_passing_row_has_the_hash_of_its_columns() {
        let values: [[Option<&[u8]>; 2]; 3] = [[Some(b"a"), None], [Some(b""), Some(b"bc")], [None, None]];
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for cell in values.iter().flatten() {
            bytes.push(cell.map_or(u8::MAX, |cell| cell.len() as u8));
            bytes.extend_from_slice(cell.unwrap_or_default());
            ends.push(bytes.len());
        }
        let cursor: Arc<dyn Array> = Arc::new(Int32Array::from(vec![7, 8, 9]));
        let native = |column: usize| {
            let cells = values.iter().map(|row| row[column]).collect();
            Arc::new(BinaryArray::from_opt_vec(cells)) as Arc<dyn Array>
        };
        let rows = PassingRows {
            bytes: bytes.into(),
            ends: ends.into_iter().skip(1).step_by(2).collect(),
            beside: RecordBatch::try_from_iter([("at", cursor.clone())]).unwrap(),
            cells: |mut row, each| {
                while let Some((length, rest)) = row.split_first() {
                    let length = Some(usize::from(*length)).filter(|length| *length < 255);
                    let (value, rest) = rest.split_at(length.unwrap_or_default());
                    each(length.map(|_| value));
                    row = rest;
                }
            },
        };
        let columns = [("a", native(0), true), ("b", native(1), true), ("at", cursor, false)];
        let columns = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        for row in 0..3 {
            let want = row_hash(&columns, row).unwrap();
            assert_eq!(passing_hash(&rows, row).unwrap(), want, "{row}");
            assert_eq!(passing_hash(&rows.slice(row, 1), 0).unwrap(), want, "{row} alone");
        }
        assert_eq!(rows.kept(&[false, true, false]).bytes, [0, 2, b'b', b'c'][..]);
    }

    /// Kept in targets: a change here makes every boundary row land again.
    #[test]
    fn the_hash_never_changes() {
        let columns: [(&str, Arc<dyn Array>); 2] = [
            ("a", Arc::new(Int32Array::from(vec![7]))),
            ("b", Arc::new(StringArray::from(vec!["x"]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        assert_eq!(
            format!("{:032x}", row_hash(&batch, 0).unwrap()),
            "9185526d8ea3dda6c6f423da0d158b75"
        );
    }
}
