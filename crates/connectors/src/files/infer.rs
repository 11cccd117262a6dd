//! The type of a column, guessed from a sample of its texts.
//!
//! Every text is of one kind; a column whose texts are of different kinds is text. Numbers are never guessed to be
//! floats unless a text says so by an exponent, `NaN` or an infinity.

use syncapp_model::DataType;

use super::cells::{self, Digits};

/// What a column's texts have been so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Guess {
    kind: Option<Kind>,
    numbers: Numbers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Bool,
    Date,
    Timestamp,
    TimestampTz,
    Uuid,
    Text,
    /// Values of several JSON kinds, or nested ones.
    Json,
}

impl Guess {
    /// Takes the text of a CSV cell into account.
    pub(super) fn text(&mut self, text: &[u8]) {
        if !matches!(self.kind, Some(Kind::Text)) {
            let kind = self.kind_of(text);
            self.see(kind, Kind::Text);
        }
    }

    /// Takes a JSON value into account. Strings stay strings whatever they spell.
    pub(super) fn json(&mut self, raw: &str) {
        let kind = match raw.as_bytes().first() {
            Some(b'n') => return,
            Some(b'"') => Kind::Text,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'{' | b'[') => Kind::Json,
            _ => {
                self.numbers.see(raw.as_bytes());
                Kind::Number
            }
        };
        self.see(kind, Kind::Json);
    }

    fn see(&mut self, kind: Kind, mixed: Kind) {
        self.kind = match self.kind {
            None => Some(kind),
            Some(before) if before == kind => Some(kind),
            Some(_) => Some(mixed),
        };
    }

    fn kind_of(&mut self, text: &[u8]) -> Kind {
        match text {
            b"true" | b"false" => Kind::Bool,
            _ if self.numbers.see(text) => Kind::Number,
            _ if text.len() == 36 && cells::uuid(text).is_some() => Kind::Uuid,
            _ if text.len() >= 10 && matches!(text[0], b'0'..=b'9' | b'-') => {
                if cells::date(text).is_some() {
                    Kind::Date
                } else if cells::timestamp(text).is_some() {
                    Kind::Timestamp
                } else if cells::timestamp_tz(text).is_some() {
                    Kind::TimestampTz
                } else {
                    Kind::Text
                }
            }
            _ => Kind::Text,
        }
    }

    /// The guessed type; text where there was nothing to go by.
    pub(super) fn ty(&self) -> DataType {
        match self.kind {
            None | Some(Kind::Text) => DataType::String,
            Some(Kind::Bool) => DataType::Bool,
            Some(Kind::Date) => DataType::Date,
            Some(Kind::Timestamp) => DataType::Timestamp,
            Some(Kind::TimestampTz) => DataType::TimestampTz,
            Some(Kind::Uuid) => DataType::Uuid,
            Some(Kind::Json) => DataType::Json,
            Some(Kind::Number) => self.numbers.ty(),
        }
    }
}

/// What is known of a column's numbers.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own that is only ever found true"
)]
struct Numbers {
    any: bool,
    float: bool,
    /// A number that a double would change.
    inexact: bool,
    beyond_int64: bool,
    magnitude: usize,
    least_scale: usize,
    scale: usize,
}

impl Numbers {
    /// Whether the text is a number, plainly spelled; then it is counted.
    fn see(&mut self, text: &[u8]) -> bool {
        if !matches!(text.first(), Some(b'0'..=b'9' | b'-' | b'.' | b'N' | b'i' | b'I')) {
            return false;
        }
        if let Some(digits) = Digits::of(text) {
            if !digits.plain {
                return false;
            }
            let (magnitude, scale) = (digits.magnitude(), digits.fraction.len());
            // Only floats have a negative zero; with more digits it is a rounded amount.
            self.float |= digits.negative && magnitude == 0 && matches!(digits.fraction, b"" | b"0");
            self.least_scale = if self.any { self.least_scale.min(scale) } else { scale };
            self.any = true;
            self.scale = self.scale.max(scale);
            self.magnitude = self.magnitude.max(magnitude);
            if magnitude >= 19 && scale == 0 {
                self.beyond_int64 |= std::str::from_utf8(text).map_or(true, |text| text.parse::<i64>().is_err());
            }
            self.inexact |= magnitude + scale > 15 && !survives_double(text);
            return true;
        }
        if matches!(text, b"NaN" | b"inf" | b"-inf" | b"Infinity" | b"-Infinity") {
            self.float = true;
            return true;
        }
        self.see_exponent(text)
    }

