mod blackout;
mod catch_up;
mod cron;
mod daylight;
mod oracle;
mod properties;
mod words;

use std::time::Duration;

use jiff::SignedDuration;

use super::*;

/// An instant as written.
fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A schedule as a sync file gives it.
fn cron(expression: &str, zone: &str) -> Schedule {
    let timetable = Timetable::new(expression.parse().unwrap(), zone.parse().unwrap()).unwrap();
    Schedule::new(Trigger::Cron(Box::new(timetable)))
}

fn every(seconds: u64, anchor: &str) -> Schedule {
    Schedule::new(Trigger::Interval(
        Interval::new(Duration::from_secs(seconds), at(anchor)).unwrap(),
    ))
}
