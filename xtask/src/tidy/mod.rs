//! `cargo xtask tidy`: what compiles but must not be.
//!
//! Each rule is a pure function from plain data to findings, with a table of what it looks for at its head. Errors fail
//! the chore, warnings are only said.

mod arrows;
mod names;
mod source;
mod texts;

use std::fmt;
use std::io::{self, Write};

use crate::repository::Repository;

/// One thing that is not tidy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    path: String,
    line: Option<usize>,
    text: String,
    fatal: bool,
}

impl Finding {
    fn error(path: &str, line: impl Into<Option<usize>>, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: line.into(),
            text: text.into(),
            fatal: true,
        }
    }

    fn warning(path: &str, text: impl Into<String>) -> Self {
        Self {
            fatal: false,
            ..Self::error(path, None, text)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.fatal { "error" } else { "warning" };
        write!(f, "{word}: {}", self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// Runs all rules over the repository.
pub(crate) fn run(repository: &Repository, out: &mut dyn Write) -> io::Result<bool> {
    let mut findings = arrows::check(&repository.packages()?);
    let files = repository.files()?;
    for path in &files {
        let Some(text) = repository.text(path)? else { continue };
        findings.extend(texts::check(path, &text));
        findings.extend(names::check(path, &text));
    }
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let errors = findings.iter().filter(|finding| finding.fatal).count();
    let warnings = findings.len() - errors;
    writeln!(out, "tidy: {} files, {errors} errors, {warnings} warnings", files.len())?;
    Ok(errors == 0)
}
