//! Which of a load's staged rows its table refuses: found by halving, each part beside all that landed before.
//!
//! Pure: whoever tries the parts tells what became of them. A row may be refused only because another one of the load is
//! not there yet, such as the one that its foreign key names. So rows are tried in their order, and those that were refused
//! once more at the end, in parts again. What is refused then is.
//!
//! Invariant: a row is in one part that landed, or refused, unless more are refused than anybody wants to know of.

use std::collections::VecDeque;

use syncapp_model::{Code, Error, Side};

/// So many are tried again, however few the load may lose: each of them may only wait for another one.
const WAITING: u64 = 10_000;

/// Rows by their numbers in the staging table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rows {
    /// All from the first to the last.
    Between(i64, i64),
    /// Just these.
    These(Vec<i64>),
}

/// The search, and what it has found.
pub(crate) struct Search {
    /// The next part is the first.
    parts: VecDeque<Rows>,
    /// Whether those that were refused are tried again.
    again: bool,
    /// How many a load may lose.
    most: u64,
    /// Whether a part landed since the first row was refused.
    since: bool,
    refused: Vec<(i64, Error)>,
}

impl Search {
    /// Of the rows from the first to the last, which cannot land together.
    pub(crate) fn new(first: i64, last: i64, most: u64, again: bool) -> Self {
        let parts = Rows::Between(first, last).halves().into_iter().flatten();
        let mut parts: VecDeque<Rows> = parts.collect();
        if parts.is_empty() && first == last {
            parts.push_back(Rows::Between(first, last));
        }
        Self {
            parts,
            again,
            most,
            since: false,
            refused: Vec::new(),
        }
    }

    /// The part to try.
    pub(crate) fn next(&mut self) -> Option<Rows> {
        let limit = if self.again { self.most.max(WAITING) } else { self.most };
        if self.refused.len() as u64 > limit {
            return None;
        }
        if self.parts.is_empty() && std::mem::take(&mut self.again) && self.since {
            let waiting = std::mem::take(&mut self.refused);
            self.parts
                .push_back(Rows::These(waiting.into_iter().map(|(row, _)| row).collect()));
        }
        self.parts.pop_front()
    }

    /// The part has landed, and stays.
    pub(crate) fn landed(&mut self) {
        self.since |= !self.refused.is_empty();
    }

    /// The part is taken back.
    pub(crate) fn refuse(&mut self, part: &Rows, error: Error) {
        match part.halves() {
            Some(halves) => {
                for half in halves.into_iter().rev() {
                    self.parts.push_front(half);
                }
            }
            None => self.refused.extend(part.only().map(|row| (row, error))),
        }
    }

    /// The rows that are refused, in their order.
    pub(crate) fn end(mut self) -> Vec<(i64, Error)> {
        self.refused.sort_by_key(|(row, _)| *row);
        self.refused
    }
}

impl Rows {
    fn halves(&self) -> Option<[Self; 2]> {
        match self {
            Self::Between(first, last) if first < last => {
                let middle = first + (last - first) / 2;
                Some([Self::Between(*first, middle), Self::Between(middle + 1, *last)])
            }
            Self::These(rows) if rows.len() > 1 => {
                let (one, other) = rows.split_at(rows.len() / 2);
                Some([Self::These(one.to_vec()), Self::These(other.to_vec())])
            }
            _ => None,
        }
    }

    /// The only row that there is.
    fn only(&self) -> Option<i64> {
        match self {
            Self::Between(first, last) => (first == last).then_some(*first),
            Self::These(rows) => rows.first().copied(),
        }
    }

    /// The condition for it, `column` being that of the numbers.
    pub(crate) fn condition(&self, column: &str) -> String {
        match self {
            Self::Between(first, last) => format!("{column} between {first} and {last}"),
            Self::These(rows) => {
                let rows: Vec<String> = rows.iter().map(i64::to_string).collect();
                format!("{column} in ({})", rows.join(", "))
            }
        }
    }
}

/// Whether an error of a target says that it refuses a row.
pub(crate) fn is_refusal(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::ConstraintViolated(Side::Destination)
            | Code::ValueOutOfRange(Side::Destination)
            | Code::InvalidData(Side::Destination)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Searches rows of a table that judges all that would be in it; what is refused, and in how many tries.
    fn search(last: i64, most: u64, again: bool, fits: impl Fn(&BTreeSet<i64>) -> bool) -> (Vec<i64>, usize) {
        let mut search = Search::new(1, last, most, again);
        let (mut table, mut tries) = (BTreeSet::new(), 0);
        while let Some(part) = search.next() {
            tries += 1;
            let rows: Vec<i64> = match &part {
                Rows::Between(first, last) => (*first..=*last).collect(),
                Rows::These(rows) => rows.clone(),
            };
            let with: BTreeSet<i64> = table.iter().copied().chain(rows).collect();
            if fits(&with) {
                table = with;
                search.landed();
            } else {
                search.refuse(&part, Error::new(Code::ConstraintViolated(Side::Destination), "no"));
            }
        }
        (search.end().into_iter().map(|(row, _)| row).collect(), tries)
    }

    #[test]
    fn a_few_bad_rows_among_many_are_found_by_few_tries() {
        for bad in [&[1][..], &[1000], &[17, 18, 999], &[500, 501]] {
            let (refused, tries) = search(1000, 50, true, |table| !bad.iter().any(|row| table.contains(row)));
            assert_eq!(refused, bad);
            assert!(tries <= bad.len() * 2 * 11 + 2 * bad.len(), "{bad:?}: {tries}");
        }
        assert_eq!(search(1, 50, true, |_| false).0, [1]);
    }

    #[test]
    fn a_row_that_waits_for_another_one_lands_after_it() {
        // An odd row needs the next one; the fourth is bad, and the third waits for it in vain.
        let fits = |table: &BTreeSet<i64>| {
            table
                .iter()
                .all(|row| *row != 4 && (row % 2 == 0 || table.contains(&(row + 1))))
        };
        assert_eq!(search(20, 50, true, fits).0, [3, 4]);
        assert_eq!(search(20, 50, false, fits).0, [3, 4, 5]);
    }

    #[test]
    fn what_nobody_wants_to_know_is_not_looked_for() {
        let (refused, tries) = search(1_000_000, 5, false, |_| false);
        assert_eq!(refused.len(), 6);
        assert!(tries < 40, "{tries}");
        let (refused, _) = search(100_000, 5, true, |_| false);
        assert_eq!(refused.len(), 10_001);
    }

    #[test]
    fn nothing_is_refused_where_the_parts_land() {
        assert_eq!(search(100, 5, true, |_| true).0, [] as [i64; 0]);
    }
}
