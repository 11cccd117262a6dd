//! A schedule's ticks: the instants at which it wanted a run, and what became of each.

use std::fmt;
use std::time::SystemTime;

use syncapp_model::sync_file::Overlap;

use crate::{NewRun, RunId, SkipReason};

/// A schedule's name: whose it is. It stays the same from version to version, so that no tick comes twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScheduleId {
    /// The project.
    pub project: String,
    /// The sync.
    pub sync: String,
}

impl fmt::Display for ScheduleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.sync)
    }
}

/// One schedule as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Whose it is.
    pub id: ScheduleId,
    /// The version that says so.
    pub version: u32,
    /// The times, in the words of the [`Calendar`](crate::Calendar).
    pub definition: String,
    /// What becomes of a tick while the run before it still goes on.
    pub overlap: Overlap,
    /// The first tick that is not recorded yet; `None` when there are no more.
    pub next_due: Option<SystemTime>,
    /// When a push put another version in its place, and this one owed ticks: the last instant that it speaks of.
    pub until: Option<SystemTime>,
}

impl Schedule {
    /// Whether a tick is due and not recorded yet.
    pub fn is_due(&self, now: SystemTime) -> bool {
        self.next_due.is_some_and(|due| due <= now)
    }
}

/// One instant of a schedule. Together with the schedule it is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// The instant, as the schedule means it, however late it was noticed.
    pub nominal_at: SystemTime,
    /// What became of it.
    pub outcome: TickOutcome,
}

/// What became of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TickOutcome {
    /// It has this run.
    Ran(RunId),
    /// It has none.
    Skipped(SkipReason),
}

/// What one transaction records of a schedule: ticks in their order, and the first one after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The schedule as it was read. Where its next tick is another one by now, or neither it nor what it owes is there, nothing is
    /// recorded; of what it owes, nothing beyond its last instant.
    pub schedule: Schedule,
    /// Whether its sync was paused then. Where that has changed nothing is recorded, either.
    pub paused: bool,
    /// The ticks from `schedule.next_due` on, and what is to become of each.
    pub ticks: Vec<(SystemTime, Decision)>,
    /// The first tick that is not among them.
    pub next_due: Option<SystemTime>,
}

/// What is to become of a tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It gets this run, unless the run before it still goes on and the schedule says to skip then.
    Run(Box<NewRun>),
    /// It gets none.
    Skip(SkipReason),
}
