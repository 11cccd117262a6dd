//! Exact numbers as text and back.
//!
//! Reading takes plain and scientific notation and fails where a digit would be lost. Writing is plain and keeps the
//! scale: 1.50 stays `1.50`.

use arrow_array::ArrowNativeTypeOp;
use arrow_buffer::i256;

use crate::calendar::put;

/// Why a text is not a decimal of the type asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not a number.
    Syntax,
    /// It has more digits before the point than fit.
    Range,
    /// It has more digits behind the point than fit.
    Scale,
}

/// A number that decimals are stored as.
pub trait Unscaled: ArrowNativeTypeOp + From<i8> {
    /// Appends its digits.
    fn write(self, out: &mut Vec<u8>);
}

impl Unscaled for i128 {
    fn write(self, out: &mut Vec<u8>) {
        write_integer(self, out);
    }
}

impl Unscaled for i256 {
    fn write(self, out: &mut Vec<u8>) {
        use std::io::Write;
        match self.to_i128() {
            Some(small) => small.write(out),
            None => put!(out, "{self}"),
        }
    }
}

/// Appends an integer's digits.
pub fn write_integer(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// The parts of a number's text: an optional sign, digits with an optional point, an optional exponent.
pub struct Number<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Number<'a> {
    /// The parts of a text, if it is a number.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (mantissa, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (
                &text[..at],
                std::str::from_utf8(&text[at + 1..]).ok()?.parse::<i32>().ok()?,
            ),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.iter().position(|byte| *byte == b'.') {
            Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
            None => (mantissa, &mantissa[mantissa.len()..]),
        };
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        let fits = !(whole.is_empty() && fraction.is_empty()) && digits(whole) && digits(fraction);
        fits.then_some(Self {
            negative,
            whole,
            fraction,
            exponent: exponent.into(),
        })
    }

    /// Its digits without leading and trailing zeros, and the power of ten of the last of them.
    pub fn significant(&self) -> (impl Iterator<Item = u8> + use<'a>, usize, i64) {
        let all = self.whole.len() + self.fraction.len();
        let (whole, fraction) = (self.whole, self.fraction);
        let digits = move || whole.iter().chain(fraction);
        let leading = digits().take_while(|digit| **digit == b'0').count();
        let trailing = if leading == all {
            0
        } else {
            digits().rev().take_while(|digit| **digit == b'0').count()
        };
        let count = all - leading - trailing;
        let power = self.exponent - self.fraction.len() as i64 + trailing as i64;
        (
            digits().skip(leading).take(count).map(|digit| digit - b'0'),
            count,
            power,
        )
    }

    /// The number in units of the scale's last digit.
    pub fn unscaled<N: Unscaled>(&self, precision: u8, scale: u8) -> Result<N, Fault> {
        let (digits, count, power) = self.significant();
        if count == 0 {
            return Ok(N::ZERO);
        }
        if count as i64 + power > i64::from(precision - scale) {
            return Err(Fault::Range);
        }
        if -power > i64::from(scale) {
            return Err(Fault::Scale);
        }
        let ten = N::from(10);
        let value = digits.fold(N::ZERO, |value, digit| {
            value.mul_wrapping(ten).add_wrapping(N::from(digit as i8))
        });
        let value = value.mul_wrapping(ten.pow_wrapping((i64::from(scale) + power) as u32));
        Ok(if self.negative { value.neg_wrapping() } else { value })
    }
}

/// Reads a decimal of a precision and scale.
pub fn parse<N: Unscaled>(text: &[u8], precision: u8, scale: u8) -> Result<N, Fault> {
    Number::parse(text).ok_or(Fault::Syntax)?.unscaled(precision, scale)
}

/// Writes an unscaled number with a point before its last `scale` digits.
pub fn write<N: Unscaled>(value: N, scale: u8, out: &mut Vec<u8>) {
    if value.is_lt(N::ZERO) {
        out.push(b'-');
    }
    let start = out.len();
    // The greatest precision leaves room for the sign in both widths, so no value lacks its negative.
    let magnitude = if value.is_lt(N::ZERO) {
        value.neg_wrapping()
    } else {
        value
    };
    magnitude.write(out);
    if scale > 0 {
        let scale = usize::from(scale);
        let digits = out.len() - start;
        if digits <= scale {
            out.splice(start..start, std::iter::repeat_n(b'0', scale + 1 - digits));
        }
        out.insert(out.len() - scale, b'.');
    }
}

