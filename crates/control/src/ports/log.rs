//! What an operator reads of a run later.

use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_model::{Error, Result};

use crate::{ErrorRecord, RunId};

/// The most lines that are kept of a run. The last of them says so.
pub const MAX_LOG: u32 = 1000;

/// What the last line of a full log says.
pub const LOG_IS_FULL: &str = "more of this run is not kept: the process's own log has it";

/// Lines about runs. They go with their runs.
#[async_trait]
pub trait RunLog: Send + Sync {
    /// Adds lines to the log of a run, at the store's time. What is beyond [`MAX_LOG`], or of a run that is not known, is left
    /// out.
    async fn log(&self, run: RunId, lines: &[LogLine]) -> Result<()>;

    /// Lines of a run in their order, those after a number.
    async fn logged(&self, run: RunId, after: u32, limit: usize) -> Result<Vec<Logged>>;
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogLevel {
    /// It went as it should.
    Info,
    /// Somebody should know.
    Warning,
    /// Something failed.
    Error,
}

impl LogLevel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// Its word, as it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// What is said. No row of anybody's data and no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// The stream it is about, as the sync names it.
    pub stream: Option<String>,
    /// What is said.
    pub text: String,
    /// The error's code, where it is one.
    pub code: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A line as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its number in the run's log; the first is 1.
    pub number: u32,
    /// When it was written.
    pub at: SystemTime,
    /// What it says.
    pub line: LogLine,
}

impl LogLine {
    /// What went as it should.
    pub fn info(stream: &str, text: impl Into<String>) -> Self {
        Self {
            stream: Some(stream.to_owned()),
            ..Self::of_run(text)
        }
    }

    /// What happened to the run as a whole.
    pub fn of_run(text: impl Into<String>) -> Self {
        Self {
            level: LogLevel::Info,
            stream: None,
            text: text.into(),
            code: None,
            help: None,
        }
    }

    /// What somebody should know.
    pub fn warning(stream: &str, error: &Error) -> Self {
        Self::told(LogLevel::Warning, stream, ErrorRecord::from(error))
    }

    /// What failed.
    pub fn error(stream: &str, error: ErrorRecord) -> Self {
        Self::told(LogLevel::Error, stream, error)
    }

    fn told(level: LogLevel, stream: &str, error: ErrorRecord) -> Self {
        Self {
            level,
            stream: Some(stream.to_owned()),
            text: error.text,
            code: Some(error.code),
            help: error.help,
        }
    }

    /// The last line of a full log.
    pub fn full() -> Self {
        Self {
            level: LogLevel::Warning,
            ..Self::of_run(LOG_IS_FULL)
        }
    }
}
