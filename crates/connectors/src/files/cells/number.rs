//! Numbers from their text, exactly or not at all.

use arrow_buffer::i256;

/// A number's text taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::files) struct Digits<'a> {
    /// Whether it has a minus sign.
    pub(in crate::files) negative: bool,
    /// The digits before the point.
    pub(in crate::files) whole: &'a [u8],
    /// The digits behind it.
    pub(in crate::files) fraction: &'a [u8],
    /// Whether it is spelled as a program would: no plus sign, no leading zeros, no point without digits behind it.
    pub(in crate::files) plain: bool,
}

impl<'a> Digits<'a> {
    /// Takes `[+-]digits[.digits]` apart.
    pub(in crate::files) fn of(text: &'a [u8]) -> Option<Self> {
        let (negative, plus, body) = match text.split_first()? {
            (b'-', rest) => (true, false, rest),
            (b'+', rest) => (false, true, rest),
            _ => (false, false, text),
        };
        let point = body.iter().position(|b| !b.is_ascii_digit()).unwrap_or(body.len());
        let (whole, rest) = body.split_at(point);
        let fraction = match rest.split_first() {
            None => &[],
            Some((b'.', fraction)) if fraction.iter().all(u8::is_ascii_digit) => fraction,
            Some(_) => return None,
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let zeros = whole.len() > 1 && whole[0] == b'0';
        let bare_point = !rest.is_empty() && fraction.is_empty();
        Some(Self {
            negative,
            whole,
            fraction,
            plain: !plus && !zeros && !bare_point,
        })
    }

    /// How many digits stand before the point, leading zeros aside.
    pub(in crate::files) fn magnitude(&self) -> usize {
        self.whole
            .iter()
            .position(|b| *b != b'0')
            .map_or(0, |at| self.whole.len() - at)
    }

    /// The fraction without zeros that say nothing.
    pub(in crate::files) fn significant_fraction(&self) -> &'a [u8] {
        let end = self.fraction.iter().rposition(|b| *b != b'0').map_or(0, |at| at + 1);
        &self.fraction[..end]
    }
}

/// A whole number of 64 bits. `plain` refuses spellings that the number would not keep: `007`, `+1`.
#[inline]
pub(super) fn int(text: &[u8], plain: bool) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) if !plain => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || (plain && digits.len() > 1 && digits[0] == b'0') {
        return None;
    }
    let mut value: i64 = 0;
    if digits.len() <= 18 {
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 - i64::from(digit);
        }
    } else {
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
        }
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// A decimal of at most 38 digits as its number of units at `scale`.
#[inline]
pub(super) fn decimal(text: &[u8], precision: u8, scale: u8, plain: bool) -> Option<i128> {
    let (negative, body) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) if !plain => (false, rest),
        _ => (false, text),
    };
    if plain && body.len() > 1 && body[0] == b'0' && body[1] != b'.' {
        return None;
    }
    let scale = usize::from(scale);
    let mut small: u64 = 0;
    let mut large: u128 = 0;
    let mut digits = 0_usize;
    let mut behind = None::<usize>;
    let mut any = false;
    for byte in body {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            if *byte == b'.' && behind.is_none() {
                behind = Some(0);
                continue;
            }
            return None;
        }
        any = true;
        if let Some(behind) = &mut behind {
            *behind += 1;
            if *behind > scale {
                if digit != 0 {
                    return None;
                }
                continue;
            }
        }
        if digits < 19 {
            small = small * 10 + u64::from(digit);
            digits += usize::from(small != 0);
        } else {
            if digits == 19 {
                large = u128::from(small);
            }
            digits += 1;
            if digits > 38 {
                return None;
            }
            large = large * 10 + u128::from(digit);
        }
    }
    if !any {
        return None;
    }
    let units = if digits > 19 { large } else { u128::from(small) };
    let missing = scale - behind.unwrap_or(0).min(scale);
    let units = i128::try_from(units).ok()?.checked_mul(POWERS[missing])?;
    if units >= POWERS[usize::from(precision)] {
        return None;
    }
    Some(if negative { -units } else { units })
}

/// A decimal of at most 76 digits as its number of units at `scale`.
pub(super) fn wide_decimal(text: &[u8], precision: u8, scale: u8, plain: bool) -> Option<i256> {
    let parts = Digits::of(text)?;
    let fraction = parts.significant_fraction();
    let scale = usize::from(scale);
    if (plain && !parts.plain) || fraction.len() > scale || parts.magnitude() + scale > usize::from(precision) {
        return None;
    }
    let whole = &parts.whole[parts.whole.len() - parts.magnitude()..];
    let mut value = i256::ZERO;
    let ten = i256::from_i128(10);
    let zeros = std::iter::repeat_n(&b'0', scale - fraction.len());
    for digit in whole.iter().chain(fraction).chain(zeros) {
        value = value
            .checked_mul(ten)?
            .checked_add(i256::from_i128(i128::from(digit - b'0')))?;
    }
    if parts.negative {
        value.checked_neg()
    } else {
        Some(value)
    }
}

