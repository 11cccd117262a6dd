//! Where the fields of a record lie in a block of text.

/// The bytes that give a record its shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    pub(super) quote: u8,
}

/// A field of a record: a range of bytes, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
    /// Whether there are doubled quotes in it.
    pub(super) doubled: bool,
}

/// What was found at the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A record; the next one begins at this byte.
    Record(usize),
    /// The beginning of a record, whose end is not in the text.
    Part,
    /// At this byte something stands behind a closing quote.
    BehindQuote(usize),
    /// The file ends inside the quotes that open at this byte.
    OpenQuote(usize),
}

/// Finds the record at the start of a text, which is not empty. `last`: nothing follows the text.
pub(super) fn record(dialect: Dialect, text: &[u8], last: bool, fields: &mut Vec<Field>) -> Found {
    let Dialect { delimiter, quote } = dialect;
    fields.clear();
    let mut at = 0;
    loop {
        let mut field = Field {
            start: at,
            end: at,
            quoted: false,
            doubled: false,
        };
        if text.get(at) == Some(&quote) {
            match quoted(quote, text, at + 1, last) {
                Quoted::Closed { end, doubled } => {
                    field = Field {
                        start: at + 1,
                        end,
                        quoted: true,
                        doubled,
                    };
                    at = end + 1;
                }
                Quoted::Open if last => return Found::OpenQuote(at),
                Quoted::Open => return Found::Part,
            }
        } else {
            at = bare(delimiter, text, at);
            field.end = at;
        }
        fields.push(field);
        match text.get(at) {
            Some(byte) if *byte == delimiter => at += 1,
            Some(b'\n') => return Found::Record(at + 1),
            Some(b'\r') => match text.get(at + 1) {
                Some(b'\n') => return Found::Record(at + 2),
                None if !last => return Found::Part,
                _ => return Found::Record(at + 1),
            },
            Some(_) => return Found::BehindQuote(at),
            None if last => return Found::Record(at),
            None => return Found::Part,
        }
    }
}

/// Where a field without quotes ends.
#[inline]
fn bare(delimiter: u8, text: &[u8], start: usize) -> usize {
    /// Most fields end sooner; from here on a vectorised search pays.
    const NEAR: usize = 16;
    let near = text.len().min(start + NEAR);
    let ends = |byte: &u8| *byte == delimiter || *byte == b'\n' || *byte == b'\r';
    match text[start..near].iter().position(ends) {
        Some(at) => start + at,
        None => memchr::memchr3(delimiter, b'\n', b'\r', &text[near..]).map_or(text.len(), |at| near + at),
    }
}

enum Quoted {
    Closed { end: usize, doubled: bool },
    Open,
}

/// Where a quoted field ends; `start` is behind its opening quote.
fn quoted(quote: u8, text: &[u8], start: usize, last: bool) -> Quoted {
    let mut doubled = false;
    let mut from = start;
    while let Some(at) = memchr::memchr(quote, &text[from..]) {
        let end = from + at;
        match text.get(end + 1) {
            Some(next) if *next == quote => {
                doubled = true;
                from = end + 2;
            }
            // Whether the quote is doubled is not known yet.
            None if !last => return Quoted::Open,
            _ => return Quoted::Closed { end, doubled },
        }
    }
    Quoted::Open
}

/// Appends a field's text with its doubled quotes made single.
pub(super) fn undouble(quote: u8, text: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = text;
    while let Some(at) = memchr::memchr(quote, rest) {
        out.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
}
