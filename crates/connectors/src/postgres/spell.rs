//! Values in words, for those that no column can hold: about as the server itself would write them. Never read again.

use std::fmt::Write as _;

use syncapp_values::calendar::DAY;

use super::builder::{Builder, EPOCH_DAYS, EPOCH_MICROS, Values};
use super::numeric;
use crate::cells::text;

/// A value, from its bytes.
pub(super) fn value(values: &Values, bytes: &[u8]) -> String {
    spelled(values, bytes).unwrap_or_else(|| hex(bytes))
}

fn spelled(values: &Values, bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    match values {
        Values::Bool(_) => out.push(if bytes == [0] { 'f' } else { 't' }),
        Values::Int16(_) => return number(bytes, i16::from_be_bytes),
        Values::Int32(_) => return number(bytes, i32::from_be_bytes),
        Values::Int64(_) => return number(bytes, i64::from_be_bytes),
        Values::Oid(_) => return number(bytes, u32::from_be_bytes),
        Values::Float32(_) => return number(bytes, f32::from_be_bytes),
        Values::Float64(_) => return number(bytes, f64::from_be_bytes),
        Values::Decimal128(..) | Values::Decimal256(..) | Values::BigDecimal(_) => {
            let mut digits = Vec::new();
            numeric::to_text(bytes, &mut digits).ok()?;
            return String::from_utf8(digits).ok();
        }
        Values::Text(_) => out.push_str(&String::from_utf8_lossy(bytes)),
        Values::Jsonb(_) => out.push_str(&String::from_utf8_lossy(bytes.get(1..)?)),
        Values::Binary(_) => return None,
        Values::Date(_) => match i32::from_be_bytes(bytes.try_into().ok()?) {
            i32::MAX => out.push_str("infinity"),
            i32::MIN => out.push_str("-infinity"),
            days => text::write_date(&mut out, i64::from(days) + i64::from(EPOCH_DAYS)),
        },
        Values::Time(_) => {
            let micros = i64::from_be_bytes(bytes.try_into().ok()?);
            return text::write_time(&mut out, micros).then_some(out);
        }
        Values::Timestamp(_) => match i64::from_be_bytes(bytes.try_into().ok()?) {
            i64::MAX => out.push_str("infinity"),
            i64::MIN => out.push_str("-infinity"),
            micros => {
                let micros = i128::from(micros) + i128::from(EPOCH_MICROS);
                let day = i128::from(DAY);
                text::write_date(&mut out, i64::try_from(micros.div_euclid(day)).ok()?);
                out.push(' ');
                text::write_time(&mut out, i64::try_from(micros.rem_euclid(day)).ok()?);
            }
        },
        Values::Interval(_) => {
            let (micros, rest) = bytes.split_first_chunk::<8>()?;
            let (days, months) = rest.split_first_chunk::<4>()?;
            let months = i32::from_be_bytes(months.try_into().ok()?);
            let (days, micros) = (i32::from_be_bytes(*days), i64::from_be_bytes(*micros));
            return Some(format!("{months} months {days} days {micros} microseconds"));
        }
        Values::Uuid(_) => text::write_uuid(&mut out, bytes),
        Values::List { items, .. } => return array(items, bytes),
    }
    Some(out)
}

fn number<const N: usize, T: ToString>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Option<String> {
    bytes.try_into().ok().map(|bytes| read(bytes).to_string())
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::from("\\x");
    for byte in bytes {
        text::write_hex(&mut out, *byte);
    }
    out
}

/// An array with its bounds, where one does not begin at 1: `[0:1]={a,b}`.
fn array(items: &Builder, bytes: &[u8]) -> Option<String> {
    let (dimensions, mut rest) = (int(bytes)?, bytes.get(12..)?);
    let mut bounds = Vec::new();
    for _ in 0..dimensions {
        bounds.push((usize::try_from(int(rest)?).ok()?, int(rest.get(4..)?)?));
        rest = rest.get(8..)?;
    }
    let mut out = String::new();
    if bounds.iter().any(|(_, lower)| *lower != 1) {
        for (length, lower) in &bounds {
            let _ = write!(out, "[{lower}:{}]", i64::from(*lower) + *length as i64 - 1);
        }
        out.push('=');
    }
    let lengths: Vec<usize> = bounds.iter().map(|(length, _)| *length).collect();
    dimension(&lengths, items, &mut rest, &mut out)?;
    Some(out)
}

fn dimension(lengths: &[usize], items: &Builder, rest: &mut &[u8], out: &mut String) -> Option<()> {
    let (length, inner) = lengths.split_first()?;
    out.push('{');
    for at in 0..*length {
        if at > 0 {
            out.push(',');
        }
        if inner.is_empty() {
            item(items, rest, out)?;
        } else {
            dimension(inner, items, rest, out)?;
        }
    }
    out.push('}');
    Some(())
}

fn item(items: &Builder, rest: &mut &[u8], out: &mut String) -> Option<()> {
    let length = int(rest)?;
    *rest = rest.get(4..)?;
    let Ok(length) = usize::try_from(length) else {
        out.push_str("NULL");
        return Some(());
    };
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    let text = value(&items.values, bytes);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-+.:_".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) && !text.eq_ignore_ascii_case("null") {
        out.push_str(&text);
    } else {
        out.push('"');
        out.push_str(&text.replace('\\', "\\\\").replace('"', "\\\""));
        out.push('"');
    }
    Some(())
}

/// The number at the beginning of some bytes.
fn int(bytes: &[u8]) -> Option<i32> {
    bytes.first_chunk::<4>().map(|bytes| i32::from_be_bytes(*bytes))
}
