//! A run: one sync of one version, started once for one reason.
//!
//! Its state is no state of its own: it follows from its tasks'.
//!
//! ```text
//!   all final:      none ─► Done      one Cancelled ─► Cancelled      none Done ─► Failed     all Done ─► Done
//!                   some Done, some Failed ─► Partial
//!   otherwise:      one Cancelling ─► Cancelling      one Stalled ─► Stalled      one Running ─► Running
//!                   one Queued ─► Queued              one Waiting ─► Waiting      Held
//! ```

use std::time::SystemTime;

use serde::Serialize;
use syncapp_model::sync_file::Overlap;

use crate::{Limits, PlannedStream, RunId, TaskState, TraceParent};

/// Why a run was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// Somebody asked for it.
    Manual,
    /// A schedule's time had come.
    Tick(SystemTime),
    /// A run of the sync before it was done.
    After(RunId),
    /// The failed streams of another run are run again.
    Retry(RunId),
}

/// A run to be submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRun {
    /// Its name.
    pub id: RunId,
    /// The project.
    pub project: String,
    /// Which of its versions.
    pub version: u32,
    /// Which of the version's syncs.
    pub sync: String,
    /// Why.
    pub trigger: Trigger,
    /// Submitted again with the same key, it is the run of the first time. Unique in its project.
    pub key: Option<String>,
    /// What becomes of it while the run before it still goes on.
    pub overlap: Overlap,
    /// What limits how many of its tasks are carried at once.
    pub limits: Limits,
    /// Its tasks-to-be, in order.
    pub streams: Vec<PlannedStream>,
    /// What caused it, where somebody traces it.
    pub trace: Option<TraceParent>,
}

impl NewRun {
    /// The run as it is accepted, when all its tasks are of this state.
    pub fn accepted(&self, tasks: TaskState, now: SystemTime) -> Run {
        Run {
            id: self.id,
            project: self.project.clone(),
            version: self.version,
            sync: self.sync.clone(),
            trigger: self.trigger,
            key: self.key.clone(),
            limits: self.limits.clone(),
            state: RunState::of(self.streams.iter().map(|_| tasks)),
            submitted_at: now,
            finished_at: self.streams.is_empty().then_some(now),
            trace: self.trace,
        }
    }
}

/// One run as the store keeps it; its tasks are apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// The project.
    pub project: String,
    /// Which of its versions.
    pub version: u32,
    /// Which of the version's syncs.
    pub sync: String,
    /// Why it was started.
    pub trigger: Trigger,
    /// The key it was submitted with.
    pub key: Option<String>,
    /// What limits how many of its tasks are carried at once.
    pub limits: Limits,
    /// What its tasks make of it.
    pub state: RunState,
    /// When it was accepted.
    pub submitted_at: SystemTime,
    /// When the last of its tasks came to its end.
    pub finished_at: Option<SystemTime>,
    /// What caused it, where somebody traces it.
    pub trace: Option<TraceParent>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It waits for the run before it, of the same sync.
    Held,
    /// It waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// A worker is at it, and somewhere nothing moves.
    Stalled,
    /// It is being stopped.
    Cancelling,
    /// What failed is tried again later.
    Waiting,
    /// All streams landed.
    Done,
    /// Some streams failed and others landed.
    Partial,
    /// No stream landed.
    Failed,
    /// The user stopped it.
    Cancelled,
}

impl RunState {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Held,
        Self::Queued,
        Self::Running,
        Self::Stalled,
        Self::Cancelling,
        Self::Waiting,
        Self::Done,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
    ];

    /// What tasks of these states make of their run.
    pub fn of(tasks: impl IntoIterator<Item = TaskState>) -> Self {
        let mut seen = [false; TaskState::ALL.len()];
        for state in tasks {
            seen[state as usize] = true;
        }
        let any = |state: TaskState| seen[state as usize];
        let going = [
            (TaskState::Cancelling, Self::Cancelling),
            (TaskState::Stalled, Self::Stalled),
            (TaskState::Running, Self::Running),
            (TaskState::Queued, Self::Queued),
            (TaskState::Waiting, Self::Waiting),
            (TaskState::Held, Self::Held),
            (TaskState::Cancelled, Self::Cancelled),
        ];
        if let Some((_, state)) = going.into_iter().find(|(task, _)| any(*task)) {
            return state;
        }
        match (any(TaskState::Done), any(TaskState::Failed)) {
            (true, true) => Self::Partial,
            (false, true) => Self::Failed,
            _ => Self::Done,
        }
    }

    /// Whether nothing can become of it any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Partial | Self::Failed | Self::Cancelled)
    }

    /// Its word, as it is stored and printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Stalled => "stalled",
            Self::Cancelling => "cancelling",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every set of states, against the rules as they are told in words.
    #[test]
    fn a_run_is_what_its_tasks_make_of_it() {
        for set in 0..1_u32 << TaskState::ALL.len() {
            let tasks: Vec<TaskState> = TaskState::ALL
                .into_iter()
                .filter(|state| set & (1 << *state as u32) != 0)
                .collect();
            let all_final = tasks.iter().all(|task| task.is_final());
            let state = RunState::of(tasks.iter().copied());
            assert_eq!(state.is_final(), all_final, "{tasks:?}");
            let has = |task| tasks.contains(&task);
            let expected = if all_final {
                match (has(TaskState::Done), has(TaskState::Failed), has(TaskState::Cancelled)) {
                    (_, _, true) => RunState::Cancelled,
                    (true, true, false) => RunState::Partial,
                    (false, true, false) => RunState::Failed,
                    (_, false, false) => RunState::Done,
                }
            } else if has(TaskState::Cancelling) {
                RunState::Cancelling
            } else if has(TaskState::Stalled) {
                RunState::Stalled
            } else if has(TaskState::Running) {
                RunState::Running
            } else if has(TaskState::Queued) {
                RunState::Queued
            } else if has(TaskState::Waiting) {
                RunState::Waiting
            } else {
                RunState::Held
            };
            assert_eq!(state, expected, "{tasks:?}");
        }
    }

    #[test]
    fn a_state_is_its_word() {
        for state in RunState::ALL {
            assert_eq!(RunState::from_name(state.name()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        for state in TaskState::ALL {
            assert_eq!(TaskState::from_name(state.name()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        assert_eq!(RunState::from_name("unheard of"), None);
        assert_eq!(TaskState::from_name("unheard of"), None);
    }
}
