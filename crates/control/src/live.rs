//! How far a task is right now, told through the cache to whoever watches its run.
//!
//! The store hears of it with the heartbeats, every few seconds. What is told here may be lost: the store's word comes anyway.

use serde::{Deserialize, Serialize};

use crate::{LeaseEpoch, Progress, RunId, Task, TaskId};

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveProgress {
    task: u32,
    epoch: u64,
    read: u64,
    written: u64,
    bytes: u64,
    committed: u64,
    #[serde(default)]
    expected: Option<u64>,
}

impl LiveProgress {
    /// How far a claim has come.
    pub fn new(task: TaskId, epoch: LeaseEpoch, progress: Progress) -> Self {
        Self {
            task: task.number,
            epoch: epoch.0,
            read: progress.read,
            written: progress.written,
            bytes: progress.bytes,
            committed: progress.committed,
            expected: progress.expected,
        }
    }

    /// The topic of a run.
    pub fn topic(run: RunId) -> String {
        format!("run/{run}")
    }

    /// As it is told.
    pub fn to_bytes(self) -> Vec<u8> {
        // Numbers always have a form.
        serde_json::to_vec(&self).unwrap_or_default()
    }

    /// What was told; `None` where it is not understood.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Puts it into a task of the store, unless that is further, or another claim's.
    pub fn put_into(self, task: &mut Task) {
        let is_newer = self.read >= task.progress.read && self.committed >= task.progress.committed;
        if task.id.number == self.task && task.epoch.0 == self.epoch && task.state.is_leased() && is_newer {
            task.progress = Progress {
                read: self.read,
                written: self.written,
                bytes: self.bytes,
                committed: self.committed,
                expected: self.expected,
            };
        }
    }

    /// Which of the run's tasks it is about.
    pub fn task(self) -> u32 {
        self.task
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::{PlannedStream, TaskState};

    #[test]
    fn only_what_is_newer_of_the_same_claim_is_put_in() {
        let id = TaskId {
            run: RunId::new(),
            number: 1,
        };
        let planned = PlannedStream {
            stream: "s".into(),
            pool: "default".into(),
        };
        let progress = |read| Progress {
            read,
            ..Progress::default()
        };
        let check = |state, epoch, read, expected| {
            let mut task = Task::new(id, &planned, state, UNIX_EPOCH);
            task.epoch = LeaseEpoch(2);
            task.progress = progress(5);
            let told = LiveProgress::new(id, LeaseEpoch(epoch), progress(read));
            LiveProgress::from_bytes(&told.to_bytes()).unwrap().put_into(&mut task);
            assert_eq!(task.progress.read, expected, "{state:?} {epoch} {read}");
        };
        check(TaskState::Running, 2, 9, 9);
        check(TaskState::Running, 2, 4, 5);
        check(TaskState::Running, 1, 9, 5);
        check(TaskState::Done, 2, 9, 5);
        assert_eq!(LiveProgress::from_bytes(b"{}"), None);
    }
}