/// Writes a number's text plainly: without exponent, plus sign and needless leading zeros. Digits behind the point stay.
/// `None` where it is not a number or would be longer than any system's decimals.
pub fn normalize(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    /// PostgreSQL's bounds, the widest there are: digits before and behind the point.
    const WIDEST: (i64, i64) = (131_072, 16_383);
    match text {
        b"NaN" | b"Infinity" | b"-Infinity" => {
            out.extend_from_slice(text);
            return Some(());
        }
        _ => {}
    }
    let number = Number::parse(text)?;
    let (digits, count, power) = number.significant();
    let scale = (number.fraction.len() as i64 - number.exponent).max(0);
    if count as i64 + power > WIDEST.0 || scale > WIDEST.1 {
        return None;
    }
    if number.negative && count > 0 {
        out.push(b'-');
    }
    // Positions count powers of ten, from the first digit down to the scale's last one.
    let first = if count == 0 {
        0
    } else {
        (count as i64 + power - 1).max(0)
    };
    let mut digits = digits.peekable();
    for position in (-scale..=first).rev() {
        if position == -1 {
            out.push(b'.');
        }
        let inside = count > 0 && position < count as i64 + power && position >= power;
        let digit = if inside { digits.next().unwrap_or(0) } else { 0 };
        out.push(b'0' + digit);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_at_the_edges() {
        let check = |text: &str, precision, scale, want: Result<i128, Fault>| {
            assert_eq!(parse::<i128>(text.as_bytes(), precision, scale), want, "{text}");
        };
        check("1.5", 2, 1, Ok(15));
        check("1.500", 2, 1, Ok(15));
        check("-0", 2, 1, Ok(0));
        check("1.55", 3, 1, Err(Fault::Scale));
        check("100", 3, 1, Err(Fault::Range));
        check("1e3", 5, 1, Ok(10_000));
        check("15E-1", 2, 1, Ok(15));
        check("1e999999999", 38, 0, Err(Fault::Range));
        check("1e-999999999", 38, 0, Err(Fault::Scale));
        check("0e999999999", 38, 0, Ok(0));
        check(".5", 2, 1, Ok(5));
        check("5.", 2, 1, Ok(50));
        for bad in ["", ".", "-", "1.2.3", "1e", "0x1", " 1", "1 ", "--1", "1_000", "NaN"] {
            check(bad, 38, 0, Err(Fault::Syntax));
        }
        check(&"9".repeat(38), 38, 0, Ok(10_i128.pow(38) - 1));
        assert_eq!(
            parse::<i256>("9".repeat(76).as_bytes(), 76, 0).unwrap().to_string(),
            "9".repeat(76)
        );
    }

    #[test]
    fn unbounded_numbers_are_written_plainly() {
        let check = |text: &str, want: Option<&str>| {
            let mut out = Vec::new();
            let plain = normalize(text.as_bytes(), &mut out).map(|()| String::from_utf8(out).unwrap());
            assert_eq!(plain.as_deref(), want, "{text}");
        };
        check("1.50", Some("1.50"));
        check("+007", Some("7"));
        check("-0.00", Some("0.00"));
        check("1.5e3", Some("1500"));
        check("1.5e-3", Some("0.0015"));
        check("1.50e1", Some("15.0"));
        check("120e-1", Some("12.0"));
        check("-.5", Some("-0.5"));
        check("NaN", Some("NaN"));
        check("1e999999999", None);
        check("1e-999999999", None);
        check("nan", None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in -10_i128.pow(38) + 1..10_i128.pow(38), scale in 0_u8..=38) {
            let mut text = Vec::new();
            write(value, scale, &mut text);
            prop_assert_eq!(parse::<i128>(&text, 38, scale), Ok(value));
            let mut plain = Vec::new();
            normalize(&text, &mut plain).unwrap();
            prop_assert_eq!(plain, text);
        }
    }
}
