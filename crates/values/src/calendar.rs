//! Dates and times as text and back, exactly, for every value that Arrow can carry.
//!
//! Text is ISO 8601: `2024-02-29`, `13:45:00`, `13:45:00.000001`, `2024-02-29T13:45:00`. Years before 1 are
//! astronomical (`0000` is 1 BC). Reading is strict: nothing is trimmed, rounded or guessed, and a day that the calendar
//! does not have is an error.

use std::io::Write;

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 of a day of the proleptic Gregorian calendar; the day must exist.
pub fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
pub fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// Writing into memory does not fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { drop(write!($out, $($arg)*)) };
}
pub(crate) use put;

/// The two digits of a number from 0 to 99.
pub fn two_digits(number: i64) -> &'static str {
    const PAIRS: &str = "00010203040506070809101112131415161718192021222324252627282930313233343536373839\
                         40414243444546474849505152535455565758596061626364656667686970717273747576777879\
                         8081828384858687888990919293949596979899";
    let at = number as usize * 2;
    &PAIRS[at..at + 2]
}

/// Writes a day.
pub fn write_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(days);
    if (0..10_000).contains(&year) {
        out.extend_from_slice(two_digits(year / 100).as_bytes());
        out.extend_from_slice(two_digits(year % 100).as_bytes());
    } else {
        let sign = if year < 0 { "-" } else { "" };
        put!(out, "{sign}{:04}", year.abs());
    }
    for part in [month, day] {
        out.push(b'-');
        out.extend_from_slice(two_digits(part).as_bytes());
    }
}

