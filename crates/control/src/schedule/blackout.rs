//! Windows in which a sync must not run.

use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};
use syncapp_model::Zone;
use syncapp_model::sync_file::Window;

use super::{Instant, timetable};

/// A window of the week, by the reading of a zone's clock. The begin belongs to it, the end does not; an end that is not
/// after the begin is one of the next day, so that equal ones make 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blackout {
    /// The days on which it begins; kept by number, from Monday, 1, to Sunday, 7.
    #[serde(with = "weekdays")]
    pub weekdays: Vec<Weekday>,
    /// When it begins.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// Whose clock that is.
    pub zone: Zone,
}

impl Blackout {
    /// Whether the instant lies in the window. What the clock shows twice does so twice.
    pub fn contains(&self, instant: Instant) -> bool {
        let local = timetable::local(&self.zone, instant);
        let (today, yesterday) = (local.weekday(), local.weekday().previous());
        let (after, before) = (local.time() >= self.from, local.time() < self.until);
        if self.until <= self.from {
            (self.begins_on(today) && after) || (self.begins_on(yesterday) && before)
        } else {
            self.begins_on(today) && after && before
        }
    }

    fn begins_on(&self, day: Weekday) -> bool {
        self.weekdays.contains(&day)
    }
}

impl From<Window> for Blackout {
    fn from(window: Window) -> Self {
        let Window {
            weekdays,
            from,
            until,
            zone,
        } = window;
        Self {
            weekdays,
            from,
            until,
            zone,
        }
    }
}

mod weekdays {
    use jiff::civil::Weekday;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(days: &[Weekday], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(days.iter().map(|day| day.to_monday_one_offset()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Weekday>, D::Error> {
        let days: Vec<i8> = Vec::deserialize(deserializer)?;
        days.into_iter()
            .map(|day| Weekday::from_monday_one_offset(day).map_err(D::Error::custom))
            .collect()
    }
}
