//! Dates, times, instants and intervals from their ISO 8601 text.

use arrow_array::types::IntervalMonthDayNano;
use syncapp_values::calendar::{DAY, days_of};

/// A fixed number of digits.
#[inline]
fn digits(text: &[u8]) -> Option<i64> {
    let mut value = 0_i64;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(value)
}

/// `[-]YYYY-MM-DD`, with four to seven digits of the year.
pub(in crate::files) fn date(text: &[u8]) -> Option<i32> {
    let (negative, text) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, text),
    };
    let length = text.len();
    if !(10..=13).contains(&length) || text[length - 3] != b'-' || text[length - 6] != b'-' {
        return None;
    }
    let year = digits(&text[..length - 6])?;
    let year = if negative { -year } else { year };
    let month = digits(&text[length - 5..length - 3])?;
    let day = digits(&text[length - 2..])?;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    i32::try_from(days_of(year, month, day)).ok()
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// `HH:MM[:SS[.ffffff]]` in microseconds, `24:00` included; digits beyond microseconds must be zeros.
pub(super) fn time(text: &[u8]) -> Option<i64> {
    if text.len() < 5 || text[2] != b':' {
        return None;
    }
    let hour = digits(&text[..2])?;
    let minute = digits(&text[3..5])?;
    let (second, fraction) = match text.len() {
        5 => (0, &[][..]),
        6..=7 => return None,
        length if text[5] == b':' => {
            let fraction = match text.get(8) {
                None => &[][..],
                Some(b'.') if length > 9 => &text[9..],
                Some(_) => return None,
            };
            (digits(&text[6..8])?, fraction)
        }
        _ => return None,
    };
    let (kept, lost) = fraction.split_at(fraction.len().min(6));
    if lost.iter().any(|b| *b != b'0') {
        return None;
    }
    let micro = digits(kept)? * 10_i64.pow(6 - kept.len() as u32);
    let whole = (hour * 60 + minute) * 60 + second;
    let inside = minute < 60 && second < 60 && (hour < 24 || (whole == 86_400 && micro == 0));
    inside.then_some(whole * 1_000_000 + micro)
}

/// A date and a time split by `T` or a space.
pub(in crate::files) fn timestamp(text: &[u8]) -> Option<i64> {
    let (day, clock) = split(text)?;
    join(date(day)?, time(clock)?)
}

/// A date and a time with an offset from UTC: `Z`, `±HH`, `±HHMM`, `±HH:MM`.
pub(in crate::files) fn timestamp_tz(text: &[u8]) -> Option<i64> {
    let (day, clock) = split(text)?;
    let at = clock.iter().position(|b| matches!(b, b'Z' | b'z' | b'+' | b'-'))?;
    let (clock, zone) = clock.split_at(at);
    let clock = clock.strip_suffix(b" ").unwrap_or(clock);
    join(date(day)?, time(clock)?)?.checked_sub(offset(zone)? * 1_000_000)
}

fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|b| matches!(b, b'T' | b't' | b' '))?;
    Some((&text[..at], &text[at + 1..]))
}

fn join(day: i32, micros: i64) -> Option<i64> {
    if micros == DAY {
        return None;
    }
    i64::from(day).checked_mul(DAY)?.checked_add(micros)
}

/// Seconds east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone.split_first()? {
        (b'Z' | b'z', []) => return Some(0),
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.len() {
        2 => (digits(rest)?, 0),
        4 => (digits(&rest[..2])?, digits(&rest[2..])?),
        5 if rest[2] == b':' => (digits(&rest[..2])?, digits(&rest[3..])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)
}

/// An ISO 8601 duration, `P1Y2M3W4DT5H6M7.000008S`, each part with its own sign.
pub(super) fn interval(text: &[u8]) -> Option<IntervalMonthDayNano> {
    let mut rest = text.strip_prefix(b"P")?;
    let (mut months, mut days, mut nanos) = (0_i64, 0_i64, 0_i128);
    let mut clock = false;
    let mut parts = 0;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'T' && !clock {
            clock = true;
            rest = after;
            continue;
        }
        let end = rest.iter().position(u8::is_ascii_alphabetic)?;
        let (number, unit) = (&rest[..end], rest[end]);
        rest = &rest[end + 1..];
        parts += 1;
        let whole = || super::number::int(number, false);
        match (unit, clock) {
            (b'Y', false) => months = months.checked_add(whole()?.checked_mul(12)?)?,
            (b'M', false) => months = months.checked_add(whole()?)?,
            (b'W', false) => days = days.checked_add(whole()?.checked_mul(7)?)?,
            (b'D', false) => days = days.checked_add(whole()?)?,
            (b'H', true) => nanos += i128::from(whole()?) * 3_600_000_000_000,
            (b'M', true) => nanos += i128::from(whole()?) * 60_000_000_000,
            (b'S', true) => nanos += super::number::decimal(number, 30, 9, false)?,
            _ => return None,
        }
    }
    (parts > 0).then_some(())?;
    Some(IntervalMonthDayNano::new(
        i32::try_from(months).ok()?,
        i32::try_from(days).ok()?,
        i64::try_from(nanos).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_calendar_agree() {
        for days in (-800_000..4_000_000).step_by(37) {
            let mut text = Vec::new();
            syncapp_values::calendar::write_date(days, &mut text);
            assert_eq!(date(&text).map(i64::from), Some(days));
        }
    }

    #[test]
    fn texts() {
        for (text, want) in [
            ("1970-01-01", Some(0)),
            ("0001-01-01", Some(-719_162)),
            ("2024-02-29", Some(19_782)),
            ("2023-02-29", None),
            ("1900-02-29", None),
            ("10000-01-01", Some(2_932_897)),
            ("-0044-03-15", Some(-735_525)),
            ("2024-1-01", None),
            ("2024/01/01", None),
            ("24-01-01", None),
        ] {
            assert_eq!(date(text.as_bytes()), want, "{text}");
        }
        for (text, want) in [
            ("00:00", Some(0)),
            ("23:59:59.999999", Some(DAY - 1)),
            ("24:00:00", Some(DAY)),
            ("24:00:01", None),
            ("23:60:00", None),
            ("12:00:00.1234567", None),
            ("12:00:00.1230000000", Some(DAY / 2 + 123_000)),
            ("12:00:00.", None),
            ("1:00:00", None),
        ] {
            assert_eq!(time(text.as_bytes()), want, "{text}");
        }
        for (text, want) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01 02:00:00.5+02", Some(500_000)),
            ("1970-01-01 00:00:00 -01:30", Some(5_400_000_000)),
            ("1970-01-01 00:00:00", None),
            ("1970-01-01 24:00:00Z", None),
        ] {
            assert_eq!(timestamp_tz(text.as_bytes()), want, "{text}");
        }
        assert_eq!(timestamp(b"1969-12-31T23:59:59.999999"), Some(-1));
        assert_eq!(timestamp(b"1970-01-01T00:00:00Z"), None);
    }

    #[test]
    fn intervals() {
        for (text, want) in [
            ("P1Y2M3DT4H5M6.000007S", Some((14, 3, 14_706_000_007_000))),
            ("PT-0.5S", Some((0, 0, -500_000_000))),
            ("P-1M1W", Some((-1, 7, 0))),
            ("P", None),
            ("PT1D", None),
            ("1 day", None),
        ] {
            let got = interval(text.as_bytes()).map(|i| (i.months, i.days, i.nanoseconds));
            assert_eq!(got, want, "{text}");
        }
    }
}