/// Writes a time of day in microseconds. What is none has more digits, or a sign.
pub fn write_time(micros: i64, out: &mut Vec<u8>) {
    let (seconds, fraction) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    if !(0..=DAY).contains(&micros) {
        put!(
            out,
            "{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
        if fraction != 0 {
            put!(out, ".{fraction:06}");
        }
        return;
    }
    for (mark, part) in [("", seconds / 3600), (":", seconds / 60 % 60), (":", seconds % 60)] {
        out.extend_from_slice(mark.as_bytes());
        out.extend_from_slice(two_digits(part).as_bytes());
    }
    if fraction != 0 {
        out.push(b'.');
        for part in [fraction / 10_000, fraction / 100 % 100, fraction % 100] {
            out.extend_from_slice(two_digits(part).as_bytes());
        }
    }
}

/// Writes a timestamp in microseconds since 1970-01-01.
pub fn write_timestamp(micros: i64, out: &mut Vec<u8>) {
    write_date(micros.div_euclid(DAY), out);
    out.push(b'T');
    write_time(micros.rem_euclid(DAY), out);
}

/// The number that a run of 1 to `most` digits stands for, and what follows it.
pub(crate) fn number(text: &[u8], least: usize, most: usize) -> Option<(i64, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length < least || length > most {
        return None;
    }
    let value = text[..length]
        .iter()
        .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some((value, &text[length..]))
}

pub(crate) fn skip(text: &[u8], byte: u8) -> Option<&[u8]> {
    text.strip_prefix(&[byte])
}

/// Reads a day at the start of a text.
fn leading_date(text: &[u8]) -> Option<(i64, &[u8])> {
    let (negative, text) = skip(text, b'-').map_or((false, text), |rest| (true, rest));
    let (year, text) = number(text, 4, 7)?;
    let (month, text) = number(skip(text, b'-')?, 2, 2)?;
    let (day, text) = number(skip(text, b'-')?, 2, 2)?;
    let year = if negative { -year } else { year };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    (1..=last).contains(&day).then(|| (days_of(year, month, day), text))
}

/// Reads a time of day at the start of a text: `hh:mm[:ss[.f…]]`. Digits behind the sixth of a second must be zeros.
fn leading_time(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, text) = number(text, 2, 2)?;
    let (minute, text) = number(skip(text, b':')?, 2, 2)?;
    let (second, text) = match skip(text, b':') {
        Some(rest) => number(rest, 2, 2)?,
        None => (0, text),
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let micros = ((hour * 60 + minute) * 60 + second) * 1_000_000;
    let Some(rest) = skip(text, b'.') else {
        return Some((micros, text));
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(length);
    let mut fraction = 0;
    for place in 0..6 {
        fraction = fraction * 10 + digits.get(place).map_or(0, |digit| i64::from(digit - b'0'));
    }
    let exact = length > 0 && digits.iter().skip(6).all(|digit| *digit == b'0');
    exact.then_some((micros + fraction, rest))
}

/// Reads `Z` or `±hh[[:]mm[:ss]]` as microseconds east of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, text) = match text.split_first()? {
        (b'Z' | b'z', []) => return Some(0),
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    let (hours, text) = number(&text[..text.len().min(2)], 2, 2).map(|(hours, _)| (hours, &text[2..]))?;
    let mut seconds = hours * 3600;
    let mut text = text;
    for unit in [60, 1] {
        if text.is_empty() {
            break;
        }
        let rest = skip(text, b':').unwrap_or(text);
        let (value, rest) = number(rest, 2, 2)?;
        seconds += value * unit;
        if value > 59 {
            return None;
        }
        text = rest;
    }
    (text.is_empty() && hours < 24).then_some(sign * seconds * 1_000_000)
}

/// Reads a day.
pub fn parse_date(text: &[u8]) -> Option<i32> {
    match leading_date(text)? {
        (days, []) => i32::try_from(days).ok(),
        _ => None,
    }
}

/// Reads a time of day; `24:00:00` is the end of the day.
pub fn parse_time(text: &[u8]) -> Option<i64> {
    match text {
        b"24:00" | b"24:00:00" => Some(DAY),
        _ => leading_time(text).and_then(|(micros, rest)| rest.is_empty().then_some(micros)),
    }
}

/// Reads a date, or a date and time split by `T` or a space. With `zoned` an offset may follow, and without one the
/// time is UTC; else an offset is an error.
pub fn parse_timestamp(text: &[u8], zoned: bool) -> Option<i64> {
    let (days, rest) = leading_date(text)?;
    let midnight = i128::from(days) * i128::from(DAY);
    let (time, rest) = match rest.split_first() {
        None => (0, rest),
        Some((b'T' | b't' | b' ', rest)) => leading_time(rest)?,
        Some(_) => return None,
    };
    let east = match rest {
        [] => 0,
        rest if zoned => offset(rest.strip_prefix(b" ").unwrap_or(rest))?,
        _ => return None,
    };
    i64::try_from(midnight + i128::from(time) - i128::from(east)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_and_calendar_agree() {
        for days in (-800_000..4_000_000).step_by(37) {
            let (year, month, day) = civil(days);
            assert_eq!(days_of(year, month, day), days);
        }
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-719_528), (0, 1, 1));
    }

    #[test]
    fn days_at_the_edges() {
        for (iso, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("0001-01-01", -719_162),
            ("0000-12-31", -719_163),
            ("-0001-03-01", -719_834),
            ("9999-12-31", 2_932_896),
            ("10000-01-01", 2_932_897),
            ("5881580-07-11", i32::MAX),
            ("-5877641-06-23", i32::MIN),
        ] {
            assert_eq!(parse_date(iso.as_bytes()), Some(days), "{iso}");
            assert_eq!(text(|out| write_date(days.into(), out)), iso);
        }
        for bad in [
            "2023-02-29",
            "2024-02-30",
            "2024-13-01",
            "2024-00-01",
            "2024-1-1",
            " 2024-01-01",
            "24-01-01",
            "2024-01-01x",
            "1900-02-29",
            "",
        ] {
            assert_eq!(parse_date(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn times_and_offsets() {
        for (iso, zoned, want) in [
            ("1970-01-01T00:00:00.000001", false, Some(1)),
            ("1970-01-01 00:00:00.100000000", false, Some(100_000)),
            ("1970-01-01T00:00:00.0000001", false, None),
            ("1970-01-01", false, Some(0)),
            ("1970-01-01T00:00Z", false, None),
            ("1970-01-01T02:00+02:00", true, Some(0)),
            ("1970-01-01 02:00:00+02", true, Some(0)),
            ("1970-01-01T02:00+0200", true, Some(0)),
            ("1970-01-01T00:00-00:30", true, Some(1_800_000_000)),
            ("1970-01-01T24:00", true, None),
            ("1970-01-01T00:00:60", true, None),
            ("1970-01-01T00:00+99:00", true, None),
            ("1970-01-01T", true, None),
            ("9999999-01-01", false, None),
        ] {
            assert_eq!(parse_timestamp(iso.as_bytes(), zoned), want, "{iso}");
        }
        assert_eq!(parse_time(b"24:00:00"), Some(DAY));
        assert_eq!(text(|out| write_time(DAY, out)), "24:00:00");
        assert_eq!(parse_time(b"24:00:01"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(micros: i64, days: i32) {
            prop_assert_eq!(parse_timestamp(text(|out| write_timestamp(micros, out)).as_bytes(), false), Some(micros));
            prop_assert_eq!(parse_date(text(|out| write_date(days.into(), out)).as_bytes()), Some(days));
        }
    }
}
