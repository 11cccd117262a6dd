//! Schedules in plain words.
//!
//! The sentences are made from the sets of numbers, not from how they are written: what means the same reads the same,
//! and each says exactly what runs.

mod days;
mod times;

use std::fmt;

use jiff::civil::Time;
use syncapp_model::Values;

use super::{Blackout, Instant, Interval, Schedule, Timetable, Trigger};

impl Schedule {
    /// When it runs, such as "every 15 minutes, Monday to Friday, Europe/Berlin".
    pub fn describe(&self) -> String {
        let trigger = match &self.trigger {
            Trigger::Cron(timetable) => timetable.to_string(),
            Trigger::Interval(interval) => interval.to_string(),
            Trigger::Once(at) => format!("once, at {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")),
            Trigger::After { sync } => format!("after each success of {sync}"),
            Trigger::Manual => "by hand only".to_owned(),
        };
        let blackouts = self.blackouts.iter().map(|blackout| format!("; not {blackout}"));
        let paused = self.paused.then(|| "; paused".to_owned());
        [trigger].into_iter().chain(blackouts).chain(paused).collect()
    }
}

impl fmt::Display for Timetable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (times, listed) = times::words(self.cron());
        let days = match days::words(self.cron()) {
            days if !days.is_empty() => format!(", {days}"),
            _ if listed => " every day".to_owned(),
            _ => String::new(),
        };
        write!(f, "{times}{days}, {}", self.zone())
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "every {}", humantime::format_duration(self.every()))?;
        // Those of sync files all count from 1970: there is nothing to tell.
        let anchor = self.anchor();
        if anchor == Instant::UNIX_EPOCH {
            return Ok(());
        }
        write!(f, ", from {} on", anchor.strftime("%Y-%m-%d %H:%M:%S UTC"))
    }
}

impl fmt::Display for Blackout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {} to {}", clock(self.from), clock(self.until))?;
        let days: Values = self
            .weekdays
            .iter()
            .map(|day| day.to_sunday_zero_offset() as u8)
            .collect();
        if days.len() < 7 {
            write!(f, ", {}", days::week(days.iter()))?;
        }
        write!(f, ", {}", self.zone)
    }
}

/// Seconds only where there are some.
fn clock(time: Time) -> String {
    let form = if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    time.strftime(form).to_string()
}

/// "a", "a and b", "a, b and c".
fn list(items: &[String], and: &str) -> String {
    match items {
        [] => String::new(),
        [item] => item.clone(),
        [items @ .., last] => format!("{} {and} {last}", items.join(", ")),
    }
}

/// Whether the numbers follow each other without a hole.
fn consecutive(values: &[u8]) -> bool {
    values.windows(2).all(|pair| pair[1] == pair[0] + 1)
}
