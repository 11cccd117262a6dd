//! How far an increment looks back behind the last one.

use std::time::Duration;

use crate::{DataType, Scalar};

/// A hundred years: what lies behind is before any system's first timestamp, or a typing error.
const MAX: Duration = Duration::from_hours(24 * 36_525);

/// A distance along a cursor.
///
/// ```
/// use syncapp_model::{Lookback, Scalar};
/// let day: Lookback = "1d".parse().unwrap();
/// assert_eq!(day.before(&Scalar::Date(20_000)), Some(Scalar::Date(19_999)));
/// assert_eq!("250".parse::<Lookback>().unwrap().before(&Scalar::Int(1000)), Some(Scalar::Int(750)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookback {
    /// A time, for dates and timestamps.
    Time(Duration),
    /// A number, for integers.
    Steps(i64),
}

impl Lookback {
    /// Whether a cursor of this type has such a distance.
    pub fn fits(self, ty: &DataType) -> bool {
        match self {
            Self::Time(_) => matches!(ty, DataType::Date | DataType::Timestamp | DataType::TimestampTz),
            Self::Steps(_) => matches!(ty, DataType::Int16 | DataType::Int32 | DataType::Int64),
        }
    }

    /// The value so far before another; the type's first one where there is none. A date goes back by whole days, the
    /// part of one included. `None` where the types do not [fit](Self::fits).
    pub fn before(self, value: &Scalar) -> Option<Scalar> {
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        Some(match (self, value) {
            (Self::Steps(steps), Scalar::Int(value)) => Scalar::Int(value.saturating_sub(steps)),
            (Self::Time(time), Scalar::Date(days)) => {
                let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
                Scalar::Date(days.saturating_sub(i32::try_from(seconds.div_ceil(86_400)).ok()?))
            }
            (Self::Time(time), Scalar::Timestamp(at)) => Scalar::Timestamp(at.saturating_sub(micros(time))),
            (Self::Time(time), Scalar::TimestampTz(at)) => Scalar::TimestampTz(at.saturating_sub(micros(time))),
            _ => return None,
        })
    }
}

impl std::str::FromStr for Lookback {
    type Err = String;

    /// Reads `10m`, `1h 30m`, `2days`, or a number.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let read = match text.parse::<i64>() {
            Ok(steps) => (steps >= 0).then_some(Self::Steps(steps)),
            Err(_) => humantime::parse_duration(text)
                .ok()
                .filter(|time| *time <= MAX)
                .map(Self::Time),
        };
        read.ok_or_else(|| {
            format!("`{text}` is neither a time such as `10m`, `2h` or `1d` (100 years at the most) nor a number")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookback_is_a_time_or_a_number() {
        let check = |text: &str, want: Option<Lookback>| assert_eq!(text.parse().ok(), want, "{text}");
        check("10m", Some(Lookback::Time(Duration::from_mins(10))));
        check("1h 30m", Some(Lookback::Time(Duration::from_mins(90))));
        check("2days", Some(Lookback::Time(Duration::from_hours(48))));
        check("100", Some(Lookback::Steps(100)));
        check("-1", None);
        check("10", Some(Lookback::Steps(10)));
        check("0", Some(Lookback::Steps(0)));
        check("876600h", Some(Lookback::Time(MAX)));
        check("876600h 1s", None);
        check("ten minutes", None);
        check("101y", None);
        check("", None);
    }

    #[test]
    fn it_fits_cursors_of_its_kind() {
        for (word, time, steps) in [
            ("int16", false, true),
            ("int32", false, true),
            ("int64", false, true),
            ("date", true, false),
            ("timestamp", true, false),
            ("timestamptz", true, false),
            ("time", false, false),
            ("decimal", false, false),
            ("string", false, false),
        ] {
            let ty: DataType = word.parse().unwrap();
            let fits = ["1d", "1"].map(|text| text.parse::<Lookback>().unwrap().fits(&ty));
            assert_eq!(fits, [time, steps], "{word}");
        }
    }

    #[test]
    fn it_goes_back_as_far_as_it_says() {
        let check = |text: &str, value: Scalar, want: Option<Scalar>| {
            let lookback: Lookback = text.parse().unwrap();
            assert_eq!(lookback.before(&value), want, "{text} before {value}");
        };
        check(
            "1s",
            Scalar::TimestampTz(5_000_000),
            Some(Scalar::TimestampTz(4_000_000)),
        );
        check("1s", Scalar::Timestamp(i64::MIN), Some(Scalar::Timestamp(i64::MIN)));
        check("1500us", Scalar::Timestamp(5000), Some(Scalar::Timestamp(3500)));
        check("24h", Scalar::Date(10), Some(Scalar::Date(9)));
        check("24h 1ms", Scalar::Date(10), Some(Scalar::Date(8)));
        check("1d", Scalar::Date(i32::MIN), Some(Scalar::Date(i32::MIN)));
        check("5", Scalar::Int(i64::MIN), Some(Scalar::Int(i64::MIN)));
        check("1h", Scalar::Date(10), Some(Scalar::Date(9)));
        check("48h", Scalar::Date(10), Some(Scalar::Date(8)));
        check("5", Scalar::Int(3), Some(Scalar::Int(-2)));
        check("5", Scalar::Date(3), None);
        check("1d", Scalar::Text("a".into()), None);
    }
}
