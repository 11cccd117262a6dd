//! What a plain scalar stands for, by YAML 1.2's core schema: null, true, false, integers, floats, else text.
//!
//! Invariant: a number that JSON's integers and doubles cannot hold exactly is an error, never rounded.

use serde_json::Number;

use super::tree::{Text, Value};

/// The value of an unquoted scalar, or why a number cannot be held.
pub(super) fn resolve(text: &str) -> Result<Value, &'static str> {
    Ok(match text {
        "" | "~" => Value::Null { word: false },
        "null" | "Null" | "NULL" => Value::Null { word: true },
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match number(text) {
            Read::Exact(number) => Value::Number(number),
            Read::Inexact => return Err("this number cannot be held exactly"),
            Read::Text => plain(text.to_owned()),
        },
    })
}

/// A text of the user's own.
pub(super) fn plain(text: String) -> Value {
    Value::Text(Text { text, resolved: false })
}

/// What a text is as a number.
enum Read {
    Exact(Number),
    Inexact,
    Text,
}

impl Read {
    fn of(number: Option<Number>) -> Self {
        number.map_or(Self::Inexact, Self::Exact)
    }
}

fn number(text: &str) -> Read {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
                return Read::Text;
            }
            return Read::of(u64::from_str_radix(digits, radix).ok().map(Number::from));
        }
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Read::Inexact;
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let signed = text.strip_prefix('+').unwrap_or(text);
        let integer = signed.parse::<i64>().map(Number::from).ok();
        return Read::of(integer.or_else(|| signed.parse::<u64>().map(Number::from).ok()));
    }
    let (Some(exact), Ok(float)) = (Decimal::parse(unsigned), text.parse::<f64>()) else {
        return Read::Text;
    };
    let held = Decimal::parse(&format!("{:e}", float.abs())).is_some_and(|held| held == exact);
    Read::of(Number::from_f64(float).filter(|_| held))
}

/// The digits of a number without leading and trailing zeros, and the power of ten of the last one.
#[derive(PartialEq)]
struct Decimal {
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Reads `digits [. digits] [e exponent]`.
    fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            None => (text, 0),
            Some((mantissa, exponent)) => {
                let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                // An exponent beyond i32 can only be of a number that no double holds: the bound keeps it unequal.
                let bound = if exponent.starts_with('-') {
                    i64::from(i32::MIN)
                } else {
                    i64::from(i32::MAX)
                };
                (mantissa, exponent.parse::<i32>().map_or(bound, i64::from))
            }
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let short = all.trim_end_matches('0');
        let dropped = (all.len() - short.len()) as i64;
        let digits = short.trim_start_matches('0').to_owned();
        let exponent = if digits.is_empty() {
            0
        } else {
            exponent - fraction.len() as i64 + dropped
        };
        Some(Self { digits, exponent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_follow_the_core_schema_and_numbers_stay_exact() {
        let cases = [
            ("", "null"),
            ("~", "null"),
            ("null", "null"),
            ("True", "true"),
            ("yes", "text yes"),
            ("1", "1"),
            ("+1", "1"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "inexact"),
            ("007", "7"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("0b1", "text 0b1"),
            ("1_000", "text 1_000"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("-0.0", "-0.0"),
            ("1e3", "1000.0"),
            ("0e999999999999", "0.0"),
            ("0.1", "0.1"),
            ("0.1000000000000000000001", "inexact"),
            ("1e999", "inexact"),
            ("1e-99999999999999", "inexact"),
            (".inf", "inexact"),
            (".nan", "inexact"),
            ("1e", "text 1e"),
            (".", "text ."),
            ("-", "text -"),
            ("2024-01-01", "text 2024-01-01"),
            ("10:30", "text 10:30"),
            ("1.2.3", "text 1.2.3"),
        ];
        for (text, expected) in cases {
            let found = match resolve(text) {
                Ok(Value::Null { .. }) => "null".into(),
                Ok(Value::Bool(value)) => value.to_string(),
                Ok(Value::Number(value)) => value.to_string(),
                Ok(Value::Text(value)) => format!("text {}", value.text),
                Ok(other) => format!("{other:?}"),
                Err(_) => "inexact".into(),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
