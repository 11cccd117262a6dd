//! The rows of some buckets of both ends against each other: pure.
//!
//! Rows of one key are paired: equal ones first, the others as they come. What is left over is missing or too many.

use std::collections::BTreeMap;
use std::sync::Arc;

use syncapp_model::{Result, Scalar};

use super::canonical::{Canon, Md5Sum};
use super::side::Rows;
use crate::cursor::{Cursor, compare};

/// A row among fetched ones.
#[derive(Debug, Clone)]
pub(super) struct At {
    pub(super) rows: Arc<Rows>,
    pub(super) row: usize,
}

/// Where two ends differ.
#[derive(Debug)]
pub(super) enum Finding {
    /// A row is there on both, with other values in these columns.
    Differs(At, At, Vec<usize>),
    /// The target lacks a row of the source.
    Missing(At),
    /// The target has a row that the source lacks, or has less often: with a row of the same key, if the source has one.
    Extra(At, Option<At>),
}

/// The rows of one key.
#[derive(Default)]
struct Group {
    source: Vec<(Md5Sum, At)>,
    target: Vec<(Md5Sum, At)>,
}

/// Which of several source rows of a key land.
#[derive(Debug, Clone, Copy)]
pub(super) enum Landing {
    /// All of them.
    Each,
    /// The one of the greatest cursor, which stands at that place among the fetched columns; any where there is none.
    Last(Option<usize>),
}

/// What differs.
pub(super) fn differences(
    canon: &Canon,
    source: &[Arc<Rows>],
    target: &[Arc<Rows>],
    landing: Landing,
) -> Result<Vec<Finding>> {
    let mut groups: BTreeMap<Md5Sum, Group> = BTreeMap::new();
    let mut scratch = Vec::new();
    for (ours, batches) in [(true, source), (false, target)] {
        for rows in batches {
            for row in 0..rows.compared.num_rows() {
                let (key, whole) = canon.identity(&rows.compared, row, &mut scratch)?;
                let group = groups.entry(key).or_default();
                let side = if ours { &mut group.source } else { &mut group.target };
                let at = At {
                    rows: rows.clone(),
                    row,
                };
                side.push((whole, at));
            }
        }
    }
    let mut findings = Vec::new();
    for Group { source, mut target } in groups.into_values() {
        let source = match landing {
            Landing::Last(cursor) if source.len() > 1 => last(source, cursor, &target)?,
            _ => source,
        };
        let of_key = source.first().map(|(_, at)| at.clone());
        let unpaired: Vec<At> = source
            .into_iter()
            .filter_map(
                |(whole, at)| match target.iter().position(|(other, _)| *other == whole) {
                    Some(equal) => {
                        target.swap_remove(equal);
                        None
                    }
                    None => Some(at),
                },
            )
            .collect();
        let mut left = target.into_iter().map(|(_, at)| at);
        for ours in unpaired {
            findings.push(match left.next() {
                Some(theirs) => {
                    let columns = differing(canon, &ours, &theirs)?;
                    Finding::Differs(ours, theirs, columns)
                }
                None => Finding::Missing(ours),
            });
        }
        findings.extend(left.map(|theirs| Finding::Extra(theirs, of_key.clone())));
    }
    Ok(findings)
}

/// Of several source rows of a key the one that lands: that of the greatest cursor; of those the one that has landed.
fn last(rows: Vec<(Md5Sum, At)>, cursor: Option<usize>, target: &[(Md5Sum, At)]) -> Result<Vec<(Md5Sum, At)>> {
    let mut best: Option<(Option<Scalar>, (Md5Sum, At))> = None;
    for row in rows {
        let value = match cursor {
            Some(at) => Some(Cursor::of(&row.1.rows.fetched, at)?.value(row.1.row)?),
            None => None,
        };
        let takes = match &best {
            None => true,
            Some((Some(so_far), held)) => match value.as_ref().map(|value| compare(value, so_far)).transpose()? {
                Some(std::cmp::Ordering::Greater) => true,
                Some(std::cmp::Ordering::Equal) => landed(&row, target) && !landed(held, target),
                _ => false,
            },
            Some((None, held)) => landed(&row, target) && !landed(held, target),
        };
        if takes {
            best = Some((value, row));
        }
    }
    Ok(best.map(|(_, row)| row).into_iter().collect())
}

