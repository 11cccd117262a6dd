//! What an interface has to bear: `cargo xtask bench --api` fails where it does not.

use std::time::Duration;

use super::{Load, Read, Watched, at, millis};

/// What 99 % of reads take, from when they were due, at most.
const P99: Duration = Duration::from_millis(50);
/// The share of the asked rate that is answered: the rest is the way of the last answers at the end of the time.
const HELD: f64 = 0.99;
/// The latest that any watcher may hear of a row.
pub(super) const LATEST: Duration = Duration::from_secs(1);
/// How much memory may grow from the middle of the watch to its end, in megabytes and in percent. An allocator's pages come and go by
/// a few megabytes. If a kilobyte were kept of each event, that were 15 MB in the 15 s in which a thousand watchers hear of one a
/// second; if it were the rows of twenty runs, 330 MB.
const GROWN: u64 = 8;
const GROWN_PERCENT: u64 = 5;

/// What does not hold, each in words.
pub(super) fn broken(load: &Load, read: &Read, watched: &Watched) -> Vec<String> {
    let (heard, memory) = (&watched.heard, &watched.memory);
    let (p99, latest) = (read.at(0.99), at(&heard.late, 1.0));
    let grown = memory.end.saturating_sub(memory.middle);
    let first_lost = watched.lost.first().map(String::as_str).unwrap_or_default();
    [
        (read.failed == 0, format!("{} reads were refused", read.failed)),
        (
            read.rate >= HELD * f64::from(load.rate),
            format!("{:.0} reads a second were answered, of {} asked", read.rate, load.rate),
        ),
        (p99 < P99, format!("p99 of the reads is {} ms", millis(p99))),
        (!heard.late.is_empty(), "no watcher has heard of any row".to_owned()),
        (
            heard.missed == 0,
            format!("watchers did not hear of {} rows of theirs", heard.missed),
        ),
        (
            heard.early == 0,
            format!("watchers heard of {} rows before they were offered", heard.early),
        ),
        (
            watched.lost.is_empty(),
            format!("{} watchers were let down: {first_lost}", watched.lost.len()),
        ),
        (
            latest < LATEST,
            format!("a watcher heard of a row after {} ms", millis(latest)),
        ),
        (
            grown < GROWN && grown * 100 < GROWN_PERCENT * memory.middle.max(1),
            format!(
                "memory grew from {} to {} MB in the second half of the watch",
                memory.middle, memory.end
            ),
        ),
    ]
    .into_iter()
    .filter_map(|(holds, what)| (!holds).then_some(what))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Memory;
    use super::super::heard::Reckoned;
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn good() -> (Read, Watched) {
        let read = Read {
            rate: 1999.0,
            failed: 0,
            took: Duration::from_secs(30),
            late: vec![2 * MS; 60_000],
        };
        let heard = Reckoned {
            late: vec![200 * MS; 29_000],
            ..Reckoned::default()
        };
        let memory = Memory { middle: 100, end: 104 };
        let lost = Vec::new();
        (read, Watched { heard, lost, memory })
    }

    #[test]
    fn each_bound_can_be_broken() {
        type Break = fn(&mut Read, &mut Watched);
        let cases: [(&str, Break); 11] = [
            ("", |_, _| {}),
            ("1 reads were refused", |read, _| read.failed = 1),
            ("of 2000 asked", |read, _| read.rate = 1970.0),
            ("p99 of the reads is 50.0 ms", |read, _| {
                read.late[59_000..].fill(50 * MS);
            }),
            ("no watcher has heard", |_, watched| watched.heard.late.clear()),
            ("did not hear of 1 rows", |_, watched| watched.heard.missed = 1),
            ("before they were offered", |_, watched| watched.heard.early = 1),
            ("1 watchers were let down: it is answered 429", |_, watched| {
                watched.lost.push("it is answered 429".into());
            }),
            ("after 1000.0 ms", |_, watched| watched.heard.late[28_999] = 1000 * MS),
            ("from 100 to 105 MB", |_, watched| watched.memory.end = 105),
            ("from 400 to 408 MB", |_, watched| {
                watched.memory = Memory { middle: 400, end: 408 };
            }),
        ];
        for (what, break_it) in cases {
            let (mut read, mut watched) = good();
            break_it(&mut read, &mut watched);
            let broken = broken(&Load::default(), &read, &watched);
            let expected = usize::from(!what.is_empty());
            assert_eq!(broken.len(), expected, "{what}: {broken:?}");
            assert!(broken.iter().all(|broken| broken.contains(what)), "{what}: {broken:?}");
        }
    }

    #[test]
    fn memory_is_compared_where_all_are_there() {
        let grows = Memory::of(&[10, 50, 90, 100, 100, 100, 100, 100, 101, 102, 103, 104]);
        assert_eq!((grows.middle, grows.end), (100, 103));
        let rises = Memory::of(&[1, 2, 3, 4]);
        assert_eq!((rises.middle, rises.end), (2, 4));
    }
}
