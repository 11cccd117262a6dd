//! How dates, times, intervals and UUIDs are spelled, which a system has no type for: as text, always the same for
//! the same value.
//!
//! Dates are `YYYY-MM-DD`, with more digits or a minus sign beyond the years 0 to 9999. Timestamps are
//! `YYYY-MM-DD hh:mm:ss.ffffff`, the form of SQLite's own functions, with `Z` behind an instant. Intervals are ISO
//! 8601 durations, each part with its own sign. Reading takes the other usual spellings of the same values, too.

use std::fmt::Write as _;

use arrow_buffer::IntervalMonthDayNano;
use syncapp_values::calendar::{DAY, civil, days_of, two_digits};

use super::decimal::decimal_parts;

/// Spells a day.
pub(crate) fn write_date(out: &mut String, days: i64) {
    let (year, month, day) = civil(days);
    if year < 0 {
        out.push('-');
    }
    let year = year.abs();
    if year > 9999 {
        let _ = write!(out, "{}", year / 10_000);
    }
    pairs(out, "", [year / 100 % 100, year % 100]);
    pairs(out, "-", [month, day]);
}

/// Two digits of each, with a mark in front.
fn pairs<const N: usize>(out: &mut String, mark: &str, parts: [i64; N]) {
    for part in parts {
        out.push_str(mark);
        out.push_str(two_digits(part));
    }
}

/// Spells a time of day; `false` where it is none.
pub(crate) fn write_time(out: &mut String, micros: i64) -> bool {
    if !(0..=DAY).contains(&micros) {
        return false;
    }
    let seconds = micros / 1_000_000;
    let fraction = micros % 1_000_000;
    pairs(out, "", [seconds / 3600]);
    pairs(out, ":", [seconds / 60 % 60, seconds % 60]);
    out.push('.');
    pairs(out, "", [fraction / 10_000, fraction / 100 % 100, fraction % 100]);
    true
}

/// Spells a date and time of day.
pub(crate) fn write_timestamp(out: &mut String, micros: i64, utc: bool) {
    write_date(out, micros.div_euclid(DAY));
    out.push(' ');
    write_time(out, micros.rem_euclid(DAY));
    if utc {
        out.push('Z');
    }
}

/// A moment as a column of timestamps with a zone holds it.
pub(crate) fn moment(micros: i64) -> String {
    let mut text = String::new();
    write_timestamp(&mut text, micros, true);
    text
}

/// Spells an interval.
pub(crate) fn write_interval(out: &mut String, value: IntervalMonthDayNano) {
    let (seconds, nanos) = (
        value.nanoseconds / 1_000_000_000,
        (value.nanoseconds % 1_000_000_000).abs(),
    );
    let sign = if value.nanoseconds < 0 { "-" } else { "" };
    let _ = write!(out, "P{}M{}DT{sign}{}", value.months, value.days, seconds.abs());
    if nanos > 0 {
        let _ = if nanos % 1000 == 0 {
            write!(out, ".{:06}", nanos / 1000)
        } else {
            write!(out, ".{nanos:09}")
        };
    }
    out.push('S');
}

/// Spells a UUID.
pub(crate) fn write_uuid(out: &mut String, bytes: &[u8]) {
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        write_hex(out, *byte);
    }
}

