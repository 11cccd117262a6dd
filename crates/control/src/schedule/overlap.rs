//! A tick that meets a run.

use super::{Overlap, Skip};

/// What becomes of a tick that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It runs.
    Start,
    /// It runs when the run before it has ended.
    Wait,
    /// It is recorded as skipped.
    Skip(Skip),
}

/// What becomes of a tick, by the schedule's rule and by whether the sync has a run that waits or goes on.
pub fn admit(overlap: Overlap, busy: bool) -> Admission {
    match (busy, overlap) {
        (false, _) => Admission::Start,
        (true, Overlap::Queue) => Admission::Wait,
        (true, Overlap::Skip) => Admission::Skip(Skip::Overlap),
    }
}
