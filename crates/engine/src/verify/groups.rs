//! Which buckets are looked at together: pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::RecordBatch;
use syncapp_connector::{Bucket, MAX_BITS};

use super::side::{Buckets, Rows};

/// About how many rows a bucket should have.
const ROWS_OF_A_BUCKET: u64 = 256;
/// How many rows are looked at together at first, while their width is not known…
const FIRST: u64 = 8_192;
/// …and at the most.
const MOST: u64 = 262_144;
/// How many bytes of rows may be in memory, about.
const BYTES: u64 = 192 << 20;
/// The number of bits where nobody knows how many rows there are.
const BITS: u8 = 12;

/// How many bits the numbers of buckets should have.
pub(super) fn bits(rows: Option<u64>) -> u8 {
    let Some(rows) = rows else { return BITS };
    let buckets = rows.div_ceil(ROWS_OF_A_BUCKET).max(1);
    (buckets.next_power_of_two().trailing_zeros() as u8).clamp(4, MAX_BITS)
}

/// The buckets that differ, some at a time.
pub(super) struct Groups {
    /// Numbers and rows of both ends.
    differing: Vec<(u32, u64)>,
    next: usize,
    /// How many rows are looked at together.
    room: u64,
    /// Of all buckets.
    pub(super) source_rows: u64,
    pub(super) target_rows: u64,
    pub(super) buckets: u64,
}

impl Groups {
    pub(super) fn of(source: &Buckets, target: &Buckets) -> Self {
        let numbers: BTreeSet<u32> = source.keys().chain(target.keys()).copied().collect();
        let empty = Bucket {
            rows: 0,
            sums: Some([0; 2]),
        };
        let of = |buckets: &Buckets, number: u32| buckets.get(&number).copied().unwrap_or(empty);
        let mut groups = Self {
            differing: Vec::new(),
            next: 0,
            room: FIRST,
            source_rows: 0,
            target_rows: 0,
            buckets: numbers.len() as u64,
        };
        for number in numbers {
            let (ours, theirs) = (of(source, number), of(target, number));
            groups.source_rows += ours.rows;
            groups.target_rows += theirs.rows;
            if ours != theirs || ours.sums.is_none() {
                groups.differing.push((number, ours.rows + theirs.rows));
            }
        }
        groups
    }

    /// How many buckets differ.
    pub(super) fn differing(&self) -> u64 {
        self.differing.len() as u64
    }

    /// The next buckets to look at; one at least, however large.
    pub(super) fn next(&mut self) -> Option<Vec<u32>> {
        let mut wanted = Vec::new();
        let mut rows = 0;
        while let Some((number, more)) = self.differing.get(self.next) {
            if !wanted.is_empty() && rows + more > self.room {
                break;
            }
            rows += more;
            wanted.push(*number);
            self.next += 1;
        }
        (!wanted.is_empty()).then_some(wanted)
    }

    /// Learns from rows that were looked at how many find room.
    pub(super) fn looked_at(&mut self, source: &[Arc<Rows>], target: &[Arc<Rows>]) {
        let size = |batch: &RecordBatch| batch.get_array_memory_size() as u64;
        let all = || source.iter().chain(target);
        let bytes: u64 = all().map(|rows| size(&rows.compared).max(size(&rows.fetched))).sum();
        let rows: u64 = all().map(|rows| rows.compared.num_rows() as u64).sum();
        if let Some(bytes_of_a_row) = bytes.checked_div(rows) {
            self.room = (BYTES / bytes_of_a_row.max(1)).clamp(1, MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_a_few_hundred_rows() {
        let check = |rows: Option<u64>, want| assert_eq!(bits(rows), want, "{rows:?}");
        check(None, 12);
        check(Some(0), 4);
        check(Some(10_000), 6);
        check(Some(1_000_000), 12);
        check(Some(u64::MAX), 16);
    }

    #[test]
    fn only_what_differs_is_looked_at_and_some_at_a_time() {
        let bucket = |rows, sum| Bucket {
            rows,
            sums: Some([sum, 0]),
        };
        let source: Buckets = [(1, bucket(9, 1)), (2, bucket(5_000, 2)), (4, bucket(5_000, 0))].into();
        let target: Buckets = [(1, bucket(9, 1)), (2, bucket(5_000, 3)), (3, bucket(1, 1))].into();
        let mut groups = Groups::of(&source, &target);
        assert_eq!((groups.source_rows, groups.target_rows), (10_009, 5_010));
        assert_eq!((groups.buckets, groups.differing()), (4, 3));
        let all: Vec<Vec<u32>> = std::iter::from_fn(|| groups.next()).collect();
        assert_eq!(all, [vec![2], vec![3, 4]]);
    }
}