/// Spells a byte in hexadecimal.
pub(crate) fn write_hex(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

fn number(text: &str, width: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let plain = width.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// The days since 1970-01-01 of a calendar day, if there is such a day.
pub(crate) fn day(year: i64, month: i64, day: i64) -> Option<i64> {
    let days = days_of(year, month, day);
    let real = (1..=12).contains(&month) && (1..=31).contains(&day) && civil(days).2 == day;
    real.then_some(days)
}

/// Reads a day.
pub(crate) fn date(text: &str) -> Option<i64> {
    let (negative, plain) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut parts = plain.splitn(3, '-');
    let year = number(parts.next()?, 4..=7)?;
    let (month, of_month) = (number(parts.next()?, 2..=2)?, number(parts.next()?, 2..=2)?);
    day(if negative { -year } else { year }, month, of_month)
}

/// Reads a time of day, up to 24:00.
pub(crate) fn time(text: &str) -> Option<i64> {
    let (clock, fraction) = text
        .split_once('.')
        .map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 2..=2)?, number(parts.next()?, 2..=2)?);
    let second = match parts.next() {
        Some(second) => number(second, 2..=2)?,
        None if fraction.is_some() => return None,
        None => 0,
    };
    let micros = match fraction {
        None => 0,
        Some(digits) => {
            let needed = digits.trim_end_matches('0');
            if digits.is_empty() || needed.len() > 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            needed.bytes().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
                * 10_i64.pow(6 - needed.len() as u32)
        }
    };
    let total = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros;
    (minute < 60 && second < 60 && total <= DAY).then_some(total)
}

/// Reads a date and time of day; `utc` wants a zone, and takes the instant to UTC.
pub(crate) fn timestamp(text: &str, utc: bool) -> Option<i64> {
    let Some(at) = text.find(['T', ' ']) else {
        return if utc { None } else { date(text)?.checked_mul(DAY) };
    };
    let (day, clock) = (date(&text[..at])?, &text[at + 1..]);
    let (clock, zone) = match clock.find(['Z', '+', '-']) {
        Some(at) if utc => (&clock[..at], zone(&clock[at..])?),
        None if !utc => (clock, 0),
        _ => return None,
    };
    day.checked_mul(DAY)?
        .checked_add(time(clock.trim_end())?)?
        .checked_sub(zone)
}

/// Microseconds east of Greenwich.
fn zone(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let mut parts = text.get(1..)?.splitn(3, ':');
    let mut seconds = number(parts.next()?, 2..=2)? * 3600;
    seconds += parts.next().map_or(Some(0), |minutes| number(minutes, 2..=2))? * 60;
    seconds += parts.next().map_or(Some(0), |seconds| number(seconds, 2..=2))?;
    Some(sign * seconds * 1_000_000)
}

/// Reads an ISO 8601 duration, each part with its own sign.
pub(crate) fn interval(text: &str) -> Option<IntervalMonthDayNano> {
    let mut rest = text.strip_prefix('P')?;
    let (mut months, mut days, mut nanos, mut timed) = (0_i64, 0_i64, 0_i128, false);
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('T') {
            (rest, timed) = (behind, true);
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_uppercase())?;
        let (value, unit) = (&rest[..end], &rest[end..=end]);
        rest = &rest[end + 1..];
        if (timed, unit) == (true, "S") {
            let (negative, whole, behind) = decimal_parts(value)?;
            let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
            let part = format!("{behind:0<9}");
            let all = whole * 1_000_000_000 + (part.len() == 9).then(|| part.parse::<i128>().ok())??;
            nanos += if negative { -all } else { all };
            continue;
        }
        let value: i64 = value.parse().ok()?;
        match (timed, unit) {
            (false, "Y") => months = months.checked_add(value.checked_mul(12)?)?,
            (false, "M") => months = months.checked_add(value)?,
            (false, "W") => days = days.checked_add(value.checked_mul(7)?)?,
            (false, "D") => days = days.checked_add(value)?,
            (true, "H") => nanos += i128::from(value) * 3_600_000_000_000,
            (true, "M") => nanos += i128::from(value) * 60_000_000_000,
            _ => return None,
        }
    }
    Some(IntervalMonthDayNano::new(
        months.try_into().ok()?,
        days.try_into().ok()?,
        nanos.try_into().ok()?,
    ))
}

