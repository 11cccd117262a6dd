//! How decimals are spelled: plainly, without an exponent.

use arrow_buffer::i256;

/// Spells a number of `scale` digits behind the point, given without the point.
pub(crate) fn write(out: &mut String, unscaled: &dyn std::fmt::Display, scale: u8) {
    use std::fmt::Write as _;
    let start = out.len();
    let _ = write!(out, "{unscaled}");
    let start = start + usize::from(out[start..].starts_with('-'));
    let scale = usize::from(scale);
    if scale == 0 {
        return;
    }
    while out.len() - start <= scale {
        out.insert(start, '0');
    }
    out.insert(out.len() - scale, '.');
}

/// The parts of a plain decimal: its sign, and its digits before and behind the point without needless zeros.
pub(crate) fn decimal_parts(text: &str) -> Option<(bool, &str, &str)> {
    let (negative, plain) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, behind) = plain.split_once('.').unwrap_or((plain, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(behind) {
        return None;
    }
    let (whole, behind) = (whole.trim_start_matches('0'), behind.trim_end_matches('0'));
    Some((negative && !(whole.is_empty() && behind.is_empty()), whole, behind))
}

/// The digits of a decimal text at a precision and scale, without the point; `None` where it does not fit.
fn unscaled(text: &str, precision: u8, scale: u8, scratch: &mut String) -> Option<()> {
    let (negative, whole, behind) = decimal_parts(text)?;
    let scale = usize::from(scale);
    if behind.len() > scale || whole.len() + scale > usize::from(precision) {
        return None;
    }
    scratch.clear();
    scratch.push_str(if negative { "-0" } else { "0" });
    scratch.push_str(whole);
    scratch.push_str(behind);
    scratch.extend(std::iter::repeat_n('0', scale - behind.len()));
    Some(())
}

/// Reads a decimal of up to 38 digits.
pub(crate) fn decimal128(text: &str, precision: u8, scale: u8, scratch: &mut String) -> Option<i128> {
    unscaled(text, precision, scale, scratch)?;
    scratch.parse().ok()
}

/// Reads a decimal of up to 76 digits.
pub(crate) fn decimal256(text: &str, precision: u8, scale: u8, scratch: &mut String) -> Option<i256> {
    unscaled(text, precision, scale, scratch)?;
    scratch.parse().ok()
}

/// Whether a text is an unbounded decimal.
pub(crate) fn is_decimal(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity") || decimal_parts(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_fit_or_do_not() {
        let mut scratch = String::new();
        for (text, want) in [
            ("1.5", Some(150)),
            ("-0.10", Some(-10)),
            ("+007.00", Some(700)),
            ("999.99", Some(99_999)),
            ("1000", None),
            ("0.001", None),
            ("0.010", Some(1)),
            ("-0", Some(0)),
            ("", None),
            (".5", None),
            ("1e2", None),
            ("NaN", None),
        ] {
            assert_eq!(decimal128(text, 5, 2, &mut scratch), want, "{text}");
        }
        for (unscaled, scale, want) in [
            (150, 2, "1.50"),
            (-1, 3, "-0.001"),
            (0, 2, "0.00"),
            (7, 0, "7"),
            (-12, 1, "-1.2"),
        ] {
            let mut spelled = String::new();
            write(&mut spelled, &unscaled, scale);
            assert_eq!(spelled, want);
        }
    }
}
