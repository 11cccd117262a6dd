//! Elapsed time, counted from an anchor.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncapp_model::{Code, Error};

use super::{Instant, whole};

/// A century: what is longer is a typing error.
const LONGEST: Duration = Duration::from_hours(24 * 36_525);

/// A tick at the anchor, and one each time so much has elapsed since then. No restart and no late start moves one, and no
/// time zone matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Interval {
    every: Duration,
    anchor: Instant,
}

impl Interval {
    /// Whole seconds, from one to a century; the anchor's fraction of a second does not count.
    pub fn new(every: Duration, anchor: Instant) -> Result<Self, Error> {
        if every.is_zero() || every.subsec_nanos() != 0 || every > LONGEST {
            let every = humantime::format_duration(every);
            let problem = Error::new(
                Code::InvalidValue,
                format!("`{every}` is not an interval of a schedule"),
            );
            return Err(problem.help("give whole seconds, such as `15m`; a century at the most"));
        }
        let anchor = whole(anchor);
        Ok(Self { every, anchor })
    }

    /// How much elapses between two ticks.
    pub fn every(&self) -> Duration {
        self.every
    }

    /// The first tick.
    pub fn anchor(&self) -> Instant {
        self.anchor
    }

    pub(super) fn next_after(&self, instant: Instant) -> Option<Instant> {
        if instant < self.anchor {
            return Some(self.anchor);
        }
        let every = i64::try_from(self.every.as_secs()).ok()?;
        let anchor = self.anchor.as_second();
        let elapsed = whole(instant).as_second() - anchor;
        Instant::from_second((elapsed / every + 1) * every + anchor).ok()
    }
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// In seconds.
    every: u64,
    anchor: Instant,
}

impl TryFrom<Written> for Interval {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        Self::new(Duration::from_secs(written.every), written.anchor)
    }
}

impl From<Interval> for Written {
    fn from(interval: Interval) -> Self {
        Self {
            every: interval.every.as_secs(),
            anchor: interval.anchor,
        }
    }
}
