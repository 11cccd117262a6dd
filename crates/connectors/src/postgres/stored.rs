//! Values as the server keeps them, where that is not as they came: blanks at the end of `character(n)`, and `jsonb`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, StringArray};
use arrow_schema::DataType as Arrow;
use serde_json::value::RawValue;
use syncapp_model::Column;

/// The values of a column in one form for all that the server takes for the same.
pub(super) fn stored(column: &Column, array: &ArrayRef) -> ArrayRef {
    if *array.data_type() != Arrow::Utf8 {
        return array.clone();
    }
    let texts = array.as_string::<i32>().iter();
    let name = column.native.name.as_str();
    if name == "jsonb" {
        let spelled = texts.map(|text| text.map(|text| document(text).unwrap_or_else(|| text.to_owned())));
        Arc::new(spelled.collect::<StringArray>())
    } else if name == "character" || name.starts_with("character(") {
        let trimmed = texts.map(|text| text.map(|text| text.trim_end_matches(' ')));
        Arc::new(trimmed.collect::<StringArray>())
    } else {
        array.clone()
    }
}

/// A document as `jsonb` shows it: of a key that stands twice the last counts, shorter keys come first, and numbers have
/// no exponent. `None` where it is none.
fn document(text: &str) -> Option<String> {
    let mut out = Vec::new();
    put(text.trim(), &mut out)?;
    String::from_utf8(out).ok()
}

fn put(text: &str, out: &mut Vec<u8>) -> Option<()> {
    match text.as_bytes().first()? {
        b'{' => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(one, _), (other, _)| (one.len(), one).cmp(&(other.len(), other)));
            out.push(b'{');
            for (at, (key, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.extend(b", ");
                }
                serde_json::to_writer(&mut *out, &key).ok()?;
                out.extend(b": ");
                put(value.get(), out)?;
            }
            out.push(b'}');
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            out.push(b'[');
            for (at, item) in items.into_iter().enumerate() {
                if at > 0 {
                    out.extend(b", ");
                }
                put(item.get(), out)?;
            }
            out.push(b']');
        }
        b'"' => {
            let value: String = serde_json::from_str(text).ok()?;
            serde_json::to_writer(out, &value).ok()?;
        }
        b'-' | b'0'..=b'9' => syncapp_values::decimal::normalize(text.as_bytes(), out)?,
        _ => out.extend_from_slice(text.as_bytes()),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn documents_are_spelled_as_the_server_spells_them() {
        for (text, spelled) in [
            (r#"{"bb":1,"a":2,"bb":[ 3,null ]}"#, r#"{"a": 2, "bb": [3, null]}"#),
            (r#" "a\u00e9\/" "#, r#""aé/""#),
            ("1.50", "1.50"),
            ("1e2", "100"),
            ("12345678901234567890123456789.10", "12345678901234567890123456789.10"),
            ("{}", "{}"),
            ("true", "true"),
        ] {
            assert_eq!(document(text).as_deref(), Some(spelled));
        }
        assert_eq!(document("{\"a\""), None);
    }
}
