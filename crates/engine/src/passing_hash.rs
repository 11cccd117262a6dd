//! The hash of a row that passes without being taken apart.

use sha2::{Digest, Sha256};
use syncapp_connector::PassingRows;
use syncapp_model::{Result, RowHash};

use crate::row_hash::{bytes, finish};

/// The hash of one row: what [`row_hash`](crate::row_hash::row_hash) makes of it where its native columns are read as binary ones.
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Array, BinaryArray, Int32Array, RecordBatch};

    use super::*;
    use crate::row_hash::row_hash;

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
}
