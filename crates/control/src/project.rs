//! A project: what a team pushed, in versions that never change.

use std::time::SystemTime;

use syncapp_model::sync_file::Overlap;

use crate::Limits;

/// One state of a project. A run belongs to the version it was submitted with, whatever is pushed later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The project's name.
    pub project: String,
    /// Counts from 1; 0 of a draft.
    pub number: u32,
    /// The sync file, as it was pushed.
    pub text: String,
    /// What was compiled from it.
    pub syncs: Vec<PlannedSync>,
    /// When it was pushed.
    pub applied_at: SystemTime,
}

impl Version {
    /// A file that was not pushed, as if it were.
    pub fn draft(project: String, text: String, syncs: Vec<PlannedSync>) -> Self {
        Self {
            project,
            number: 0,
            text,
            syncs,
            applied_at: SystemTime::UNIX_EPOCH,
        }
    }

    /// Whether it was never pushed.
    pub fn is_draft(&self) -> bool {
        self.number == 0
    }

    /// The sync of that name.
    pub fn sync(&self, name: &str) -> Option<&PlannedSync> {
        self.syncs.iter().find(|sync| sync.name == name)
    }
}

/// One sync, as far as the control plane has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSync {
    /// Its name in the file.
    pub name: String,
    /// Its streams, in the file's order. A pattern stays one: what it matches is known when it runs.
    pub streams: Vec<PlannedStream>,
    /// What limits how many of them go on at once.
    pub limits: Limits,
    /// When it runs by itself.
    pub schedule: Option<ScheduleSpec>,
    /// The sync of the same project after each success of which it runs.
    pub after: Option<String>,
}

/// One stream of a sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStream {
    /// The stream or pattern, as the file says it.
    pub stream: String,
    /// Which workers may carry it.
    pub pool: String,
}

/// When a sync runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleSpec {
    /// The times, and what becomes of those that were missed, in the words of the [`Calendar`](crate::Calendar); nothing else
    /// reads it.
    pub definition: String,
    /// What becomes of a tick while the run before it still goes on.
    pub overlap: Overlap,
}
