//! The engine's other place: what looks at the systems of a project, without a run.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use syncapp_model::Error;

use crate::{RunId, Version};

/// Looks at the systems that a project names.
///
/// What it may connect, and which variables, files and secrets it may use, is what runs of the same project may: no more. A call
/// ends soon after it is dropped, and then does nothing more. What it changes (a state, a run that is taken back) is fenced by the
/// target.
#[async_trait]
pub trait Inspector: Send + Sync {
    /// Does what is asked, in this version of a project; a [draft](Version::draft) is read as one that was pushed would be. The answer is JSON, with the numbers as they are.
    async fn inspect(&self, version: Arc<Version>, question: &Question) -> Result<Value, Vec<Error>>;
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Whether a connection works, as each of the sides that it is used as.
    Check {
        /// The connection.
        connection: String,
    },
    /// What a connection holds.
    Discover {
        /// The connection.
        connection: String,
        /// Which of it: names with `*`.
        pattern: String,
        /// How many of them are passed by.
        offset: usize,
        /// How many are told, at most.
        limit: usize,
        /// Tells their names, and does not look at each.
        only_names: bool,
    },
    /// The first rows of a stream, before and after its mapping.
    Preview {
        /// The sync.
        sync: String,
        /// The stream, by its name in the source.
        stream: String,
        /// How many rows, at most.
        limit: u64,
        /// Goes on behind rows that would end a run, and tells them.
        leniently: bool,
    },
    /// What a run would do.
    Plan {
        /// The sync.
        sync: String,
        /// Only these streams; all where none is named.
        streams: Vec<String>,
    },
    /// Whether the target holds what it should.
    Verify {
        /// The sync.
        sync: String,
        /// Only these streams; all where none is named.
        streams: Vec<String>,
    },
    /// A stream forgets how far it has come.
    Reset {
        /// The sync.
        sync: String,
        /// The stream, by its name in the source.
        stream: String,
    },
    /// Rows that could not land, as the targets of a sync keep them.
    Rejects(RejectsAsked),
    /// Such rows are sent again.
    Replay(ReplayAsked),
    /// A run is taken back, as far as its targets keep a journal of it.
    Undo {
        /// The run's sync.
        sync: String,
        /// The run.
        run: RunId,
        /// Only says what would become of the rows.
        dry_run: bool,
    },
}

/// Which rows that could not land are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectsAsked {
    /// The sync.
    pub sync: String,
    /// Only this stream's, by its name in the source.
    pub stream: Option<String>,
    /// Only those that this run met last.
    pub run: Option<RunId>,
    /// Those behind this one: its stream and its id.
    pub from: Option<(String, String)>,
    /// How many, at most.
    pub limit: usize,
}

/// Which rows that could not land are sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayAsked {
    /// The sync.
    pub sync: String,
    /// Only this stream's, by its name in the source.
    pub stream: Option<String>,
    /// Only these; all that are kept where none is named.
    pub ids: Vec<String>,
    /// What takes the place of columns of the source: SQL expressions over its rows.
    pub fixes: Vec<(String, String)>,
}
