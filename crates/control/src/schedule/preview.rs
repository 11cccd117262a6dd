//! The next runs, as people read them.

use std::fmt;

use jiff::civil::DateTime;
use jiff::{SignedDuration, ZonedDateTime};

use super::timetable::{Showing, local, showing};
use super::{Instant, Schedule, Timetable, Trigger};

/// One tick to come.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// When it is, as the clock of the schedule's zone shows it, with the offset that holds then.
    pub at: ZonedDateTime,
    /// What is special about it.
    pub notes: Vec<Note>,
}

/// What is special about a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// The clock is put forward over the time that is meant: it runs when that happens.
    Gap {
        /// The time that no clock shows on that day.
        meant: DateTime,
    },
    /// The clock shows its time twice, and this is the first.
    FirstPass,
    /// The clock shows its time twice, and this is the second.
    SecondPass,
    /// It will be skipped, for it falls into a blackout.
    Blackout,
    /// It will be skipped unless the schedule goes on before.
    Paused,
}

impl Schedule {
    /// The next ticks after an instant, as many as that.
    pub fn preview(&self, from: Instant, count: usize) -> Vec<Preview> {
        let ticks = self.ticks(from).take(count);
        ticks.map(|tick| self.noted(tick)).collect()
    }

    fn noted(&self, tick: Instant) -> Preview {
        let clock = match &self.trigger {
            Trigger::Cron(timetable) => clock_note(timetable, tick),
            _ => None,
        };
        let blackout = self.blacked_out(tick).then_some(Note::Blackout);
        let paused = self.paused.then_some(Note::Paused);
        Preview {
            at: tick.to_zoned_datetime(self.zone().0),
            notes: [clock, blackout, paused].into_iter().flatten().collect(),
        }
    }
}

fn clock_note(timetable: &Timetable, tick: Instant) -> Option<Note> {
    let before = tick.checked_sub(SignedDuration::from_secs(1)).ok()?;
    let (_, meant) = timetable.next_after(before)?;
    let shown = local(timetable.zone(), tick);
    match showing(timetable.zone(), shown)? {
        _ if meant != shown => Some(Note::Gap { meant }),
        Showing::Twice(first, _) if first == tick => Some(Note::FirstPass),
        Showing::Twice(..) => Some(Note::SecondPass),
        _ => None,
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at.strftime("%a %Y-%m-%d %H:%M:%S %:z"))?;
        self.notes.iter().try_for_each(|note| write!(f, ", {note}"))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { meant } => {
                let meant = meant.strftime("%Y-%m-%d %H:%M");
                write!(f, "for {meant}, which the clock leaves out")
            }
            Self::FirstPass => f.write_str("the first of two times that the clock shows this"),
            Self::SecondPass => f.write_str("the second of two times that the clock shows this"),
            Self::Blackout => f.write_str("skipped: in a blackout"),
            Self::Paused => f.write_str("skipped: paused"),
        }
    }
}
