//! One field of a cron expression.

use super::{Days, Values, Weekdays};
use crate::{Code, Error};

const MONTHS: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// What a field may hold.
pub(super) struct Field {
    /// With its article.
    noun: &'static str,
    first: u8,
    last: u8,
    /// Names of the values, from `first` on.
    names: &'static [&'static str],
    /// Forms of its own.
    more: &'static str,
}

const fn numbers(noun: &'static str, first: u8, last: u8) -> Field {
    Field {
        noun,
        first,
        last,
        names: &[],
        more: "",
    }
}

pub(super) const SECOND: Field = numbers("a second", 0, 59);
pub(super) const MINUTE: Field = numbers("a minute", 0, 59);
pub(super) const HOUR: Field = numbers("an hour", 0, 23);
const DAY: Field = Field {
    more: ", `L`, `15W`",
    ..numbers("a day of the month", 1, 31)
};
pub(super) const MONTH: Field = Field {
    names: MONTHS,
    more: ", `JAN` to `DEC`",
    ..numbers("a month", 1, 12)
};
/// 7 is read as 0, which no set holds twice.
const WEEKDAY: Field = Field {
    names: WEEKDAYS,
    more: ", `SUN` to `SAT`, `FRI#2`, `FRIL`",
    ..numbers("a day of the week", 0, 6)
};

impl Field {
    /// Every value.
    pub(super) fn all(&self) -> Values {
        Values::stepped(self.first, self.last, 1)
    }

    /// As it may be written.
    pub(super) fn text(&self, values: Values) -> String {
        if values == self.all() {
            "*".to_owned()
        } else {
            values.to_string()
        }
    }

    /// The greatest number that may be written: Sunday is 7 as well as 0.
    fn end(&self) -> u8 {
        if self.names.len() == 7 { 7 } else { self.last }
    }

    /// A list of items without forms of their own.
    pub(super) fn values(&self, text: &str) -> Result<Values, Error> {
        text.split(',')
            .try_fold(Values::default(), |values, item| Ok(values.and(self.item(item)?)))
    }

    /// `*`, `a` or `a-b`, with a step or without one.
    fn item(&self, item: &str) -> Result<Values, Error> {
        let (range, step) = match item.split_once('/') {
            None => (item, None),
            Some((range, step)) => (range, Some(self.step(item, step)?)),
        };
        let (first, last) = if range == "*" {
            (self.first, self.last)
        } else if let Some((first, last)) = range.split_once('-') {
            let first = self.value(first).ok_or_else(|| self.wrong(item))?;
            let last = self.value(last).ok_or_else(|| self.wrong(item))?;
            self.ordered(item, first, last)?
        } else {
            let first = self.value(range).ok_or_else(|| self.wrong(item))?;
            (first, if step.is_some() { self.end() } else { first })
        };
        // A Sunday at the end of a week is written as 7 or 0, and kept as 0.
        let values = Values::stepped(first, last, step.unwrap_or(1));
        let fold = |value| if value > self.last { self.first } else { value };
        Ok(values.iter().map(fold).collect())
    }

    fn step(&self, item: &str, step: &str) -> Result<u8, Error> {
        let count = self.last - self.first + 1;
        let number = number(step).filter(|step| *step > 0).ok_or_else(|| self.wrong(item))?;
        if number > count {
            let why = format!(
                "the step of `{item}` leads out of the field: {} has {count} values",
                self.noun
            );
            return Err(Error::new(Code::InvalidValue, why).help("cron counts within the field only, never beyond it"));
        }
        Ok(number)
    }

    fn ordered(&self, item: &str, first: u8, last: u8) -> Result<(u8, u8), Error> {
        match (first, last) {
            (1.., 0) if self.end() == 7 => Ok((first, 7)),
            _ if first <= last => Ok((first, last)),
            _ => {
                let why = format!("the range `{item}` of a cron expression ends before it begins");
                let turned = format!("write `{first}-{},{}-{last}` to go past the end", self.last, self.first);
                Err(Error::new(Code::InvalidValue, why).help(turned))
            }
        }
    }

    /// A number or a name.
    fn value(&self, text: &str) -> Option<u8> {
        let named = || {
            let at = self.names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
            Some(self.first + u8::try_from(at).ok()?)
        };
        let fits = |value: &u8| (self.first..=self.end()).contains(value);
        let value = number(text).filter(fits).or_else(named)?;
        Some(value)
    }

    fn wrong(&self, item: &str) -> Error {
        let Self {
            noun,
            first,
            last,
            more,
            ..
        } = self;
        let why = format!("`{item}` is not {noun} of a cron expression");
        Error::new(Code::InvalidValue, why).help(format!(
            "{first} to {last}, `*`, a range such as `{}-{}`, a step such as `*/{}`{more}, or several with commas",
            first + 1,
            first + 3,
            first + 2
        ))
    }
}

/// Two digits at the most.
fn number(text: &str) -> Option<u8> {
    let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// The days of a month; `None` for all of them.
pub(super) fn days(text: &str) -> Result<Option<Days>, Error> {
    let mut days = Days::default();
    if text == "?" {
        return Ok(None);
    }
    for item in text.split(',') {
        let upper = item.to_ascii_uppercase();
        if upper == "L" {
            days.last = true;
        } else if let Some(day) = upper.strip_suffix('W') {
            let day = DAY.value(day).ok_or_else(|| DAY.wrong(item))?;
            days.near = days.near.and(Values::stepped(day, day, 1));
        } else {
            days.on = days.on.and(DAY.item(item)?);
        }
    }
    Ok(Some(days).filter(|days| days.on != DAY.all()))
}

/// The days of a week; `None` for all of them.
pub(super) fn weekdays(text: &str) -> Result<Option<Weekdays>, Error> {
    let mut weekdays = Weekdays::default();
    if text == "?" {
        return Ok(None);
    }
    for item in text.split(',') {
        let upper = item.to_ascii_uppercase();
        let (day, set) = if let Some(day) = upper.strip_suffix("#L").or_else(|| upper.strip_suffix('L')) {
            (day, &mut weekdays.last)
        } else if let Some((day, nth)) = upper.split_once('#') {
            let nth = number(nth)
                .filter(|nth| (1..=5).contains(nth))
                .ok_or_else(|| WEEKDAY.wrong(item))?;
            (day, &mut weekdays.nth[usize::from(nth) - 1])
        } else {
            weekdays.on = weekdays.on.and(WEEKDAY.item(item)?);
            continue;
        };
        let day = WEEKDAY.value(day).ok_or_else(|| WEEKDAY.wrong(item))? % 7;
        *set = set.and(Values::stepped(day, day, 1));
    }
    Ok(Some(weekdays).filter(|weekdays| weekdays.on != WEEKDAY.all()))
}
