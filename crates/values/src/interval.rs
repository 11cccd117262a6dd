//! Intervals as text and back: ISO 8601 durations, each part with its own sign.

use std::io::Write;

use crate::calendar::{number, put, skip};

/// Writes an interval as an ISO 8601 duration, each part with its own sign: `P1Y2M-3DT4H5M6.5S`.
pub fn write(months: i32, days: i32, nanos: i64, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'P');
    for (value, unit) in [(months / 12, 'Y'), (months % 12, 'M'), (days, 'D')] {
        if value != 0 {
            put!(out, "{value}{unit}");
        }
    }
    if nanos != 0 {
        out.push(b'T');
        let seconds = nanos / 1_000_000_000;
        for (value, unit) in [(seconds / 3600, 'H'), (seconds / 60 % 60, 'M')] {
            if value != 0 {
                put!(out, "{value}{unit}");
            }
        }
        let (whole, fraction) = (seconds % 60, nanos % 1_000_000_000);
        if whole != 0 || fraction != 0 {
            let sign = if nanos < 0 { "-" } else { "" };
            put!(out, "{sign}{}", whole.abs());
            if fraction != 0 {
                put!(out, ".{:06}", fraction.abs() / 1000);
            }
            out.push(b'S');
        }
    }
    if out.len() == start + 1 {
        out.extend_from_slice(b"T0S");
    }
}

/// Reads an ISO 8601 duration as months, days and nanoseconds.
pub fn parse(text: &[u8]) -> Option<(i32, i32, i64)> {
    let text = skip(text, b'P')?;
    let (date, time) = match text.iter().position(|byte| *byte == b'T') {
        Some(at) if at + 1 < text.len() => (&text[..at], &text[at + 1..]),
        Some(_) => return None,
        None if text.is_empty() => return None,
        None => (text, &text[text.len()..]),
    };
    let [years, months, weeks, days] = amounts(date, *b"YMWD")?;
    let [hours, minutes, seconds] = amounts(time, *b"HMS")?;
    let whole = |micros: i128| (micros % 1_000_000 == 0).then_some(micros / 1_000_000);
    let micros = whole(hours)? * 3_600_000_000 + whole(minutes)? * 60_000_000 + seconds;
    Some((
        i32::try_from(whole(years)? * 12 + whole(months)?).ok()?,
        i32::try_from(whole(weeks)? * 7 + whole(days)?).ok()?,
        i64::try_from(micros * 1000).ok()?,
    ))
}

/// The amounts of each unit, in millionths; units stand in order, each at most once.
fn amounts<const N: usize>(mut text: &[u8], units: [u8; N]) -> Option<[i128; N]> {
    let mut amounts = [0; N];
    let mut next = 0;
    while !text.is_empty() {
        let (negative, rest) = skip(text, b'-').map_or((false, text), |rest| (true, rest));
        let (value, rest) = number(rest, 1, 18)?;
        let (fraction, rest) = match skip(rest, b'.') {
            Some(digits) => leading_fraction(digits)?,
            None => (0, rest),
        };
        let (unit, rest) = rest.split_first()?;
        let at = next + units[next..].iter().position(|known| known == unit)?;
        let amount = i128::from(value) * 1_000_000 + i128::from(fraction);
        amounts[at] = if negative { -amount } else { amount };
        (text, next) = (rest, at + 1);
    }
    Some(amounts)
}

/// Microseconds of the digits behind a second's point.
fn leading_fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let (value, rest) = number(text, 1, 6)?;
    let length = text.len() - rest.len();
    Some((value * 10_i64.pow(6 - length as u32), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(months: i32, days: i32, nanos: i64) -> String {
        let mut out = Vec::new();
        write(months, days, nanos, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn intervals() {
        for (iso, parts) in [
            ("PT0S", (0, 0, 0)),
            ("P1Y2M3DT4H5M6.500000S", (14, 3, 14_706_500_000_000)),
            ("P-1M", (-1, 0, 0)),
            ("P1DT-0.000001S", (0, 1, -1000)),
        ] {
            assert_eq!(parse(iso.as_bytes()), Some(parts), "{iso}");
            assert_eq!(text(parts.0, parts.1, parts.2), iso);
        }
        assert_eq!(parse(b"P2W"), Some((0, 14, 0)));
        for bad in [
            "P",
            "PT",
            "1D",
            "P1H",
            "P1D2M",
            "PT1.5H",
            "P1DT",
            "P1DT1H2H",
            "PT1S1M",
            "P1DT1HT1M",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(months: i32, days: i32, span in -9_000_000_000_000_000_i64..9_000_000_000_000_000) {
            let iso = text(months, days, span * 1000);
            prop_assert_eq!(parse(iso.as_bytes()), Some((months, days, span * 1000)), "{}", iso);
        }
    }
}