fn landed(row: &(Md5Sum, At), target: &[(Md5Sum, At)]) -> bool {
    target.iter().any(|(other, _)| *other == row.0)
}

fn differing(canon: &Canon, ours: &At, theirs: &At) -> Result<Vec<usize>> {
    let mut columns = Vec::new();
    for at in 0..canon.forms.len() {
        let (one, other) = ((&ours.rows.compared, ours.row), (&theirs.rows.compared, theirs.row));
        if !canon.same(at, one, other)? {
            columns.push(at);
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use syncapp_connector::Form;

    use super::*;

    fn rows(rows: &[(i64, &str, i64)]) -> Vec<Arc<Rows>> {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0)));
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1)));
        let cursors: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.2)));
        let compared = RecordBatch::try_from_iter([("id", ids), ("text", texts)]).unwrap();
        let fetched = RecordBatch::try_from_iter([("cursor", cursors)]).unwrap();
        vec![Arc::new(Rows { compared, fetched })]
    }

    /// Findings in short, by their rows' numbers.
    fn check(key: &[usize], source: &[(i64, &str, i64)], target: &[(i64, &str, i64)], landing: Landing, want: &[&str]) {
        let canon = Canon {
            forms: vec![Form::Number, Form::Text],
            key: key.to_vec(),
        };
        let findings = differences(&canon, &rows(source), &rows(target), landing).unwrap();
        let mut told: Vec<String> = findings
            .iter()
            .map(|finding| match finding {
                Finding::Differs(ours, theirs, columns) => format!("differs {} {} {columns:?}", ours.row, theirs.row),
                Finding::Missing(ours) => format!("missing {}", ours.row),
                Finding::Extra(theirs, ours) => format!("extra {} {:?}", theirs.row, ours.as_ref().map(|at| at.row)),
            })
            .collect();
        told.sort();
        assert_eq!(told, want);
    }

    #[test]
    fn rows_are_paired_by_their_key() {
        let source = [(1, "a", 0), (2, "b", 0), (3, "c", 0)];
        check(&[0], &source, &source, Landing::Each, &[]);
        let target = [(4, "d", 0), (2, "B", 0), (3, "c", 0)];
        check(
            &[0],
            &source,
            &target,
            Landing::Each,
            &["differs 1 1 [1]", "extra 0 None", "missing 0"],
        );
        // A key that stands there twice: the equal row is the one that should be there.
        let twice = [(1, "x", 0), (1, "a", 0), (2, "b", 0), (3, "c", 0)];
        check(&[0], &source, &twice, Landing::Each, &["extra 0 Some(0)"]);
    }

    #[test]
    fn rows_without_a_key_are_counted() {
        let source = [(1, "a", 0), (1, "a", 0), (2, "b", 0)];
        check(
            &[],
            &source,
            &[(1, "a", 0), (2, "b", 0), (2, "b", 0)],
            Landing::Each,
            &["extra 2 Some(2)", "missing 1"],
        );
    }

    #[test]
    fn of_several_rows_of_a_key_the_last_one_lands() {
        let source = [(1, "old", 1), (1, "new", 2)];
        check(&[0], &source, &[(1, "new", 0)], Landing::Last(Some(0)), &[]);
        check(
            &[0],
            &source,
            &[(1, "old", 0)],
            Landing::Last(Some(0)),
            &["differs 1 0 [1]"],
        );
        // Without a cursor any of them may have.
        check(&[0], &source, &[(1, "old", 0)], Landing::Last(None), &[]);
        // Where nothing chooses, each has to be there.
        check(&[0], &source, &[(1, "old", 0)], Landing::Each, &["missing 1"]);
    }
}
