//! The control plane: what is to run, when, by whom, and what became of it, as use cases over ports.
//!
//! ```text
//! Control::submit ─┐ run + tasks + outbox,
//! Control::tick ───┘ one transaction        ─► Control::relay ─► Queue: a hint
//!                                                 Worker: claim (epoch + 1, lease) ─► ack ─► Runner ─► finish
//! Control::sweep: leases that ran out, hints that came to nothing ─► outbox again
//! ```
//!
//! Invariants:
//! - The [`Store`] holds the truth. A [`Hint`] only says where to look, so the [`Queue`] may lose, repeat and reorder.
//! - Every step is one transaction of the store, and every time in it is the store's own. Any number of processes may do any
//!   step at once; none leads.
//! - What a task or a run may become, and when a sync is due, are pure functions: [`transition`], [`RunState::of`],
//!   [`schedule`].
//! - What a worker writes about a task holds only under the epoch of its own claim.
//! - No driver, no runtime and no clock in here: [`Clock`] brings the time, `crates/store` the database, a host the rest.
//! - The [`Cache`] speeds up: whatever it forgets is made again, and nobody waits for it for long.
//! - A record holds no secret and no row of anybody's data but a cursor's position.
//!
//! [`Runs`] is the command line's own history of runs, on one machine and without leases.

pub mod access;
mod apply;
mod cache;
mod calendar;
mod changes;
mod compile;
mod control;
mod figures;
mod follow;
mod forget;
mod history;
mod limit;
mod live;
mod measure;
mod notify;
mod pause;
mod policy;
mod ports;
mod presence;
mod project;
mod recent;
mod relay;
mod run;
pub mod schedule;
mod scheduler;
mod signal;
mod submit;
mod sweep;
mod task;
#[cfg(feature = "testkit")]
pub mod testkit;
mod tick;
mod trace;
mod worker;

pub use apply::Push;
pub use cache::{MemoryCache, Topics};
pub use calendar::JsonCalendar;
pub use changes::{Change, ChangeKind, changes};
pub use compile::{DEFAULT_POOL, compile};
pub use control::Control;
pub use history::{ErrorRecord, Outcome, RunFilter, RunId, RunRecord, Runs, StreamRecord};
pub use limit::{Limit, Limits};
pub use live::LiveProgress;
pub use measure::describe_metrics;
pub use notify::{Channel, Message, Messenger, When};
pub use policy::Policy;
pub use ports::{
    Allowance, Cache, Calendar, ClaimedTask, Clock, Consumer, Delivery, Depth, Due, DueTick, Ended, EndedRun, Failure,
    Figures, Heard, Hint, InProcessQueue, Inspector, KeyId, LOG_IS_FULL, Lag, Listener, Lists, LogLevel, LogLine,
    Logged, MAX_CACHED, MAX_LOG, Meter, Moved, NewVersion, Notice, Notices, Outbox, OutboxRow, Presence, Projects,
    Published, Pushed, Question, Queue, Random, RejectsAsked, ReplayAsked, Retention, Rotated, RunList, RunLog,
    RunPlace, Runner, RunsOf, Schedules, SealedKey, SealedSecret, SealedSecrets, SecretEntry, SecretId, Store,
    Submissions, Submitted, Tasks, Vault, Verdict, Work, Workers,
};
pub use presence::ABSENT;
pub use project::{PlannedStream, PlannedSync, ScheduleSpec, Version};
pub use recent::Recent;
pub use run::{NewRun, Run, RunState, Trigger};
pub use schedule::Skip as SkipReason;
pub use signal::Signal;
pub use submit::Submission;
pub use task::{Ending, Event, Lease, LeaseEpoch, Progress, Refusal, Task, TaskId, TaskState, Usage, transition};
pub use tick::{Decision, Round, Schedule, ScheduleId, Tick, TickOutcome};
pub use trace::TraceParent;
pub use worker::Worker;
