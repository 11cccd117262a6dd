//! The form of a cron expression: five fields, or six with seconds in front, as sets of numbers.
//!
//! This is the only place that reads one: `check`, the scheduler and the words shown to people start from what is read
//! here. Which moments it means in a time zone is the scheduler's.
//!
//! | field | values | besides `*`, `a`, `a-b`, `*/n`, `a/n`, `a-b/n` and lists of them |
//! |---|---|---|
//! | second (only in six) | 0 to 59 | |
//! | minute | 0 to 59 | |
//! | hour | 0 to 23 | |
//! | day of the month | 1 to 31 | `?` as `*`, `L` the last day, `15W` the weekday nearest to the 15th, in its month |
//! | month | 1 to 12, `JAN` to `DEC` | |
//! | day of the week | 0 to 7, `SUN` to `SAT`; 0 and 7 are Sunday | `?` as `*`, `FRI#2` the second Friday, `FRIL` the last |
//!
//! Where both day fields restrict, a day that fits either of them counts, as in POSIX. A field that names all its values
//! restricts nothing, however it is written. What would never come, such as the 31st of February, is an error here.

mod field;
mod values;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Code, Error};

pub use values::Values;

/// A cron expression that was read.
///
/// ```
/// use syncapp_model::Cron;
/// let cron: Cron = "*/15 8-18 * * MON-FRI".parse().unwrap();
/// assert_eq!(cron.minutes.iter().collect::<Vec<_>>(), [0, 15, 30, 45]);
/// assert!(cron.names_hours());
/// let never = "0 0 31 2 *".parse::<Cron>().unwrap_err();
/// assert_eq!(never.report().why, "`0 0 31 2 *` never comes: no month that it names has such a day");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cron {
    /// Seconds of a minute: 0 alone where there are five fields.
    pub seconds: Values,
    /// Minutes of an hour.
    pub minutes: Values,
    /// Hours of a day.
    pub hours: Values,
    /// Days of a month; `None` where all count.
    pub days: Option<Days>,
    /// Months of a year, from 1.
    pub months: Values,
    /// Days of a week; `None` where all count.
    pub weekdays: Option<Weekdays>,
}

/// Chosen days of a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Days {
    /// By number.
    pub on: Values,
    /// The last one, whatever its number.
    pub last: bool,
    /// The weekday from Monday to Friday that is nearest to each of these.
    pub near: Values,
}

/// Chosen days of a week; 0 is Sunday.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weekdays {
    /// Each week.
    pub on: Values,
    /// The first, second … fifth of its month.
    pub nth: [Values; 5],
    /// The last of its month.
    pub last: Values,
}

impl Cron {
    /// Whether it chooses hours. One that does not runs in every hour of the day.
    pub fn names_hours(&self) -> bool {
        self.hours != field::HOUR.all()
    }

    /// Whether some day has a date that it asks for.
    fn comes(&self) -> bool {
        let Some(days) = self.days.as_ref().filter(|_| self.weekdays.is_none()) else {
            return true;
        };
        let longest = self.months.iter().map(longest).max().unwrap_or_default();
        days.last || days.on.iter().chain(days.near.iter()).any(|day| day <= longest)
    }
}

/// The days of a month, in its longest year.
fn longest(month: u8) -> u8 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Cron {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (second, rest) = match fields.as_slice() {
            [minute @ .., _, _, _, _] if minute.len() == 1 => ("0", &fields[..]),
            [second, rest @ ..] if rest.len() == 5 => (*second, rest),
            _ => {
                let help = "five fields: minute, hour, day of the month, month, day of the week, such as \
                            `\"*/15 * * * *\"`; six with seconds in front";
                return Err(Error::new(Code::InvalidValue, format!("`{text}` is not a cron expression")).help(help));
            }
        };
        let cron = Self {
            seconds: field::SECOND.values(second)?,
            minutes: field::MINUTE.values(rest[0])?,
            hours: field::HOUR.values(rest[1])?,
            days: field::days(rest[2])?,
            months: field::MONTH.values(rest[3])?,
            weekdays: field::weekdays(rest[4])?,
        };
        if cron.comes() {
            Ok(cron)
        } else {
            let why = format!("`{text}` never comes: no month that it names has such a day");
            let help = "choose a day that the month has; `L` is the last day of any month";
            Err(Error::new(Code::InvalidValue, why).help(help))
        }
    }
}

/// All fields by numbers or `*`, seconds in front: what any reader of cron expressions understands alike.
impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let every = || vec!["*".to_owned()];
        let days = self.days.as_ref().map_or_else(every, |days| {
            let last = days.last.then(|| "L".to_owned());
            numbers(days.on, "")
                .chain(last)
                .chain(numbers(days.near, "W"))
                .collect()
        });
        let weekdays = self.weekdays.as_ref().map_or_else(every, |weekdays| {
            let nth = (1..)
                .zip(weekdays.nth)
                .flat_map(|(n, days)| numbers(days, &format!("#{n}")));
            numbers(weekdays.on, "")
                .chain(nth)
                .chain(numbers(weekdays.last, "#L"))
                .collect()
        });
        write!(
            f,
            "{} {} {} {} {} {}",
            field::SECOND.text(self.seconds),
            field::MINUTE.text(self.minutes),
            field::HOUR.text(self.hours),
            days.join(","),
            field::MONTH.text(self.months),
            weekdays.join(",")
        )
    }
}

impl TryFrom<String> for Cron {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Cron> for String {
    fn from(cron: Cron) -> Self {
        cron.to_string()
    }
}

/// Each number with something behind it.
fn numbers(values: Values, suffix: &str) -> impl Iterator<Item = String> + use<> {
    let suffix = suffix.to_owned();
    values.iter().map(move |value| format!("{value}{suffix}"))
}

#[cfg(test)]
mod tests;
