//! The days of a year.

use syncapp_model::{Cron, Days, Weekdays};

use super::{consecutive, list};

const WEEK: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const NTH: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
const YEAR: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The days; empty for all of them.
pub(super) fn words(cron: &Cron) -> String {
    let days = cron.days.as_ref().map(of_month);
    let weekdays = cron.weekdays.as_ref().map(of_week);
    let either: Vec<String> = [days, weekdays].into_iter().flatten().flatten().collect();
    let months = (cron.months.len() < 12).then(|| format!("in {}", months(&cron.months.iter().collect::<Vec<u8>>())));
    let days = Some(list(&either, "or")).filter(|days| !days.is_empty());
    days.into_iter().chain(months).collect::<Vec<_>>().join(", ")
}

fn of_month(days: &Days) -> Vec<String> {
    let texts: Vec<String> = days.on.iter().map(|day| day.to_string()).collect();
    let on = match texts.as_slice() {
        [] => None,
        [day] => Some(format!("day {day} of the month")),
        days => Some(format!("days {} of the month", list(days, "and"))),
    };
    let near = days
        .near
        .iter()
        .map(|day| format!("the weekday nearest to day {day} of the month"));
    let last = days.last.then(|| "the last day of the month".to_owned());
    on.into_iter().chain(near).chain(last).collect()
}

fn of_week(weekdays: &Weekdays) -> Vec<String> {
    let of_its_month = |nth: &'static str| move |day: u8| format!("the {nth} {} of the month", WEEK[usize::from(day)]);
    let nth = NTH
        .iter()
        .zip(weekdays.nth)
        .flat_map(|(nth, days)| days.iter().map(of_its_month(nth)));
    let last = weekdays.last.iter().map(of_its_month("last"));
    let each = (!weekdays.on.is_empty()).then(|| week(weekdays.on.iter()));
    each.into_iter().chain(nth).chain(last).collect()
}

/// Days of every week, from Monday to Sunday; 0 is Sunday.
pub(super) fn week(days: impl Iterator<Item = u8>) -> String {
    let mut days: Vec<u8> = days.map(|day| if day == 0 { 7 } else { day }).collect();
    days.sort_unstable();
    let name = |day: &u8| WEEK[usize::from(day % 7)].to_owned();
    span(&days, name)
}

fn months(months: &[u8]) -> String {
    span(months, |month| YEAR[usize::from(month - 1)].to_owned())
}

/// "a to c" or "a, c and d".
fn span(values: &[u8], name: impl Fn(&u8) -> String) -> String {
    let names: Vec<String> = values.iter().map(name).collect();
    if names.len() > 2 && consecutive(values) {
        format!("{} to {}", names[0], names[names.len() - 1])
    } else {
        list(&names, "and")
    }
}
