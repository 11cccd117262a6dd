//! When each watcher heard of each row, reckoned from what all of them heard.
//!
//! Row `n` of a run is offered `n` times [`EVERY`] after the run's start. Who is told of a later row has heard of it too:
//! what counts is that a watcher knows how far the run is. Only rows count whose time to be heard in was over before the end.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::EVERY;
use super::bounds::LATEST;

/// That a watcher has heard of a run's rows up to one.
pub(super) struct Heard {
    pub(super) watcher: usize,
    /// The number of that row, from 1.
    pub(super) row: u64,
    pub(super) at: SystemTime,
}

/// What they heard, each in the order of its size.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reckoned {
    /// From when a row was offered, for each row and each of its watchers.
    pub(super) late: Vec<Duration>,
    /// From when the first of the run's watchers heard of the row.
    pub(super) spread: Vec<Duration>,
    /// How often a watcher did not hear of a row.
    pub(super) missed: usize,
    /// How often one heard of a row before it was offered: then what is measured is not what is said.
    pub(super) early: usize,
}

/// Of so many watchers, who share the runs in turn, and of the rows that were offered within this time.
pub(super) fn reckon(
    all: &[Heard],
    watchers: usize,
    starts: &[SystemTime],
    (begun, ended): (SystemTime, SystemTime),
) -> Reckoned {
    let mut by_watcher: Vec<Vec<&Heard>> = Vec::new();
    by_watcher.resize_with(watchers, Vec::new);
    for heard in all {
        by_watcher[heard.watcher].push(heard);
    }
    let mut reckoned = Reckoned::default();
    let mut heard_at: HashMap<(usize, u64), Vec<SystemTime>> = HashMap::new();
    for (watcher, own) in by_watcher.iter().enumerate() {
        let run = watcher % starts.len();
        let mut own = own.iter().peekable();
        for (row, offered) in offers(starts[run]).skip_while(|(_, offered)| *offered < begun) {
            if offered + LATEST > ended {
                break;
            }
            while own.next_if(|heard| heard.row < row).is_some() {}
            let Some(heard) = own.peek() else {
                reckoned.missed += 1;
                continue;
            };
            match heard.at.duration_since(offered) {
                Ok(late) => reckoned.late.push(late),
                Err(_) => reckoned.early += 1,
            }
            heard_at.entry((run, row)).or_default().push(heard.at);
        }
    }
    for times in heard_at.values() {
        let first = times.iter().min().copied().unwrap_or(begun);
        let spread = times.iter().map(|at| at.duration_since(first).unwrap_or_default());
        reckoned.spread.extend(spread);
    }
    reckoned.late.sort();
    reckoned.spread.sort();
    reckoned
}

/// The rows of a run, with when each is offered.
fn offers(start: SystemTime) -> impl Iterator<Item = (u64, SystemTime)> {
    (1..).map(move |row: u32| (u64::from(row), start + EVERY * row))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }

    fn millis(times: &[u64]) -> Vec<Duration> {
        times.iter().map(|time| Duration::from_millis(*time)).collect()
    }

    /// Two watchers of one run that began at 500: rows 2, 3 and 4 are offered at 2500, 3500 and 4500.
    fn reckoned(heard: &[(usize, u64, u64)]) -> Reckoned {
        let heard = heard.iter().map(|(watcher, row, time)| Heard {
            watcher: *watcher,
            row: *row,
            at: at(*time),
        });
        let all: Vec<Heard> = heard.collect();
        reckon(&all, 2, &[at(500)], (at(2000), at(5600)))
    }

    #[test]
    fn what_is_late_counts_from_when_the_row_was_offered() {
        let both = [(0, 1, 1600), (1, 1, 1700), (0, 2, 2600), (1, 2, 2630), (0, 3, 3501)];
        let rest = [(1, 3, 4600), (0, 4, 4500), (1, 4, 4650)];
        assert_eq!(
            reckoned(&[&both[..], &rest[..]].concat()),
            Reckoned {
                late: millis(&[0, 1, 100, 130, 150, 1100]),
                spread: millis(&[0, 0, 0, 30, 150, 1099]),
                missed: 0,
                early: 0,
            }
        );
    }

    #[test]
    fn who_hears_of_a_later_row_has_heard_of_those_before() {
        let told = reckoned(&[(0, 4, 4600), (1, 2, 2600), (1, 3, 3600), (1, 5, 5550)]);
        assert_eq!(told.late, millis(&[100, 100, 100, 1050, 1100, 2100]));
        assert_eq!(told.missed, 0);
    }

    #[test]
    fn silence_and_news_from_the_future_are_seen() {
        let silent = reckoned(&[(0, 1, 2100), (0, 2, 2600), (0, 3, 3600), (0, 4, 4600)]);
        assert_eq!(
            (silent.late.len(), silent.missed),
            (3, 3),
            "the other one heard nothing"
        );
        let stopped = reckoned(&[(0, 4, 4600), (1, 2, 2600)]);
        assert_eq!(stopped.missed, 2, "it heard of no row behind the second");
        let early = reckoned(&[(0, 4, 4600), (1, 2, 2499), (1, 4, 4600)]);
        assert_eq!(early.early, 1);
    }
}