/// Appends an unbounded decimal as it is spelled everywhere: `[-]digits[.digits]`, `NaN`, `Infinity`, `-Infinity`.
pub(super) fn big_decimal(text: &[u8], plain: bool, out: &mut Vec<u8>) -> bool {
    match text {
        b"NaN" | b"Infinity" | b"-Infinity" => {
            out.extend_from_slice(text);
            true
        }
        _ => match Digits::of(text) {
            Some(parts) if !plain || parts.plain => {
                if parts.negative {
                    out.push(b'-');
                }
                match parts.magnitude() {
                    0 => out.push(b'0'),
                    digits => out.extend_from_slice(&parts.whole[parts.whole.len() - digits..]),
                }
                if !parts.fraction.is_empty() {
                    out.push(b'.');
                    out.extend_from_slice(parts.fraction);
                }
                true
            }
            _ => false,
        },
    }
}

/// The nearest double; nothing where a number would become infinite or zero.
pub(super) fn float64(text: &[u8]) -> Option<f64> {
    let value: f64 = fast_float2::parse(text).ok()?;
    in_range(text, value.is_infinite(), value == 0.0).then_some(value)
}

/// The nearest single; nothing where a number would become infinite or zero.
pub(super) fn float32(text: &[u8]) -> Option<f32> {
    let value: f32 = fast_float2::parse(text).ok()?;
    in_range(text, value.is_infinite(), value == 0.0).then_some(value)
}

fn in_range(text: &[u8], infinite: bool, zero: bool) -> bool {
    if infinite {
        !text.iter().any(u8::is_ascii_digit)
    } else if zero {
        let mantissa = text.iter().take_while(|b| !matches!(b, b'e' | b'E'));
        !mantissa.clone().any(|b| matches!(b, b'1'..=b'9'))
    } else {
        true
    }
}

/// Powers of ten, from 10⁰ to 10³⁸.
pub(super) const POWERS: [i128; 39] = {
    let mut powers = [1_i128; 39];
    let mut at = 1;
    while at < 39 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers() {
        for (text, plain, want) in [
            ("0", true, Some(0)),
            ("-1", true, Some(-1)),
            ("9223372036854775807", true, Some(i64::MAX)),
            ("-9223372036854775808", true, Some(i64::MIN)),
            ("9223372036854775808", true, None),
            ("99999999999999999999", true, None),
            ("007", true, None),
            ("007", false, Some(7)),
            ("+1", true, None),
            ("+1", false, Some(1)),
            ("", false, None),
            ("-", false, None),
            ("1a", false, None),
            (" 1", false, None),
        ] {
            assert_eq!(int(text.as_bytes(), plain), want, "{text}");
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        for (text, precision, scale, want) in [
            ("1.50", 5, 2, Some(150)),
            ("1.5", 5, 2, Some(150)),
            ("-1.5", 5, 2, Some(-150)),
            ("1.500", 5, 2, Some(150)),
            ("1.501", 5, 2, None),
            ("999.99", 5, 2, Some(99_999)),
            ("1000", 5, 2, None),
            (".5", 5, 2, Some(50)),
            ("0.01", 2, 2, Some(1)),
            ("1", 2, 2, None),
            (".", 5, 2, None),
            ("1.2.3", 5, 2, None),
            ("1e2", 5, 2, None),
            ("", 5, 2, None),
            (
                "99999999999999999999999999999999999999",
                38,
                0,
                Some(99_999_999_999_999_999_999_999_999_999_999_999_999),
            ),
            ("100000000000000000000000000000000000000", 38, 0, None),
            ("12345678901234567890.5", 38, 1, Some(123_456_789_012_345_678_905)),
            ("0000000000000000000000000000000000000000001", 38, 0, Some(1)),
        ] {
            assert_eq!(decimal(text.as_bytes(), precision, scale, false), want, "{text}");
        }
        assert_eq!(decimal(b"01.5", 5, 2, true), None);
        assert_eq!(decimal(b"0.5", 5, 2, true), Some(50));
        let wide = wide_decimal(format!("-{}.5", "9".repeat(70)).as_bytes(), 76, 6, false).unwrap();
        assert_eq!(wide.to_string(), format!("-{}500000", "9".repeat(70)));
        assert!(wide_decimal("9".repeat(77).as_bytes(), 76, 0, false).is_none());
    }

    #[test]
    fn unbounded_decimals_have_one_spelling() {
        for (text, want) in [
            ("007.50", Some("7.50")),
            (".5", Some("0.5")),
            ("+5.", Some("5")),
            ("-0", Some("-0")),
            ("NaN", Some("NaN")),
            ("1e5", None),
            ("x", None),
        ] {
            let mut out = Vec::new();
            let ok = big_decimal(text.as_bytes(), false, &mut out);
            assert_eq!(ok.then(|| String::from_utf8(out).unwrap()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn doubles_neither_overflow_nor_vanish() {
        for (text, want) in [
            ("1e308", Some(1e308)),
            ("1e309", None),
            ("1e-400", None),
            ("0e-400", Some(0.0)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("0.1", Some(0.1)),
            ("", None),
            ("1 ", None),
        ] {
            assert_eq!(float64(text.as_bytes()), want, "{text}");
        }
        assert!(float64(b"NaN").unwrap().is_nan());
        assert!(float32(b"1e39").is_none());
    }
}
