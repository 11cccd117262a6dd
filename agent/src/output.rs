//! What is printed: data to standard output, all else to standard error.

use std::io::{IsTerminal, Write, stderr, stdout};

use comfy_table::{CellAlignment, Table};
use console::Style;
use serde::Serialize;
use syncapp_model::{Error, Result};

/// Prints a line of data. A reader that has gone away ends the program quietly, as a pipe's end should.
pub(crate) fn line(text: &str) {
    if writeln!(stdout().lock(), "{text}").is_err() {
        gone();
    }
}

/// Prints a value as JSON on one line.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|problem| Error::internal(problem.to_string()))?;
    line(&text);
    Ok(())
}

/// Prints a table without lines: columns of numbers on the right, all others on the left.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table
        .load_preset(comfy_table::presets::NOTHING)
        .set_header(header.to_vec());
    let mut numbers = vec![true; header.len()];
    for row in rows {
        for (number, cell) in numbers.iter_mut().zip(&row) {
            *number &= cell.starts_with(|c: char| c.is_ascii_digit()) && !cell.contains([':', '-']) || cell == "-";
        }
        table.add_row(row.iter().map(|cell| printable(cell)).collect::<Vec<_>>());
    }
    let numbers = numbers.into_iter().enumerate().filter(|(_, number)| *number);
    for (at, _) in numbers {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for text in table.lines() {
        line(text.trim_end());
    }
}

/// Prints a note to standard error.
pub(crate) fn note(text: &str) {
    // Nobody can be told that standard error is closed.
    let _ = writeln!(stderr().lock(), "{}", printable(text));
}

/// Prints a rendered problem to standard error, its first word coloured on a terminal.
pub(crate) fn problem(warning: bool, rendered: &str) {
    let style = if warning {
        Style::new().yellow()
    } else {
        Style::new().red()
    }
    .for_stderr()
    .bold();
    let (word, rest) = rendered.split_once('[').unwrap_or((rendered, ""));
    let _ = if rest.is_empty() {
        writeln!(stderr().lock(), "{rendered}")
    } else {
        writeln!(stderr().lock(), "{}[{}", style.apply_to(word), rest.trim_end())
    };
}

/// Whether progress is drawn: on a terminal only.
pub(crate) fn draws() -> bool {
    stderr().is_terminal()
}

/// A text without control characters: values and names come from elsewhere.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c })
        .collect()
}

/// A number with a comma between each three digits.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a closed pipe ends the program"
)]
fn gone() -> ! {
    std::process::exit(crate::failure::Exit::Failed as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
