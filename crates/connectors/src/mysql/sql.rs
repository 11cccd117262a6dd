//! Pieces of SQL: quoting, and values as literals.

use syncapp_model::{Scalar, StreamName};

use crate::cells::text::{write_date, write_timestamp};

/// An identifier, quoted.
pub(super) fn ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Identifiers, quoted, with commas between them.
pub(super) fn idents<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(ident).collect::<Vec<_>>().join(", ")
}

/// A table's full name, quoted.
pub(super) fn table(name: &StreamName) -> String {
    match &name.namespace {
        Some(database) => format!("{}.{}", ident(database), ident(&name.name)),
        None => ident(&name.name),
    }
}

/// A text literal. The session's `sql_mode` has backslashes escape, and ours is set by every connection.
pub(super) fn text(value: &str) -> String {
    let mut out = Vec::with_capacity(value.len() + 2);
    quote(value.as_bytes(), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// A text or NULL.
pub(super) fn optional(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".into(), text)
}

/// Writes a text literal.
pub(super) fn quote(value: &[u8], out: &mut Vec<u8>) {
    out.push(b'\'');
    for byte in value {
        match byte {
            b'\'' => out.extend_from_slice(b"''"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0 => out.extend_from_slice(b"\\0"),
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
}

/// A cursor's value as a literal of its type; texts as their bytes.
pub(super) fn scalar(value: &Scalar) -> String {
    let mut spelled = String::new();
    match value {
        Scalar::Int(value) => value.to_string(),
        Scalar::Decimal(value) => format!("cast({} as decimal(65,30))", text(value)),
        Scalar::Text(value) => format!("cast({} as binary)", text(value)),
        Scalar::Date(days) => {
            write_date(&mut spelled, (*days).into());
            format!("date {}", text(&spelled))
        }
        Scalar::Timestamp(micros) | Scalar::TimestampTz(micros) => moment(*micros),
        Scalar::Uuid(_) => text(&value.to_string()),
    }
}

/// A moment of the session's time zone, which is UTC.
pub(super) fn moment(micros: i64) -> String {
    let mut spelled = String::new();
    write_timestamp(&mut spelled, micros, false);
    format!("timestamp {}", text(&spelled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_quoted() {
        assert_eq!(table(&StreamName::within("a`b", "c.d")), "`a``b`.`c.d`");
        assert_eq!(text(r"it's \'; drop"), r"'it''s \\''; drop'");
    }
}
