//! A run: streams are planned, read, mapped, written and committed, with no idea where it runs.
//!
//! The engine owns control: order, back-pressure, retries, checkpoints, stopping. Connectors come from the host as
//! [`syncapp_connector::Source`] and [`syncapp_connector::Destination`]; what happens goes out as [`Event`]s.
//!
//! Invariants:
//! - Nothing is written before every stream of the sync is planned without a configuration error.
//! - A stream's rows and its checkpoint become visible together; a stream that fails leaves its target as it was.
//! - What waits between reading and writing is bounded in bytes, however wide the rows.
//! - A bad stream never blocks the others.

mod added;
mod boundary;
mod channel;
mod check;
pub mod compare;
mod consent;
mod cursor;
mod decide;
mod drift;
mod event;
pub mod forecast;
mod gone;
mod ground;
mod kept;
mod key;
mod listed;
mod load;
mod names;
mod options;
mod outlook;
mod passing_hash;
mod plan;
mod preview;
mod progress;
mod readers;
mod reading;
mod replay;
mod resume;
mod row_hash;
mod run;
mod sift;
mod spool;
mod stream;
mod typed;
mod unread;
pub mod verify;

pub use check::{Checked, check};
pub use event::{Counts, Event, Outcome, StreamSummary, Summary};
pub use options::{CursorRange, RunOptions};
pub use outlook::{Fit, Origin, Outlook, Way, outlook};
pub use plan::{Ends, Plan, StreamPlan, plan};
pub use preview::{Preview, Refused, preview};
pub use replay::{Fix, Replay, Replayed, ReplayedRow, RowOutcome, replay};
pub use run::run;
pub use syncapp_model::RetryPolicy;
