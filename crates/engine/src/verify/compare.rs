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

/// What differs. `winner` says where the cursor stands among the source's fetched columns, if of several rows of a key
/// only the one with its greatest value lands.
pub(super) fn differences(
    canon: &Canon,
    source: &[Arc<Rows>],
    target: &[Arc<Rows>],
    winner: Option<Option<usize>>,
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
        let source = match winner {
            Some(cursor) if source.len() > 1 => last(source, cursor, &target)?,
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
