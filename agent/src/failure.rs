//! Why a command ended early, and what its exit code says of it.

use std::process::ExitCode;

use syncapp_model::{Error, render};

use crate::output;

/// Exit codes, as `syncapp --help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Partial = 3,
    Cancelled = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Problems that ended a command, and the file that they point into.
#[derive(Debug, Default)]
pub(crate) struct Failure {
    pub(crate) problems: Vec<Error>,
    pub(crate) source: Option<Source>,
    /// What an agent elsewhere says is wrong.
    pub(crate) elsewhere: Vec<Elsewhere>,
}

/// A problem as an agent elsewhere has told it.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    pub(crate) code: String,
    pub(crate) rendered: String,
}

/// The sync file as problems quote it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// What problems call it.
    pub(crate) path: String,
    /// Its text, without secrets.
    pub(crate) text: String,
}

impl From<Error> for Failure {
    fn from(problem: Error) -> Self {
        Self {
            problems: vec![problem],
            ..Self::default()
        }
    }
}

impl From<Vec<Error>> for Failure {
    fn from(problems: Vec<Error>) -> Self {
        Self {
            problems,
            ..Self::default()
        }
    }
}

impl Failure {
    /// Prints all problems, and gives the exit code.
    pub(crate) fn report(&self) -> Exit {
        show(&self.problems, self.source.as_ref());
        for problem in &self.elsewhere {
            output::problem(false, &problem.rendered);
        }
        match self.elsewhere.iter().all(|problem| is_config(&problem.code)) {
            true if self.problems.is_empty() => Exit::Usage,
            true => exit(&self.problems),
            false => Exit::Failed,
        }
    }
}

/// Prints problems to standard error, each once; those of the sync file with the line that they are about.
pub(crate) fn show(problems: &[Error], source: Option<&Source>) {
    for (at, problem) in problems.iter().enumerate() {
        if !problems[..at].contains(problem) {
            let file = problem.report().at.file.as_deref();
            let quoted = source.filter(|source| file == Some(source.path.as_str()));
            let text = quoted.map(|source| source.text.as_str());
            output::problem(problem.is_warning(), &render(problem, text));
        }
    }
}

fn is_config(code: &str) -> bool {
    code.starts_with("config.")
}

/// 2 where the configuration is at fault, else 1.
pub(crate) fn exit(problems: &[Error]) -> Exit {
    let mut errors = problems.iter().filter(|problem| !problem.is_warning()).peekable();
    if errors.peek().is_none() {
        Exit::Done
    } else if errors.all(|error| is_config(&error.code().name())) {
        Exit::Usage
    } else {
        Exit::Failed
    }
}
