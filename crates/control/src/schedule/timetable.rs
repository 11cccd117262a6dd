//! A cron expression in a time zone.
//!
//! croner walks the calendar without any zone; which instants a clock time stands for is decided here alone, by the rules
//! of the module above.

use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset};
use serde::{Deserialize, Serialize};
use syncapp_model::{Cron, Error, Zone};

use super::{END_OF_TICKS, Instant, whole};

/// A cron expression in a time zone.
///
/// It holds some 6 kB, most of them croner's: compile one when it is needed rather than to keep thousands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Timetable {
    cron: Cron,
    calendar: croner::Cron,
    zone: Zone,
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    expression: Cron,
    timezone: Zone,
}

impl TryFrom<Written> for Timetable {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        Self::new(written.expression, written.timezone)
    }
}

impl From<Timetable> for Written {
    fn from(timetable: Timetable) -> Self {
        Self {
            expression: timetable.cron,
            timezone: timetable.zone,
        }
    }
}

/// When a clock shows a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Showing {
    /// On an ordinary day.
    Once(Instant),
    /// Before and after it was put back.
    Twice(Instant, Instant),
    /// Never: it was put forward over that time, at this instant.
    Never(Instant),
}

impl Timetable {
    /// Compiles an expression that was read.
    pub fn new(cron: Cron, zone: Zone) -> Result<Self, Error> {
        let numbers = cron.to_string();
        let calendar = numbers.parse().map_err(|error| {
            Error::internal(format!("the calendar does not take the cron fields {numbers}")).driver(error)
        })?;
        Ok(Self { cron, calendar, zone })
    }

    /// What is matched.
    pub fn cron(&self) -> &Cron {
        &self.cron
    }

    /// Whose clock it is matched with.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The first tick after an instant, and the clock time that it stands for.
    pub(super) fn next_after(&self, instant: Instant) -> Option<(Instant, civil::DateTime)> {
        let instant = whole(instant);
        if self.cron.names_hours() {
            self.next_fixed(instant)
        } else {
            self.next_reading(instant)
        }
    }

    /// Clock times before the instant's own are over: the first showing never decreases from one time to a later one.
    fn next_fixed(&self, instant: Instant) -> Option<(Instant, civil::DateTime)> {
        self.times(local(&self.zone, instant), false)
            .filter_map(|time| Some((showing(&self.zone, time)?.first(), time)))
            .find(|(tick, _)| *tick > instant)
    }

    fn next_reading(&self, instant: Instant) -> Option<(Instant, civil::DateTime)> {
        let now = local(&self.zone, instant);
        let later = |time| {
            let (first, second) = match showing(&self.zone, time)? {
                Showing::Once(tick) => (tick, tick),
                Showing::Twice(first, second) => (first, second),
                Showing::Never(_) => return None,
            };
            let tick = [first, second].into_iter().find(|tick| *tick > instant)?;
            Some((tick, time))
        };
        let ahead = self.times(now, false).find_map(later);
        // In the first pass of an hour that comes twice, times that the clock has shown already come again.
        let again = match showing(&self.zone, now) {
            Some(Showing::Twice(first, second)) if first == instant => self
                .times(now.saturating_sub(second.duration_since(first)), true)
                .take_while(|time| *time <= now)
                .find_map(later),
            _ => None,
        };
        ahead.into_iter().chain(again).min()
    }

    /// The clock times that match, from one on.
    fn times(&self, from: civil::DateTime, inclusive: bool) -> impl Iterator<Item = civil::DateTime> {
        std::iter::successors(self.time(from, inclusive), |time| self.time(*time, false))
    }

    /// The first clock time that matches after this one, or from it on: croner's calendar is that of UTC.
    fn time(&self, from: civil::DateTime, inclusive: bool) -> Option<civil::DateTime> {
        let from = Offset::UTC.to_timestamp(from).ok()?;
        let from = chrono::DateTime::from_timestamp_secs(from.as_second())?;
        let found = self.calendar.find_next_occurrence(&from, inclusive).ok()?;
        let time = Offset::UTC.to_datetime(Instant::from_second(found.timestamp()).ok()?);
        Some(time).filter(|time| time.year() < END_OF_TICKS)
    }
}

impl Showing {
    /// The first instant at which the clock shows this time, or a later one.
    fn first(self) -> Instant {
        match self {
            Self::Once(instant) | Self::Twice(instant, _) | Self::Never(instant) => instant,
        }
    }
}

/// What the clock of a zone shows.
pub(super) fn local(zone: &Zone, instant: Instant) -> civil::DateTime {
    zone.0.to_datetime(instant)
}

/// When the clock of a zone shows a time; `None` only at the ends of all time.
pub(super) fn showing(zone: &Zone, time: civil::DateTime) -> Option<Showing> {
    let at = |offset: Offset| offset.to_timestamp(time).ok();
    Some(match zone.0.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } => Showing::Once(at(offset)?),
        AmbiguousOffset::Fold { before, after } => Showing::Twice(at(before)?, at(after)?),
        AmbiguousOffset::Gap { before, after } => {
            // By the offset that held before, this time would have come after the change; by the new one, before it.
            let (past, until) = (at(after)?, at(before)?);
            let changes = zone
                .0
                .following(past)
                .map(|change| (change.timestamp(), change.offset()));
            let mut changes = changes.take_while(|(change, _)| *change <= until);
            Showing::Never(changes.find(|(_, offset)| *offset == after)?.0)
        }
    })
}
