//! PostgreSQL's binary numeric: base-10000 digits with a weight, a sign and a display scale.
//!
//! Nothing is ever rounded: what does not fit the asked scale or width is an error.

use arrow_buffer::i256;
use syncapp_model::{Code, Error, Result, Side};

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;
const MAX_SCALE: usize = 16_383;

/// A numeric's parts, borrowed from its bytes.
struct Numeric<'a> {
    digits: &'a [u8],
    /// Power of 10000 of the first digit.
    weight: i32,
    sign: u16,
    scale: u16,
}

impl<'a> Numeric<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self> {
        let (head, digits) = bytes.split_first_chunk::<8>().ok_or_else(malformed)?;
        let word = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        let numeric = Self {
            digits,
            weight: i32::from(word(2) as i16),
            sign: word(4),
            scale: word(6),
        };
        let known = matches!(numeric.sign, 0 | NEGATIVE | NAN | INFINITY | MINUS_INFINITY);
        let whole = digits.len() == usize::from(word(0)) * 2 && usize::from(numeric.scale) <= MAX_SCALE;
        let mut groups = digits.chunks_exact(2);
        if known && whole && groups.all(|group| u16::from_be_bytes([group[0], group[1]]) < 10_000) {
            Ok(numeric)
        } else {
            Err(malformed())
        }
    }

    fn count(&self) -> i32 {
        (self.digits.len() / 2) as i32
    }

    fn digit(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.digits[at * 2], self.digits[at * 2 + 1]])
    }

    fn special(&self) -> Option<&'static str> {
        match self.sign {
            NAN => Some("NaN"),
            INFINITY => Some("Infinity"),
            MINUS_INFINITY => Some("-Infinity"),
            _ => None,
        }
    }
}

/// The value times ten to the scale, exactly.
pub(super) fn to_i128(bytes: &[u8], scale: u8) -> Result<i128> {
    let numeric = Numeric::parse(bytes)?;
    if let Some(word) = numeric.special() {
        return Err(unfit(word));
    }
    let Some(last) = (numeric.digits.len() / 2).checked_sub(1) else {
        return Ok(0);
    };
    let beyond = || unfit("a number of so many digits");
    // Four digits fewer than 19: the sum stays in the machine's own words as long as it can.
    let mut value: i128 = 0;
    if last < 4 {
        let leading = (0..last).fold(0i64, |value, at| value * 10_000 + i64::from(numeric.digit(at)));
        value = i128::from(leading);
    } else {
        for at in 0..last {
            let higher = value.checked_mul(10_000).ok_or_else(beyond)?;
            value = higher + i128::from(numeric.digit(at));
        }
    }
    // The last group may reach beyond the scale, with zeros only: it is cut before it could overflow.
    let shift = (numeric.weight + 1 - numeric.count()) * 4 + i32::from(scale);
    let digit = i128::from(numeric.digit(last));
    let scaled = match shift {
        0.. => 10i128
            .checked_pow(shift.unsigned_abs())
            .and_then(|power| value.checked_mul(10_000)?.checked_add(digit)?.checked_mul(power)),
        -3..0 => {
            let cut = 10i128.pow(shift.unsigned_abs());
            let whole = || value.checked_mul(10_000 / cut)?.checked_add(digit / cut);
            if digit % cut == 0 { whole() } else { None }
        }
        _ => to_i256(bytes, scale)?
            .to_i128()
            .map(|value| if numeric.sign == NEGATIVE { -value } else { value }),
    };
    let scaled = scaled.ok_or_else(beyond)?;
    Ok(if numeric.sign == NEGATIVE { -scaled } else { scaled })
}

/// The value times ten to the scale, exactly.
pub(super) fn to_i256(bytes: &[u8], scale: u8) -> Result<i256> {
    let mut text = Vec::new();
    to_text(bytes, &mut text)?;
    let text = String::from_utf8(text).map_err(|_| malformed())?;
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let zeros = usize::from(scale).checked_sub(fraction.len());
    let digits = match zeros {
        Some(zeros) => format!("{whole}{fraction}{}", "0".repeat(zeros)),
        None if fraction[usize::from(scale)..].bytes().all(|digit| digit == b'0') => {
            format!("{whole}{}", &fraction[..usize::from(scale)])
        }
        None => return Err(unfit(&text)),
    };
    i256::from_string(&digits).ok_or_else(|| unfit(&text))
}

/// Appends the value as PostgreSQL prints it, with all digits of its display scale.
pub(super) fn to_text(bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let numeric = Numeric::parse(bytes)?;
    if let Some(word) = numeric.special() {
        out.extend_from_slice(word.as_bytes());
        return Ok(());
    }
    if numeric.sign == NEGATIVE && (0..numeric.digits.len() / 2).any(|at| numeric.digit(at) != 0) {
        out.push(b'-');
    }
    let digit = |power: i32| -> u16 {
        let at = numeric.weight - power;
        if (0..numeric.count()).contains(&at) {
            numeric.digit(at as usize)
        } else {
            0
        }
    };
    if numeric.weight < 0 {
        out.push(b'0');
    } else {
        let mut first = true;
        for power in (0..=numeric.weight).rev() {
            if first && power > 0 && digit(power) == 0 {
                continue;
            }
            let group = four_digits(digit(power));
            let group = if first { trim_zeros(&group) } else { &group[..] };
            out.extend_from_slice(group);
            first = false;
        }
    }
    let mut power = -1;
    if numeric.scale > 0 {
        out.push(b'.');
        let end = out.len() + usize::from(numeric.scale);
        while out.len() < end {
            out.extend_from_slice(&four_digits(digit(power)));
            power -= 1;
        }
        if out[end..].iter().any(|digit| *digit != b'0') {
            return Err(malformed());
        }
        out.truncate(end);
    }
    // What the scale does not show is no part of a server's value.
    let first_hidden = (numeric.weight - power).max(0);
    if (first_hidden..numeric.count()).any(|at| numeric.digit(at as usize) != 0) {
        return Err(malformed());
    }
    Ok(())
}

