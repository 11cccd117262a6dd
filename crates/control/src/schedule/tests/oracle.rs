//! An enumeration of ticks that shares nothing with what it checks: another library of time zones, another version of
//! their database, expressions written down by hand, and no calendar but a walk over all minutes.
//!
//! It is the rule as the module's documentation states it. At fixed times: walk on, remember the latest time that the
//! clock has ever shown, and tick when it passes a time that matches. By the reading: tick when the clock shows one.

use chrono::{DateTime, Days, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

const DAY: i64 = 24 * 60;
const SLOT: i64 = 15;

/// An expression, and what it asks for.
pub(super) struct Case {
    pub(super) text: &'static str,
    pub(super) fixed: bool,
    pub(super) time: fn(i64, i64) -> bool,
    pub(super) day: fn(NaiveDate) -> bool,
}

/// A zone's clock, in minutes since 1970.
pub(super) struct Clock(Tz);

impl Clock {
    pub(super) fn of(zone: &str) -> Self {
        Self(zone.parse().unwrap())
    }

    fn offset_seconds(&self, second: i64) -> i64 {
        let instant = DateTime::from_timestamp(second, 0).unwrap().naive_utc();
        i64::from(self.0.offset_from_utc_datetime(&instant).fix().local_minus_utc())
    }

    fn offset(&self, minute: i64) -> i64 {
        let seconds = self.offset_seconds(minute * 60);
        assert_eq!(seconds % 60, 0, "no zone here is off by seconds");
        seconds / 60
    }

    /// What the clock shows, second by second.
    pub(super) fn shows(&self, second: i64) -> i64 {
        second + self.offset_seconds(second)
    }

    /// The minutes of a span at which another offset begins to hold.
    pub(super) fn changes(&self, from: i64, to: i64) -> Vec<i64> {
        let offsets = (from..to)
            .step_by(SLOT as usize)
            .map(|minute| (minute, self.offset(minute)));
        let slots: Vec<(i64, i64)> = offsets.collect();
        let changed = slots.windows(2).filter(|pair| pair[0].1 != pair[1].1);
        changed
            .map(|pair| {
                (pair[0].0..=pair[1].0)
                    .find(|minute| self.offset(*minute) != pair[0].1)
                    .unwrap()
            })
            .collect()
    }

    /// The minutes of a span at which each case ticks.
    pub(super) fn ticks(&self, cases: &[Case], changes: &[i64], from: i64, to: i64) -> Vec<Vec<i64>> {
        let table = Table::new(cases, from, to);
        let fixed = bits(cases, |case| case.fixed);
        let mut ticks = vec![Vec::new(); cases.len()];
        let mut latest = from + self.offset(from) - 1;
        let mut minute = from;
        while minute < to {
            // Between changes the clock goes on as time does.
            let end = changes.iter().copied().find(|change| *change > minute).unwrap_or(to);
            let offset = self.offset(minute);
            let mut passed = (latest + 1..minute + offset).fold(0, |hits, time| hits | table.hits(time)) & fixed;
            for now in minute..end {
                let shown = now + offset;
                let by_reading = table.hits(shown) & !fixed;
                if shown > latest {
                    passed |= table.hits(shown) & fixed;
                    latest = shown;
                }
                let hits = std::mem::take(&mut passed) | by_reading;
                if hits != 0 {
                    let ticking = ticks.iter_mut().enumerate().filter(|(case, _)| hits & (1 << case) != 0);
                    ticking.for_each(|(_, ticks)| ticks.push(now));
                }
            }
            minute = end;
        }
        ticks
    }
}

/// Which cases match which day and which minute of a day: a bit each.
struct Table {
    first: i64,
    days: Vec<u32>,
    times: Vec<u32>,
}

impl Table {
    fn new(cases: &[Case], from: i64, to: i64) -> Self {
        let first = from.div_euclid(DAY) - 2;
        let date = |day: i64| NaiveDate::default() + Days::new(day as u64);
        let days = (first..to.div_euclid(DAY) + 3).map(|day| bits(cases, |case| (case.day)(date(day))));
        let times = (0..DAY).map(|minute| bits(cases, |case| (case.time)(minute / 60, minute % 60)));
        Self {
            first,
            days: days.collect(),
            times: times.collect(),
        }
    }

    fn hits(&self, shown: i64) -> u32 {
        self.times[(shown % DAY) as usize] & self.days[(shown / DAY - self.first) as usize]
    }
}

fn bits(cases: &[Case], holds: impl Fn(&Case) -> bool) -> u32 {
    cases
        .iter()
        .rev()
        .fold(0, |bits, case| bits << 1 | u32::from(holds(case)))
}
