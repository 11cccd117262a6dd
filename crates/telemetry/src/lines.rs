//! Keeps each line of a log one line, whatever names and drivers bring into it.

use std::io::{self, Write};

/// A writer that is given one line at a time, and encodes control characters in it.
pub(crate) struct Lines<W> {
    inner: W,
    /// Whether the line's own colours are left as they are.
    colours: bool,
}

impl<W> Lines<W> {
    pub(crate) fn new(inner: W, colours: bool) -> Self {
        Self { inner, colours }
    }
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let (text, end) = match text.strip_suffix('\n') {
            Some(text) => (text, "\n"),
            None => (&*text, ""),
        };
        let encoded = encoded(text, self.colours);
        self.inner.write_all(format!("{encoded}{end}").as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn encoded(text: &str, colours: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{1b}' if colours => encoded.push(character),
            // The last two end a line for some readers.
            _ if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') => {
                encoded.extend(character.escape_default());
            }
            _ => encoded.push(character),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one() {
        let mut written = Vec::new();
        let line = "WARN it broke: »a\r\nb«\u{7f}\u{85}\u{2028}\u{1b}[31m\0\n";
        Lines::new(&mut written, false).write_all(line.as_bytes()).unwrap();
        let expected = "WARN it broke: »a\\r\\nb«\\u{7f}\\u{85}\\u{2028}\\u{1b}[31m\\u{0}\n";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}
