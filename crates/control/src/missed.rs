//! What becomes of ticks that are due: pure, from instants to decisions.
//!
//! Most of the time one tick is due and gets its run. After an outage there are many, and the schedule's `misfire` says what
//! they get:
//!
//! | | a tick that is late | the newest one that is due |
//! |---|---|---|
//! | `skip` | skipped: missed | as long as it is not late, a run |
//! | `once` | skipped: merged | a run, however late |
//! | `all` | a run, if it is among the newest so many, else skipped: capped | a run |

use std::time::{Duration, SystemTime};

use syncapp_model::sync_file::Misfire;

use crate::SkipReason;

/// What a tick gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A run.
    Run,
    /// No run.
    Skip(SkipReason),
}

/// Decides over the first `count` ticks of `due`: ticks in their order, none after `now`, and if there are more of them than
/// can be told here, so many that at least `catch_up` (and one) follow the last that is decided over. `lateness` is how late
/// a tick may be before it counts as missed.
pub fn decide(
    due: &[SystemTime],
    count: usize,
    now: SystemTime,
    misfire: Misfire,
    catch_up: usize,
    lateness: Duration,
) -> Vec<Fate> {
    let fate = |(place, tick): (usize, &SystemTime)| {
        let newer = due.len() - place - 1;
        match misfire {
            Misfire::Skip if *tick + lateness >= now => Fate::Run,
            Misfire::Skip => Fate::Skip(SkipReason::Missed),
            Misfire::Once if newer == 0 => Fate::Run,
            Misfire::Once => Fate::Skip(SkipReason::Merged),
            Misfire::All if newer < catch_up.max(1) => Fate::Run,
            Misfire::All => Fate::Skip(SkipReason::Capped),
        }
    };
    due.iter().enumerate().take(count).map(fate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    /// Ticks every ten seconds, the last one `ago` seconds before now: `r` for a run, else the reason's first letter.
    fn fates(ticks: u64, ago: u64, count: usize, misfire: Misfire) -> String {
        let now = UNIX_EPOCH + Duration::from_secs(10_000);
        let due: Vec<_> = (0..ticks)
            .rev()
            .map(|back| now - Duration::from_secs(ago + 10 * back))
            .collect();
        let fates = decide(&due, count, now, misfire, 3, Duration::from_secs(15));
        let letter = |fate: Fate| match fate {
            Fate::Run => "r",
            Fate::Skip(reason) => &reason.name()[..1],
        };
        fates.into_iter().map(letter).collect()
    }

    #[test]
    fn each_policy() {
        let cases = [
            (0, 0, Misfire::Once, ""),
            (1, 0, Misfire::Skip, "r"),
            (1, 15, Misfire::Skip, "r"),
            (1, 16, Misfire::Skip, "m"),
            (4, 3, Misfire::Skip, "mmrr"),
            (1, 900, Misfire::Once, "r"),
            (4, 3, Misfire::Once, "mmmr"),
            (1, 900, Misfire::All, "r"),
            (3, 900, Misfire::All, "rrr"),
            (5, 3, Misfire::All, "ccrrr"),
        ];
        for (ticks, ago, misfire, expected) in cases {
            let got = fates(ticks, ago, usize::MAX, misfire);
            assert_eq!(got, expected, "{ticks} ticks, {ago} s ago, {misfire:?}");
        }
    }

    #[test]
    fn a_part_is_decided_over_as_the_whole_is() {
        for misfire in [Misfire::Skip, Misfire::Once, Misfire::All] {
            let whole = fates(9, 3, usize::MAX, misfire);
            assert_eq!(fates(9, 3, 5, misfire), whole[..5], "{misfire:?}");
        }
    }
}
