//! What the control plane needs of the world. A host brings it, the tests bring another one.

mod cache;
mod figures;
mod in_process;
mod inspector;
mod lists;
mod log;
mod notices;
mod queue;
mod retention;
mod runner;
mod store;
mod time;
mod vault;
mod workers;

pub use cache::{Allowance, Cache, Listener, MAX_CACHED};
pub use figures::{Depth, Figures, Lag};
pub use in_process::InProcessQueue;
pub use inspector::{Inspector, Question, RejectsAsked, ReplayAsked};
pub use lists::{Lists, Moved, RunList, RunPlace, RunsOf};
pub use log::{LOG_IS_FULL, LogLevel, LogLine, Logged, MAX_LOG, RunLog};
pub use notices::{EndedRun, Notice, Notices};
pub use queue::{Consumer, Delivery, Hint, Published, Queue};
pub use retention::Retention;
pub use runner::{Ended, Failure, Meter, Runner, Work};
pub use store::{
    Due, NewVersion, Outbox, OutboxRow, Projects, Pushed, Schedules, Store, Submissions, Submitted, Tasks, Verdict,
};
pub use time::{Calendar, Clock, DueTick, Random};
pub use vault::{KeyId, Rotated, SealedKey, SealedSecret, SealedSecrets, SecretEntry, SecretId, Vault};
pub use workers::{ClaimedTask, Heard, Presence, Workers};
