//! Lists as JSON arrays: integers and floats as numbers, NaN and infinities and all that is spelled as text as strings,
//! bytes as strings of hexadecimal digits.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::value::RawValue;

use super::decode::{Column, Wrong};
use super::encode::Cells;
use super::{Cell, text};

/// Spells items `from..to` of an array as a JSON array.
pub(crate) fn write(out: &mut String, items: &Cells<'_>, from: usize, to: usize) -> Result<(), Wrong> {
    let mut scratch = String::new();
    out.push('[');
    for at in from..to {
        if at > from {
            out.push(',');
        }
        if let Cells::List { items, offsets, nulls } = items {
            if nulls.is_some_and(|nulls| nulls.is_null(at)) {
                out.push_str("null");
            } else {
                write(out, items, offsets[at] as usize, offsets[at + 1] as usize)?;
            }
            continue;
        }
        match items.cell(at, &mut scratch)? {
            Cell::Null => out.push_str("null"),
            Cell::Integer(value) => drop(write!(out, "{value}")),
            Cell::Real(value) if value.is_finite() => drop(write!(out, "{value:?}")),
            Cell::Real(value) => drop(write!(out, "\"{value}\"")),
            Cell::Text(value) => string(
                out,
                std::str::from_utf8(value).map_err(|_| Wrong("text that is not UTF-8"))?,
            ),
            Cell::Days(_) | Cell::Micros(_) => return Err(Wrong("a time without its spelling")),
            Cell::Blob(bytes) => {
                out.push('"');
                for byte in bytes {
                    text::write_hex(out, *byte);
                }
                out.push('"');
            }
        }
    }
    out.push(']');
    Ok(())
}

fn string(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\0'..='\u{1f}' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Reads a JSON array into the items' column; how many there are.
pub(crate) fn read(array: &str, items: &mut Column, scratch: &mut String) -> Result<usize, Wrong> {
    const NO_LIST: Wrong = Wrong("text that is no JSON array");
    let tokens: Vec<&RawValue> = serde_json::from_str(array).map_err(|_| NO_LIST)?;
    for token in &tokens {
        let token = token.get();
        if token == "null" {
            items.push(Cell::Null, scratch)?;
        } else if token.starts_with('"') {
            let value: Cow<'_, str> = serde_json::from_str::<String>(token).map_err(|_| NO_LIST)?.into();
            item(&value, items, scratch)?;
        } else if token.starts_with('[') {
            items.push(Cell::Text(token.as_bytes()), scratch)?;
        } else if let (false, Ok(value)) = (items.is_real(), token.parse()) {
            items.push(Cell::Integer(value), scratch)?;
        } else {
            let value = token.parse().map_err(|_| Wrong("a list item of another type"))?;
            items.push(Cell::Real(value), scratch)?;
        }
    }
    Ok(tokens.len())
}

/// An item that was a string.
fn item(value: &str, items: &mut Column, scratch: &mut String) -> Result<(), Wrong> {
    if items.is_real() {
        let value = value.parse().map_err(|_| Wrong("a list item that is no number"))?;
        items.push(Cell::Real(value), scratch)?;
    } else if items.is_binary() {
        const NO_BYTES: Wrong = Wrong("a list item that is not hexadecimal");
        let pairs = value.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let bytes = bytes.filter(|_| value.len().is_multiple_of(2)).ok_or(NO_BYTES)?;
        items.push(Cell::Blob(&bytes), scratch)?;
    } else {
        items.push(Cell::Text(value.as_bytes()), scratch)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use syncapp_model::DataType;

    use super::*;

    #[test]
    fn a_list_that_is_refused_leaves_its_column_whole() {
        let inner = DataType::List(Box::new(DataType::Int64));
        let mut column = Column::new(&DataType::List(Box::new(inner)));
        let mut scratch = String::new();
        for text in [
            "[[1],[2,3]]",
            "[[4],[5,\"x\"]]",
            "[[6], 7]",
            "no list",
            "[[8],null]",
            "[]",
        ] {
            if column.push(Cell::Text(text.as_bytes()), &mut scratch).is_err() {
                column.push_unread();
            }
        }
        let array = column.take();
        let lists = array.as_list::<i32>();
        let valid: Vec<bool> = (0..lists.len()).map(|row| lists.is_valid(row)).collect();
        assert_eq!(valid, [true, false, false, false, true, true]);
        let flat = |row: usize| -> Vec<Option<Vec<i64>>> {
            let items = lists.value(row);
            let items = items.as_list::<i32>().iter();
            items
                .map(|item| item.map(|item| item.as_primitive::<Int64Type>().values().to_vec()))
                .collect()
        };
        assert_eq!(flat(0), [Some(vec![1]), Some(vec![2, 3])]);
        assert_eq!(flat(4), [Some(vec![8]), None]);
        assert_eq!(flat(5), []);
    }
}
