//! When a sync runs: schedules as pure functions of time.
//!
//! A [`Schedule`] has ticks: nominal instants, the same whoever computes them and whenever. Nothing here looks at a clock
//! or remembers anything: callers bring the time and the last tick that they handled, the tick table keeps the truth.
//!
//! # What a cron expression means where clocks change
//!
//! An expression that chooses hours (`30 2 * * *`, `0 */6 * * *`) runs **at fixed times**. Each clock time that it names
//! comes once: at the first instant at which the clock of its zone shows that time, or a later one.
//! - Where clocks go forward over it, that is the end of the gap: 02:30 runs at 03:00 on that day. Times of one gap fall
//!   together into one tick. This holds however long the gap is: when Samoa left out the 30th of December 2011, what was
//!   due on that day ran as the 31st began.
//! - Where clocks go back over it, that is the first pass; the second one runs nothing.
//!
//! An expression that runs in all hours of the day (`*/15 * * * *`, `5 * * * *`) runs **by the clock's reading**: at each
//! instant at which the clock shows a time that matches. A gap of whole hours leaves the distance between two runs as it
//! is, and so does an hour that comes twice: both passes run.
//!
//! (cron and croner ask instead for a `*` in the minute or the hour. Then `0 */6 * * *` loses a run where midnight is left
//! out, and `*/15 2 * * *` a day's runs: `docs/adr/0025-schedules.md`.)
//!
//! # Invariants
//!
//! - Ticks are whole seconds, and [`Schedule::next_after`] is always later than what it was asked for.
//! - A pause and a blackout take no tick away: they make it one that is recorded as skipped.
//! - [`Schedule::due`] says of each tick either that it runs or why it does not, and never both.

mod blackout;
mod due;
mod interval;
mod overlap;
mod preview;
mod timetable;
mod words;

use jiff::{Timestamp, tz};
use serde::{Deserialize, Serialize};
use syncapp_model::sync_file::{self, When};
use syncapp_model::{Error, Zone};

pub use blackout::Blackout;
pub use due::{BATCH, CATCH_UP, Due, GRACE, Skip};
pub use interval::Interval;
pub use overlap::{Admission, admit};
pub use preview::{Note, Preview};
pub use sync_file::{Misfire, Overlap};
pub use timetable::Timetable;

/// A moment in time.
pub type Instant = Timestamp;

/// The first year without ticks. Nobody knows the rules of time zones as far as that.
const END_OF_TICKS: i16 = 4000;

/// When a sync runs, and what becomes of ticks that cannot. Written down and read again it is the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// What makes it run.
    pub trigger: Trigger,
    /// When it must not run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blackouts: Vec<Blackout>,
    /// What becomes of ticks that were missed.
    pub misfire: Misfire,
    /// What becomes of a tick while the run before it still goes on.
    pub overlap: Overlap,
    /// Whether it does not run for now.
    #[serde(default)]
    pub paused: bool,
}

/// What makes a sync run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The clock of a place.
    Cron(Box<Timetable>),
    /// Elapsed time.
    Interval(Interval),
    /// One instant.
    Once(Instant),
    /// Each success of another sync of the project.
    After {
        /// Its name.
        sync: String,
    },
    /// Somebody who starts it.
    Manual,
}

impl Schedule {
    /// One without blackouts, with the rules that hold where none are given: missed ticks run once, a tick that meets a
    /// run is skipped.
    pub fn new(trigger: Trigger) -> Self {
        Self {
            trigger,
            blackouts: Vec::new(),
            misfire: Misfire::Once,
            overlap: Overlap::Skip,
            paused: false,
        }
    }

    /// What a sync file says; all that is wrong with it otherwise.
    ///
    /// Intervals count from the begin of 1970, so that a file that is pushed again means the same ticks.
    pub fn from_file(schedule: &sync_file::Schedule) -> Result<Self, Vec<Error>> {
        let problems = |wrong: Vec<(&str, Error)>| wrong.into_iter().map(|(_, problem)| problem).collect::<Vec<_>>();
        let trigger = match schedule.when().map_err(problems)? {
            When::Cron(cron, zone) => Timetable::new(cron, zone).map(|timetable| Trigger::Cron(Box::new(timetable))),
            When::Every(every) => Interval::new(every, Instant::UNIX_EPOCH).map(Trigger::Interval),
            When::At(at) => Ok(Trigger::Once(at)),
            When::After(sync) => Ok(Trigger::After { sync }),
        };
        let usual = Self::new(trigger.map_err(|problem| vec![problem])?);
        let blackouts = schedule
            .blackouts
            .iter()
            .flatten()
            .map(|blackout| blackout.window().map(Blackout::from));
        Ok(Self {
            misfire: schedule.misfire.unwrap_or(usual.misfire),
            overlap: schedule.overlap.unwrap_or(usual.overlap),
            paused: schedule.paused.unwrap_or(usual.paused),
            blackouts: blackouts.collect::<Result<_, _>>().map_err(problems)?,
            ..usual
        })
    }

    /// The first tick after an instant, whether or not it may run; `None` where no time makes it run any more.
    pub fn next_after(&self, instant: Instant) -> Option<Instant> {
        if !(1..END_OF_TICKS).contains(&tz::Offset::UTC.to_datetime(instant).year()) {
            return None;
        }
        match &self.trigger {
            Trigger::Cron(timetable) => timetable.next_after(instant).map(|(tick, _)| tick),
            Trigger::Interval(interval) => interval.next_after(instant),
            Trigger::Once(at) => Some(*at).filter(|at| *at > instant),
            Trigger::After { .. } | Trigger::Manual => None,
        }
    }

    /// Whether a success of this sync makes it run.
    pub fn follows(&self, sync: &str) -> bool {
        !self.paused && matches!(&self.trigger, Trigger::After { sync: before } if before == sync)
    }

    /// The place whose clock people read its times by.
    pub fn zone(&self) -> Zone {
        match &self.trigger {
            Trigger::Cron(timetable) => timetable.zone().clone(),
            _ => Zone::UTC,
        }
    }

    fn blacked_out(&self, instant: Instant) -> bool {
        self.blackouts.iter().any(|blackout| blackout.contains(instant))
    }
}

/// The last whole second that has begun.
fn whole(instant: Instant) -> Instant {
    let begun = instant.as_second() - i64::from(instant.subsec_nanosecond() < 0);
    Instant::from_second(begun).unwrap_or(instant)
}

#[cfg(test)]
mod tests;
