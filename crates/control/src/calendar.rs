//! The calendar of schedules as they are kept: the JSON of a [`Schedule`].

use std::time::{Duration, SystemTime};

use syncapp_model::{Code, Error, Result};

use crate::schedule::{Instant, Schedule};
use crate::{Calendar, DueTick};

/// Reads a definition as the JSON of a [`Schedule`].
#[derive(Debug, Clone, Copy, Default)]
pub struct JsonCalendar;

impl JsonCalendar {
    /// The definition of a schedule: equal for equal schedules, so that a push that changes nothing of it lets it go on.
    pub fn definition(schedule: &Schedule) -> Result<String> {
        serde_json::to_string(schedule).map_err(|e| Error::internal("a schedule cannot be written down").driver(e))
    }
}

impl Calendar for JsonCalendar {
    fn next_after(&self, definition: &str, after: SystemTime) -> Result<Option<SystemTime>> {
        read(definition)?
            .next_after(instant(after)?)
            .map(system_time)
            .transpose()
    }

    fn due(&self, definition: &str, first: SystemTime, until: SystemTime, now: SystemTime) -> Result<Vec<DueTick>> {
        // Ticks are whole seconds: none lies between.
        let last = instant(first - Duration::from_secs(1))?;
        let due = read(definition)?.due(last, instant(until)?, instant(now)?);
        let run = due.run.into_iter().map(|tick| (tick, None));
        let skipped = due.skipped.into_iter().map(|(tick, reason)| (tick, Some(reason)));
        let mut ticks: Vec<_> = run.chain(skipped).collect();
        ticks.sort_unstable_by_key(|(tick, _)| *tick);
        let told = |(tick, reason)| Ok((system_time(tick)?, reason));
        ticks.into_iter().map(told).collect()
    }
}

fn read(definition: &str) -> Result<Schedule> {
    serde_json::from_str(definition).map_err(|e| {
        Error::new(Code::InvalidValue, "a schedule as it is kept cannot be read")
            .help("push the project again; an older agent does not read what a newer one wrote")
            .driver(e)
    })
}

fn instant(time: SystemTime) -> Result<Instant> {
    Instant::try_from(time).map_err(beyond)
}

fn system_time(tick: Instant) -> Result<SystemTime> {
    SystemTime::try_from(tick).map_err(beyond)
}

fn beyond(error: jiff::Error) -> Error {
    Error::internal("a time is beyond what the calendar or the system knows").driver(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SkipReason;
    use crate::schedule::Misfire;
    use std::time::UNIX_EPOCH;
    use syncapp_model::sync_file;

    fn definition(cron: &str, misfire: Misfire) -> String {
        let file = sync_file::Schedule {
            cron: Some(cron.into()),
            timezone: Some("Europe/Berlin".into()),
            misfire: Some(misfire),
            ..sync_file::Schedule::default()
        };
        JsonCalendar::definition(&Schedule::from_file(&file).unwrap()).unwrap()
    }

    /// Minutes of 1 January 1970, UTC.
    fn minute(minute: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_mins(minute)
    }

    #[test]
    fn ticks_come_in_order_with_their_reasons() {
        let every_ten = definition("*/10 * * * *", Misfire::Once);
        let next = JsonCalendar.next_after(&every_ten, minute(10)).unwrap();
        assert_eq!(next, Some(minute(20)));
        let due = JsonCalendar
            .due(&every_ten, minute(20), minute(45), minute(45))
            .unwrap();
        let superseded = Some(SkipReason::Superseded);
        assert_eq!(
            due,
            [(minute(20), superseded), (minute(30), superseded), (minute(40), None)]
        );
        assert_eq!(
            JsonCalendar
                .due(&every_ten, minute(20), minute(20), minute(45))
                .unwrap(),
            [(minute(20), None)],
            "the newest of those that are asked for"
        );
        let skipping = definition("*/10 * * * *", Misfire::Skip);
        let due = JsonCalendar.due(&skipping, minute(20), minute(30), minute(30)).unwrap();
        assert_eq!(due, [(minute(20), Some(SkipReason::Missed)), (minute(30), None)]);
        let due = JsonCalendar.due(&skipping, minute(20), minute(20), minute(30)).unwrap();
        assert_eq!(due, [(minute(20), Some(SkipReason::Missed))], "it is late now");
    }

    #[test]
    fn what_cannot_be_read_says_so() {
        let error = JsonCalendar.next_after("{}", minute(0)).unwrap_err();
        assert_eq!(error.code(), Code::InvalidValue);
        assert!(error.report().driver.is_some());
    }
}
