//! The one thing in which JSON is no part of YAML: characters beyond U+FFFF escaped as two halves, `\ud83d\ude00`.

use std::borrow::Cow;
use std::fmt::Write;

use serde::de::IgnoredAny;

use super::tree::Span;

/// A text in which YAML finds what JSON means, and how places in it lead back.
pub(super) struct Joined<'a> {
    pub(super) text: Cow<'a, str>,
    /// Line and character, both from 1, behind each pair that became one escape.
    pairs: Vec<(usize, usize)>,
}

/// `\ud83d\ude00` is 12 characters, `\U0001f600` is 10.
const SHORTER: usize = 2;

impl<'a> Joined<'a> {
    /// The text itself, unless it is JSON with such escapes.
    pub(super) fn new(text: &'a str) -> Self {
        let unchanged = Self {
            text: Cow::Borrowed(text),
            pairs: Vec::new(),
        };
        if !text.contains("\\u") || serde_json::from_str::<IgnoredAny>(text).is_err() {
            return unchanged;
        }
        let mut joined = String::with_capacity(text.len());
        let mut pairs = Vec::new();
        let (mut line, mut character) = (1, 1);
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            // An escape is taken whole, so that the second half of `\\` begins none.
            let mut length = if c == '\\' { 2 } else { c.len_utf8() };
            if let Some(pair) = pair(rest) {
                // Writing to a String cannot fail.
                let _ = write!(joined, "\\U{:08x}", u32::from(pair));
                length = 12;
                character += length - SHORTER;
                pairs.push((line, character));
            } else {
                let piece = rest.get(..length).unwrap_or(rest);
                joined.push_str(piece);
                length = piece.len();
                character += piece.chars().count();
                if c == '\n' {
                    (line, character) = (line + 1, 1);
                }
            }
            rest = &rest[length..];
        }
        if pairs.is_empty() {
            return unchanged;
        }
        Self {
            text: Cow::Owned(joined),
            pairs,
        }
    }

    /// A span of the joined text in the original's characters.
    pub(super) fn original(&self, span: Span) -> Span {
        let before = |character: usize| {
            let behind = |(line, at): &&(usize, usize)| *line == span.line && *at <= character;
            self.pairs.iter().filter(behind).count() * SHORTER
        };
        let moved = before(span.character);
        Span {
            line: span.line,
            character: span.character + moved,
            length: span.length + before(span.character + span.length) - moved,
        }
    }
}

/// The character that two escaped halves at the start of the text stand for.
fn pair(text: &str) -> Option<char> {
    let half = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let halves = [half(0)?, half(6)?];
    let mut decoded = char::decode_utf16(halves);
    match (decoded.next(), decoded.next()) {
        (Some(Ok(c)), None) => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_joined_in_json_only() {
        let cases = [
            (r#"{"a": "\ud83d\ude00"}"#, r#"{"a": "\U0001f600"}"#),
            (r#"{"a": "\\ud83d\\ude00"}"#, r#"{"a": "\\ud83d\\ude00"}"#),
            (r#"{"a": "é\u00e9"}"#, r#"{"a": "é\u00e9"}"#),
            (r"a: '\ud83d\ude00'", r"a: '\ud83d\ude00'"),
            (r"{a: '\ud83d\ude00'}", r"{a: '\ud83d\ude00'}"),
        ];
        for (text, expected) in cases {
            assert_eq!(Joined::new(text).text, expected);
        }
    }

    #[test]
    fn places_lead_back() {
        let joined = Joined::new("{\"a\":\n\"\\ud83d\\ude00\", \"b\": 1}");
        let span = |character, length| Span {
            line: 2,
            character,
            length,
        };
        assert_eq!(joined.original(span(1, 12)), span(1, 14));
        assert_eq!(joined.original(span(15, 3)), span(17, 3));
    }
}