/// Reads a UUID, with or without dashes.
pub(crate) fn uuid(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let mut count = 0;
    for digit in text.bytes().filter(|byte| *byte != b'-') {
        let value = char::from(digit).to_digit(16)? as u8;
        *bytes.get_mut(count / 2)? |= if count % 2 == 0 { value << 4 } else { value };
        count += 1;
    }
    (count == 32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_survive_their_spelling() {
        let check = |days: i64, want: Option<&str>| {
            let mut spelled = String::new();
            write_date(&mut spelled, days);
            assert_eq!(date(&spelled), Some(days), "{spelled}");
            want.inspect(|want| assert_eq!(spelled, *want));
        };
        for (days, want) in [
            (0, "1970-01-01"),
            (-719_162, "0001-01-01"),
            (-719_163, "0000-12-31"),
            (-719_529, "-0001-12-31"),
            (2_932_896, "9999-12-31"),
            (2_932_897, "10000-01-01"),
            (11_016, "2000-02-29"),
        ] {
            check(days, Some(want));
        }
        (-800_000..3_000_000)
            .step_by(97)
            .chain([i64::from(i32::MIN), i64::from(i32::MAX)])
            .for_each(|days| check(days, None));
    }

    #[test]
    fn timestamps_survive_their_spelling() {
        for micros in [
            0,
            -1,
            1,
            i64::MIN / 2,
            i64::MAX / 2,
            253_402_300_799_999_999,
            -62_135_596_800_000_001,
        ] {
            for utc in [false, true] {
                let mut spelled = String::new();
                write_timestamp(&mut spelled, micros, utc);
                assert_eq!(timestamp(&spelled, utc), Some(micros), "{spelled}");
                assert_eq!(
                    timestamp(&spelled, !utc),
                    None,
                    "{spelled}: a zone is neither made up nor dropped"
                );
            }
        }
    }

    #[test]
    fn other_spellings_of_timestamps() {
        for (text, utc, want) in [
            ("2024-02-29T10:00", false, Some(1_709_200_800_000_000)),
            ("2024-02-29 10:00:00.5", false, Some(1_709_200_800_500_000)),
            ("2024-02-29", false, Some(1_709_164_800_000_000)),
            ("2024-02-29 10:00:00+02:00", true, Some(1_709_193_600_000_000)),
            ("2024-02-29 10:00:00-0230", true, None),
            ("2024-02-29 10:00:00 -02", true, Some(1_709_208_000_000_000)),
            ("2024-02-29 10:00:00.1234567", false, None),
            ("2024-02-29 10:00:00.1234560", false, Some(1_709_200_800_123_456)),
            ("2024-02-30 10:00:00", false, None),
            ("2024-02-29 24:00:00", false, Some(1_709_251_200_000_000)),
            ("2024-02-29 24:00:01", false, None),
            ("2024-2-9", false, None),
            ("29.02.2024", false, None),
            ("now", false, None),
        ] {
            assert_eq!(timestamp(text, utc), want, "{text}");
        }
    }

    #[test]
    fn intervals_survive_their_spelling() {
        for (months, days, nanos, want) in [
            (0, 0, 0, "P0M0DT0S"),
            (14, -3, 4_000_001_000, "P14M-3DT4.000001S"),
            (-1, 0, -1_000, "P-1M0DT-0.000001S"),
            (0, 0, -1, "P0M0DT-0.000000001S"),
            (
                i32::MIN,
                i32::MAX,
                i64::MIN,
                "P-2147483648M2147483647DT-9223372036.854775808S",
            ),
        ] {
            let (value, mut spelled) = (IntervalMonthDayNano::new(months, days, nanos), String::new());
            write_interval(&mut spelled, value);
            assert_eq!(spelled, want);
            assert_eq!(interval(&spelled), Some(value), "{spelled}");
        }
        assert_eq!(
            interval("P1Y2W3DT4H5M6.7S"),
            Some(IntervalMonthDayNano::new(12, 17, 14_706_700_000_000))
        );
        assert_eq!(interval("1 day"), None);
    }
}
