//! One value outside a batch: a cursor's position, a bound of a range.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use crate::DataType;

/// A value that a cursor can have. Its JSON form names its type and spells it as text, so that no number is rounded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "lowercase")]
pub enum Scalar {
    /// Any integer.
    Int(#[serde(with = "as_text")] i64),
    /// An exact number, spelled plainly.
    Decimal(String),
    /// Text, compared by its bytes.
    Text(String),
    /// Days since 1970-01-01.
    Date(#[serde(with = "date_text")] i32),
    /// Microseconds since 1970-01-01 00:00 of no zone.
    Timestamp(#[serde(with = "timestamp_text")] i64),
    /// Microseconds since 1970-01-01 00:00 UTC.
    TimestampTz(#[serde(with = "timestamptz_text")] i64),
    /// 16 bytes, compared in order.
    Uuid([u8; 16]),
}

impl Scalar {
    /// Reads a user's text as a value of a column's type.
    ///
    /// A date stands for its midnight in a timestamp, and a timestamp without a zone is UTC in a `timestamptz`.
    ///
    /// ```
    /// use syncapp_model::{DataType, Scalar};
    /// let start = Scalar::parse("2024-01-01", &DataType::TimestampTz).unwrap();
    /// assert_eq!(start, Scalar::TimestampTz(1_704_067_200_000_000));
    /// assert_eq!(start.to_string(), "2024-01-01T00:00:00Z");
    /// ```
    pub fn parse(text: &str, ty: &DataType) -> Option<Self> {
        let text = text.trim();
        Some(match ty {
            DataType::Int16 | DataType::Int32 | DataType::Int64 => Self::Int(text.parse().ok()?),
            DataType::Decimal { .. } | DataType::BigDecimal => {
                let plain = text.strip_prefix('-').unwrap_or(text);
                let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
                let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
                (digits(whole) && digits(fraction)).then(|| Self::Decimal(text.to_owned()))?
            }
            DataType::String => Self::Text(text.to_owned()),
            DataType::Date => Self::Date(days(parse_date(text)?)),
            DataType::Timestamp => match parse_datetime(text)? {
                (at, None) => Self::Timestamp(micros(at)),
                (_, Some(_)) => return None,
            },
            DataType::TimestampTz => {
                let (at, zone) = parse_datetime(text)?;
                Self::TimestampTz(micros(at) - i64::from(zone.unwrap_or(UtcOffset::UTC).whole_seconds()) * 1_000_000)
            }
            DataType::Uuid => {
                let hex: Vec<u8> = text.bytes().filter(|b| *b != b'-').collect();
                let mut bytes = [0; 16];
                if hex.len() != 32 {
                    return None;
                }
                for (byte, pair) in bytes.iter_mut().zip(hex.chunks(2)) {
                    *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
                }
                Self::Uuid(bytes)
            }
            _ => return None,
        })
    }

    /// Whether a cursor of this type can be compared.
    pub fn can_hold(ty: &DataType) -> bool {
        matches!(
            ty,
            DataType::Int16
                | DataType::Int32
                | DataType::Int64
                | DataType::Decimal { .. }
                | DataType::BigDecimal
                | DataType::String
                | DataType::Date
                | DataType::Timestamp
                | DataType::TimestampTz
                | DataType::Uuid
        )
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Decimal(text) | Self::Text(text) => f.write_str(text),
            Self::Date(days) => write_date(f, date(i64::from(*days))),
            Self::Timestamp(micros) => write_datetime(f, *micros),
            Self::TimestampTz(micros) => write_datetime(f, *micros).and_then(|()| f.write_str("Z")),
            Self::Uuid(bytes) => bytes.iter().enumerate().try_for_each(|(at, byte)| {
                let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
                write!(f, "{dash}{byte:02x}")
            }),
        }
    }
}

const EPOCH: Date = match Date::from_ordinal_date(1970, 1) {
    Ok(date) => date,
    Err(_) => unreachable!(),
};

fn days(date: Date) -> i32 {
    date.to_julian_day() - EPOCH.to_julian_day()
}

/// The day, or `None` where it lies outside what the calendar library knows (±999,999 years).
fn date(days: i64) -> Option<Date> {
    EPOCH.checked_add(Duration::days(days))
}

fn micros(at: PrimitiveDateTime) -> i64 {
    (at.assume_utc().unix_timestamp_nanos() / 1000) as i64
}

fn write_date(f: &mut fmt::Formatter<'_>, date: Option<Date>) -> fmt::Result {
    match date {
        Some(date) => write!(f, "{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()),
        None => f.write_str("out of range"),
    }
}

fn write_datetime(f: &mut fmt::Formatter<'_>, micros: i64) -> fmt::Result {
    let Ok(at) = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000) else {
        return f.write_str("out of range");
    };
    write_date(f, Some(at.date()))?;
    write!(f, "T{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())?;
    match at.microsecond() {
        0 => Ok(()),
        micro => write!(f, ".{micro:06}"),
    }
}

fn parse_date(text: &str) -> Option<Date> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut parts = digits.split('-');
    let year: i32 = parts.next()?.parse().ok()?;
    let month: u8 = parts.next()?.parse().ok()?;
    let day: u8 = parts.next()?.parse().ok()?;
    match parts.next() {
        None => Date::from_calendar_date(sign * year, month.try_into().ok()?, day).ok(),
        Some(_) => None,
    }
}

/// A date, or a date and time split by `T` or a space, with an optional zone: `Z` or `±hh[:mm]`.
fn parse_datetime(text: &str) -> Option<(PrimitiveDateTime, Option<UtcOffset>)> {
    let Some(at) = text.find(['T', 't', ' ']) else {
        return Some((parse_date(text)?.midnight(), None));
    };
    let day = parse_date(&text[..at])?;
    let clock = text[at + 1..].trim();
    let (clock, zone) = match clock.find(['Z', 'z', '+', '-']) {
        Some(at) => (&clock[..at], Some(parse_zone(&clock[at..])?)),
        None => (clock, None),
    };
    let mut parts = clock.split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let (second, fraction) = parts
        .next()
        .map_or(("0", ""), |seconds| seconds.split_once('.').unwrap_or((seconds, "")));
    if parts.next().is_some() || fraction.len() > 6 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micro: u32 = format!("{fraction:0<6}").parse().ok()?;
    Some((
        day.with_time(Time::from_hms_micro(hour, minute, second.parse().ok()?, micro).ok()?),
        zone,
    ))
}

fn parse_zone(text: &str) -> Option<UtcOffset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(UtcOffset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text[1..].split_once(':').unwrap_or((&text[1..], "0"));
    UtcOffset::from_hms(sign * hours.parse::<i8>().ok()?, sign * minutes.parse::<i8>().ok()?, 0).ok()
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(value: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Serde by way of [`Scalar`]'s own text.
macro_rules! by_text {
    ($module:ident, $inner:ty, $variant:ident) => {
        mod $module {
            use serde::{Deserialize, Deserializer, Serializer, de::Error};

            use super::Scalar;
            use crate::DataType;

            pub(super) fn serialize<S: Serializer>(value: &$inner, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&Scalar::$variant(*value))
            }

            pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$inner, D::Error> {
                match Scalar::parse(&String::deserialize(deserializer)?, &DataType::$variant) {
                    Some(Scalar::$variant(value)) => Ok(value),
                    _ => Err(D::Error::custom("not a value of its type")),
                }
            }
        }
    };
}
by_text!(date_text, i32, Date);
by_text!(timestamp_text, i64, Timestamp);
by_text!(timestamptz_text, i64, TimestampTz);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_their_json() {
        for value in [
            Scalar::Int(i64::MAX),
            Scalar::Decimal("-0.10".into()),
            Scalar::Text("é\"\n".into()),
            Scalar::Date(-719_162),
            Scalar::Timestamp(-62_135_596_800_000_001),
            Scalar::Timestamp(9_223_371_331_200_000_000 - 1),
            Scalar::TimestampTz(1_700_000_000_123_456),
            Scalar::Uuid([7; 16]),
        ] {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Scalar>(&json).unwrap(), value, "{json}");
        }
    }

    #[test]
    fn texts_are_read_as_the_columns_type() {
        let check = |text, ty: DataType, want: Option<&str>| {
            assert_eq!(
                Scalar::parse(text, &ty).map(|value| value.to_string()).as_deref(),
                want,
                "{text}"
            );
        };
        check("2024-02-30", DataType::Date, None);
        check("2024-02-29", DataType::Timestamp, Some("2024-02-29T00:00:00"));
        check(
            "2024-02-29 10:00:00+02:00",
            DataType::TimestampTz,
            Some("2024-02-29T08:00:00Z"),
        );
        check(
            "2024-02-29 10:00:00.5+02",
            DataType::TimestampTz,
            Some("2024-02-29T08:00:00.500000Z"),
        );
        check("2024-02-29 10:00:00+02:00", DataType::Timestamp, None);
        check("1.5", DataType::Int64, None);
        check("1.50", DataType::BigDecimal, Some("1.50"));
        check("x", DataType::BigDecimal, None);
    }
}
