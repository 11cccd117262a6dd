//! The times of a day.

use jiff::civil::Time;
use syncapp_model::{Cron, Values};

use super::{clock, consecutive, list};

/// As many clock times are said one by one.
const LISTED: usize = 4;

/// The times, and whether they are said one by one.
pub(super) fn words(cron: &Cron) -> (String, bool) {
    let [seconds, minutes, hours] = [cron.seconds, cron.minutes, cron.hours].map(|set| set.iter().collect::<Vec<u8>>());
    let count = seconds.len() * minutes.len() * hours.len();
    if cron.names_hours() && count <= LISTED {
        let mut times = Vec::new();
        for hour in &hours {
            for minute in &minutes {
                times.extend(seconds.iter().map(|second| at([*hour, *minute, *second])));
            }
        }
        return (format!("at {}", list(&times, "and")), true);
    }
    let text = if seconds == [0] {
        minutely(cron, &minutes, &hours)
    } else {
        secondly(cron, &seconds, &minutes, &hours)
    };
    (text, false)
}

/// At full minutes.
fn minutely(cron: &Cron, minutes: &[u8], hours: &[u8]) -> String {
    let span = [
        [hours[0], minutes[0], 0],
        [hours[hours.len() - 1], minutes[minutes.len() - 1], 0],
    ];
    if let [minute] = minutes {
        let past = if *minute == 0 {
            String::new()
        } else {
            format!(" at minute {minute}")
        };
        return match stride(cron.hours, 24) {
            Some(1) => format!("every hour{past}"),
            Some(step) => format!("every {step} hours, from {}", at(span[0])),
            None if consecutive(hours) => format!("every hour from {} to {}", at(span[0]), at(span[1])),
            None => format!("at minute {minute} of the hours {}", numbers(hours)),
        };
    }
    let often = match stride(cron.minutes, 60) {
        Some(1) => "every minute".to_owned(),
        Some(step) => format!("every {step} minutes"),
        None => format!("at the minutes {} of every hour", numbers(minutes)),
    };
    match hours {
        _ if !cron.names_hours() => often,
        hours if consecutive(hours) => format!("{often} from {} to {}", at(span[0]), at(span[1])),
        hours => format!(
            "{} in the hours {}",
            often.trim_end_matches(" of every hour"),
            numbers(hours)
        ),
    }
}

/// At seconds within a minute.
fn secondly(cron: &Cron, seconds: &[u8], minutes: &[u8], hours: &[u8]) -> String {
    let every_minute = stride(cron.minutes, 60) == Some(1);
    let often = match (stride(cron.seconds, 60), seconds) {
        (Some(1), _) => "every second".to_owned(),
        (Some(step), _) => format!("every {step} seconds"),
        (None, [second]) => format!("at second {second}"),
        (None, seconds) => format!("at the seconds {}", numbers(seconds)),
    };
    let of_minute = match minutes {
        _ if every_minute && stride(cron.seconds, 60).is_some() => String::new(),
        _ if every_minute => " of every minute".to_owned(),
        [minute] => format!(" in minute {minute}"),
        minutes => format!(" in the minutes {}", numbers(minutes)),
    };
    let of_hour = match hours {
        _ if !cron.names_hours() && every_minute => String::new(),
        _ if !cron.names_hours() => " of every hour".to_owned(),
        [hour] => format!(" of hour {hour}"),
        hours => format!(" of the hours {}", numbers(hours)),
    };
    format!("{often}{of_minute}{of_hour}")
}

/// The distance between values that go round without a longer or shorter one, from 0 on.
fn stride(values: Values, round: usize) -> Option<usize> {
    let step = round / values.len();
    let even = round.is_multiple_of(values.len()) && values.iter().all(|value| usize::from(value) % step == 0);
    even.then_some(step).filter(|_| values.len() > 1)
}

fn numbers(values: &[u8]) -> String {
    let texts: Vec<String> = values.iter().map(u8::to_string).collect();
    if texts.len() > 2 && consecutive(values) {
        return format!("{} to {}", texts[0], texts[texts.len() - 1]);
    }
    list(&texts, "and")
}

fn at(time: [u8; 3]) -> String {
    let [hour, minute, second] = time.map(u8::cast_signed);
    Time::new(hour, minute, second, 0).map(clock).unwrap_or_default()
}