    fn see_exponent(&mut self, text: &[u8]) -> bool {
        let Some(at) = text.iter().position(|b| matches!(b, b'e' | b'E')) else {
            return false;
        };
        let exponent = match &text[at + 1..] {
            [b'+' | b'-', digits @ ..] | digits => digits,
        };
        let number = Digits::of(&text[..at]).filter(|digits| digits.plain);
        let (Some(number), false) = (number, exponent.is_empty()) else {
            return false;
        };
        if !exponent.iter().all(u8::is_ascii_digit) {
            return false;
        }
        let finite = fast_float2::parse::<f64, _>(text).is_ok_and(f64::is_finite);
        self.inexact |= !finite || number.magnitude() + number.fraction.len() > 17;
        self.float = true;
        true
    }

    fn ty(&self) -> DataType {
        if self.float {
            return if self.inexact {
                DataType::String
            } else {
                DataType::Float64
            };
        }
        if self.scale == 0 && !self.beyond_int64 {
            return DataType::Int64;
        }
        // Numbers behind the sample may be longer: what costs no room is left open to them.
        let even = self.least_scale == self.scale;
        let roomy = if even {
            self.scale
        } else {
            self.scale.next_multiple_of(6)
        };
        [(38, roomy), (38, self.scale), (76, self.scale)]
            .into_iter()
            .find(|(precision, scale)| self.magnitude + scale <= *precision)
            .map_or(DataType::BigDecimal, |(precision, scale)| DataType::Decimal {
                precision: precision as u8,
                scale: scale as u8,
            })
    }
}

/// Whether a double of this text is written back as the same number.
fn survives_double(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    let bare = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    text.parse::<f64>()
        .is_ok_and(|value| bare(&value.to_string()) == bare(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_texts() {
        for (texts, want) in [
            (vec![], "string"),
            (vec!["1", "-2", "0"], "int64"),
            (vec!["9223372036854775807", "-9223372036854775808"], "int64"),
            (vec!["9223372036854775808"], "decimal(38,0)"),
            (vec!["123456789012345678901234567890123456789"], "decimal(76,0)"),
            (vec!["1.50", "-22.25"], "decimal(38,2)"),
            (vec!["1", "2.5"], "decimal(38,6)"),
            (vec![".5"], "decimal(38,1)"),
            (vec!["306783379.14285713", "0.14285714285714285"], "decimal(38,18)"),
            (vec!["1.5", "1e10"], "float64"),
            (vec!["0.1", "NaN"], "float64"),
            (vec!["-inf", "1"], "float64"),
            (vec!["-0.0"], "float64"),
            (vec!["-0.00"], "decimal(38,2)"),
            (vec!["9007199254740993", "1e3"], "string"),
            (vec!["0.12345678901234567890", "NaN"], "string"),
            (vec!["306783379.14285713", "1e-05"], "float64"),
            (vec!["1e999"], "string"),
            (vec!["007"], "string"),
            (vec!["+5"], "string"),
            (vec!["5."], "string"),
            (vec!["-"], "string"),
            (vec!["."], "string"),
            (vec!["1", "x"], "string"),
            (vec![" 1"], "string"),
            (vec!["true", "false"], "bool"),
            (vec!["True"], "string"),
            (vec!["t"], "string"),
            (vec!["true", "1"], "string"),
            (vec!["2024-02-29"], "date"),
            (vec!["2023-02-29"], "string"),
            (vec!["10000-01-01", "-0001-12-31"], "date"),
            (vec!["2024-02-29", "2024-02-29 10:00:00"], "string"),
            (vec!["2024-02-29 10:00:00", "2024-02-29T10:00:00.5"], "timestamp"),
            (vec!["2024-02-29 10:00:00+00", "2024-02-29T10:00:00Z"], "timestamptz"),
            (vec!["2024-02-29 10:00:00.1234567"], "string"),
            (vec!["00112233-4455-6677-8899-aabbccddeeff"], "uuid"),
            (vec!["12:00:00"], "string"),
            (vec![""], "string"),
            (vec!["1", ""], "string"),
            (vec!["É"], "string"),
        ] {
            let mut guess = Guess::default();
            for text in &texts {
                guess.text(text.as_bytes());
            }
            assert_eq!(guess.ty().to_string(), want, "{texts:?}");
        }
    }

    #[test]
    fn json_values() {
        for (values, want) in [
            (vec!["null"], "string"),
            (vec!["1", "null", "-2"], "int64"),
            (vec!["12345678901234567890"], "decimal(38,0)"),
            (vec!["1.5"], "decimal(38,1)"),
            (vec!["1e5"], "float64"),
            (vec!["true"], "bool"),
            (vec!["\"2024-02-29\""], "string"),
            (vec!["{}"], "json"),
            (vec!["[1]", "{}"], "json"),
            (vec!["1", "\"x\""], "json"),
        ] {
            let mut guess = Guess::default();
            for value in &values {
                guess.json(value);
            }
            assert_eq!(guess.ty().to_string(), want, "{values:?}");
        }
    }
}
