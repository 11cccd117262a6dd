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
use syncapp_model::{Error, Result, RowHash};

/// The hash of one row of a batch.
pub(crate) fn row_hash(batch: &RecordBatch, row: usize) -> Result<RowHash> {
    finish(Sha256::new(), batch, row)
}

/// Of the rest of a row.
pub(crate) fn finish(mut hash: Sha256, batch: &RecordBatch, row: usize) -> Result<RowHash> {
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

/// A value that is bytes.
pub(crate) fn bytes(hash: &mut Sha256, value: &[u8]) {
    hash.update((value.len() as u64).to_be_bytes());
    hash.update(value);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int32Array, StringArray};

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