fn four_digits(digit: u16) -> [u8; 4] {
    [digit / 1000, digit / 100 % 10, digit / 10 % 10, digit % 10].map(|d| b'0' + d as u8)
}

/// Without leading zeros, but for the last one.
fn trim_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    &digits[zeros.min(digits.len() - 1)..]
}

/// Appends the numeric `value / 10^scale` with its length in front.
pub(super) fn put_i128(out: &mut Vec<u8>, value: i128, scale: u8) {
    // 39 digits and their alignment to groups of four, from the end.
    let mut groups = [0u16; 12];
    let mut used = 0;
    let mut push = |group: u16| {
        groups[used] = group;
        used += 1;
    };
    let padding = (4 - u32::from(scale) % 4) % 4;
    let magnitude = value.unsigned_abs();
    let mut small;
    if let Ok(fits) = u64::try_from(magnitude) {
        let low = 10u64.pow(4 - padding);
        push((fits % low * 10u64.pow(padding)) as u16);
        small = fits / low;
    } else {
        let low = 10u128.pow(4 - padding);
        push((magnitude % low * 10u128.pow(padding)) as u16);
        let mut large = magnitude / low;
        while large > u128::from(u64::MAX) {
            push((large % 10_000) as u16);
            large /= 10_000;
        }
        small = large as u64;
    }
    while small > 0 {
        push((small % 10_000) as u16);
        small /= 10_000;
    }
    let fraction_groups = (i32::from(scale) + 3) / 4;
    let groups = &groups[..used];
    let last_nonzero = groups.iter().position(|group| *group != 0);
    let (digits, weight) = match last_nonzero {
        None => (&groups[..0], 0),
        Some(low) => {
            let high = groups.iter().rposition(|group| *group != 0).map_or(low, |high| high);
            (&groups[low..=high], high as i32 - fraction_groups)
        }
    };
    put_header(
        out,
        digits.len(),
        weight,
        if value < 0 { NEGATIVE } else { 0 },
        u16::from(scale),
    );
    for group in digits.iter().rev() {
        out.extend_from_slice(&group.to_be_bytes());
    }
}

fn put_header(out: &mut Vec<u8>, digits: usize, weight: i32, sign: u16, scale: u16) {
    out.extend_from_slice(&(8 + 2 * digits as i32).to_be_bytes());
    out.extend_from_slice(&(digits as u16).to_be_bytes());
    out.extend_from_slice(&(weight as i16).to_be_bytes());
    out.extend_from_slice(&sign.to_be_bytes());
    out.extend_from_slice(&scale.to_be_bytes());
}

/// Appends the numeric that a plain text spells, with its length in front.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) -> Result<()> {
    let special = match text {
        "NaN" => Some(NAN),
        "Infinity" => Some(INFINITY),
        "-Infinity" => Some(MINUS_INFINITY),
        _ => None,
    };
    if let Some(sign) = special {
        put_header(out, 0, 0, sign, 0);
        return Ok(());
    }
    let (sign, plain) = match text.strip_prefix('-') {
        Some(plain) => (NEGATIVE, plain),
        None => (0, text),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let numeric = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) || plain.ends_with('.') {
        let why = format!("`{}` is not a number", text.chars().take(40).collect::<String>());
        return Err(Error::new(Code::InvalidData(Side::Destination), why));
    }
    if whole.len() > 131_072 || fraction.len() > MAX_SCALE {
        return Err(Error::new(
            Code::ValueOutOfRange(Side::Destination),
            "a number of more digits than numeric holds",
        ));
    }
    let padded = format!(
        "{}{whole}{fraction}{}",
        "0".repeat((4 - whole.len() % 4) % 4),
        "0".repeat((4 - fraction.len() % 4) % 4)
    );
    let groups: Vec<u16> = padded
        .as_bytes()
        .chunks(4)
        .map(|group| {
            group
                .iter()
                .fold(0, |value, digit| value * 10 + u16::from(digit - b'0'))
        })
        .collect();
    let first = groups.iter().position(|group| *group != 0);
    let last = groups.iter().rposition(|group| *group != 0);
    let (Some(first), Some(last)) = (first, last) else {
        put_header(out, 0, 0, 0, fraction.len() as u16);
        return Ok(());
    };
    let weight = whole.len().div_ceil(4) as i32 - 1 - first as i32;
    put_header(out, last + 1 - first, weight, sign, fraction.len() as u16);
    for group in &groups[first..=last] {
        out.extend_from_slice(&group.to_be_bytes());
    }
    Ok(())
}

fn malformed() -> Error {
    Error::new(Code::InvalidData(Side::Source), "a numeric's bytes are malformed")
}

fn unfit(what: &str) -> Error {
    Error::new(
        Code::ValueOutOfRange(Side::Source),
        format!("{what} does not fit the column's decimal type"),
    )
    .help("give the column `type: decimal` (unbounded) or `type: string` by a cast in a `query`")
}

#[cfg(test)]
mod tests;
