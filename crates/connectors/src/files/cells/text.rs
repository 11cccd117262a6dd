//! Truth, bytes, UUIDs, JSON strings and lists from their text.

use base64::Engine;
use serde_json::value::RawValue;

use super::Cells;

pub(super) fn boolean(text: &[u8], plain: bool) -> Option<bool> {
    match text {
        b"true" => return Some(true),
        b"false" => return Some(false),
        _ if plain || text.len() > 5 => return None,
        _ => {}
    }
    let any = |words: &[&str]| words.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(text));
    if any(&["true", "t", "yes", "y", "on", "1"]) {
        Some(true)
    } else if any(&["false", "f", "no", "n", "off", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// `\x` and hex digits, or base64.
pub(super) fn binary(text: &[u8], out: &mut Vec<u8>) -> bool {
    match text.strip_prefix(b"\\x") {
        Some(digits) => {
            let (pairs, odd) = digits.as_chunks::<2>();
            odd.is_empty()
                && pairs.iter().all(|[high, low]| match (hex(*high), hex(*low)) {
                    (Some(high), Some(low)) => {
                        out.push(high << 4 | low);
                        true
                    }
                    _ => false,
                })
        }
        None => base64::engine::general_purpose::STANDARD.decode_vec(text, out).is_ok(),
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Eight, four, four, four and twelve hex digits between hyphens.
pub(in crate::files) fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != 36 {
        return None;
    }
    let mut bytes = [0; 16];
    let mut at = 0;
    for (number, byte) in bytes.iter_mut().enumerate() {
        if matches!(number, 4 | 6 | 8 | 10) {
            if text[at] != b'-' {
                return None;
            }
            at += 1;
        }
        *byte = hex(text[at])? << 4 | hex(text[at + 1])?;
        at += 2;
    }
    Some(bytes)
}

/// The text of a JSON string; most hold no escape and are not copied.
pub(super) fn unquote<'a>(raw: &'a str, scratch: &'a mut String) -> Option<&'a str> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(inner);
    }
    *scratch = serde_json::from_str(raw).ok()?;
    Some(scratch)
}

/// Appends the items of a JSON array.
pub(super) fn push_list(items: &mut Cells, text: &[u8]) -> bool {
    struct Items<'a>(&'a mut Cells);

    impl<'de> serde::de::Visitor<'de> for Items<'_> {
        type Value = bool;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
            let mut scratch = String::new();
            let mut ok = true;
            while let Some(raw) = seq.next_element::<&'de RawValue>()? {
                ok = ok && self.0.push_json(raw.get(), &mut scratch);
            }
            Ok(ok)
        }
    }

    let mut json = serde_json::Deserializer::from_slice(text);
    let pushed = serde::Deserializer::deserialize_seq(&mut json, Items(items));
    matches!(pushed, Ok(true)) && json.end().is_ok()
}
