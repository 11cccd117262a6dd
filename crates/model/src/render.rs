//! An error as lines for people, with the place in the file it is about.
//!
//! Plain text without colours. Control characters of the file or of a driver never reach the terminal.

use std::fmt::Write;

use crate::{Error, Report, Severity, Where};

/// Characters of a source line that are shown.
const WIDTH: usize = 100;
/// How far a tab moves, in a source line.
const TAB: usize = 4;

/// Renders an error; `source` is the text of the file it names, if that is at hand.
///
/// ```
/// use syncapp_model::{Code, Error, render};
/// let error = Error::new(Code::UnknownKey, "unknown key `inot`").help("did you mean `into`?");
/// assert_eq!(
///     render(&error.file("shop.yaml").span(2, 3, 4), Some("streams:\n  inot: x\n")),
///     "\
/// error[config.unknown_key]: unknown key `inot`
///  --> shop.yaml:2:3
///   |
/// 2 |   inot: x
///   |   ^^^^
///   = help: did you mean `into`?
/// "
/// );
/// ```
pub fn render(error: &Error, source: Option<&str>) -> String {
    let Report {
        code,
        severity,
        at,
        why,
        help,
        driver,
        ..
    } = error.report();
    let word = match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let line = at.line.map(|line| line.to_string()).unwrap_or_default();
    let margin = " ".repeat(line.len().max(1));
    let mut out = String::new();
    note(&mut out, "", &format!("{word}[{code}]: {why}"));
    if let Some(file) = &at.file {
        let column = at
            .character
            .map(|character| format!(":{character}"))
            .unwrap_or_default();
        let line = at.line.map(|line| format!(":{line}{column}")).unwrap_or_default();
        note(&mut out, "", &format!("{margin}--> {file}{line}"));
    }
    if let Some((text, carets)) = source.and_then(|source| excerpt(source, at)) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{margin} |\n{line} | {text}\n{margin} | {carets}\n");
    }
    for (word, text) in [("where", &place(at)), ("help", help), ("driver", driver)] {
        if let Some(text) = text {
            note(&mut out, &format!("{margin} "), &format!("= {word}: {text}"));
        }
    }
    out
}

/// The line that the error is about, and the carets below it.
fn excerpt(source: &str, at: &Where) -> Option<(String, String)> {
    let line = source.lines().nth(at.line?.checked_sub(1)?)?;
    let start = at.character?.checked_sub(1)?;
    let line: Vec<char> = line.trim_start_matches('\u{feff}').chars().collect();
    let start = start.min(line.len());
    let end = start.saturating_add(at.length.max(1)).min(line.len().max(start + 1));
    // Of a long line a window that begins a little before the place.
    let first = if line.len() > WIDTH {
        start.saturating_sub(WIDTH / 4)
    } else {
        0
    };
    let last = line.len().min(first + WIDTH);
    let mut text = String::from(if first > 0 { "…" } else { "" });
    let mut carets = " ".repeat(text.chars().count());
    for (at, &c) in line.iter().enumerate().take(last).skip(first) {
        let width = if c == '\t' { TAB } else { 1 };
        match c {
            '\t' => text.push_str(&" ".repeat(TAB)),
            c => text.push(printable(c)),
        }
        let mark = if at < start { " " } else { "^" };
        if at < end {
            carets.push_str(&mark.repeat(width));
        }
    }
    if start >= last {
        carets.push('^');
    }
    if last < line.len() {
        text.push('…');
    }
    Some((text.trim_end().to_owned(), carets))
}

/// Connection, stream, column and row, as far as they are known.
fn place(at: &Where) -> Option<String> {
    let parts = [
        ("connection", &at.connection),
        ("stream", &at.stream),
        ("column", &at.column),
        ("row", &at.row),
    ];
    let known: Vec<String> = parts
        .into_iter()
        .filter_map(|(word, name)| Some(format!("{word} {}", name.as_ref()?)))
        .collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// A text's lines, those behind the first moved below it.
fn note(out: &mut String, margin: &str, text: &str) {
    for (at, line) in text.lines().enumerate() {
        let indent = if at == 0 { "" } else { "    " };
        let line: String = line
            .trim_end()
            .chars()
            .map(|c| if c == '\t' { ' ' } else { printable(c) })
            .collect();
        let _ = writeln!(out, "{margin}{indent}{line}");
    }
}

fn printable(c: char) -> char {
    if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }
}
