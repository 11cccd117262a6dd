//! What happens in a run, as it happens. `--json` prints these, one a line.

use serde::Serialize;
use syncapp_connector::{Delivery, Receipt};
use syncapp_model::sync_file::{Mode, Write};
use syncapp_model::{Error, Scalar};

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The streams are planned and begin.
    RunStarted {
        /// The sync's name.
        sync: String,
        /// Source names of the streams.
        streams: Vec<String>,
    },
    /// A stream has claimed its target.
    StreamStarted {
        /// Its source name.
        stream: String,
        /// Its target's name.
        target: String,
        /// How it is read.
        mode: Mode,
        /// How it lands.
        write: Write,
        /// What a kill in the middle leaves.
        delivery: Delivery,
        /// Whether a journal is kept, so that the run can be taken back.
        undo: bool,
        /// The source's guess at the number of rows.
        estimated_rows: Option<u64>,
        /// Where the increment begins.
        from: Option<Scalar>,
    },
    /// How far a stream is; sent a few times a second.
    Progress {
        /// Its source name.
        stream: String,
        /// What it has done so far.
        #[serde(flatten)]
        counts: Counts,
        /// Rows read a second since the stream began.
        rows_per_second: f64,
        /// Seconds to go, where the number of rows is known.
        eta_seconds: Option<f64>,
    },
    /// Rows and checkpoint are in the target.
    Committed {
        /// The stream's source name.
        stream: String,
        /// Rows of this commit.
        rows: u64,
        /// Where the next increment begins.
        position: Option<Scalar>,
        /// How far the target is behind the clock, for a cursor of time.
        lag_seconds: Option<f64>,
    },
    /// Something the user should know.
    Warning {
        /// What it is.
        warning: Error,
    },
    /// A stream failed in a way that may pass, and will be tried again.
    Retry {
        /// Its source name.
        stream: String,
        /// How often it has failed in a row.
        failures: u32,
        /// Seconds until the next attempt.
        wait_seconds: f64,
        /// What happened.
        error: Error,
    },
    /// A stream has ended.
    StreamFinished(StreamSummary),
    /// The run has ended.
    RunFinished(Summary),
}

/// What a stream has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows that came from the source.
    pub rows_read: u64,
    /// Rows that landed: read, and neither filtered out nor known from before.
    pub rows_written: u64,
    /// Bytes of memory that the rows read took.
    pub bytes: u64,
    /// Rows that were set aside.
    pub rejected: u64,
    /// Values that became NULL because they could not land.
    pub nulled: u64,
    /// What the commits say they did.
    #[serde(flatten)]
    pub receipt: Receipt,
}

/// How a stream or a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything landed.
    Landed,
    /// Some streams landed and others did not.
    Partial,
    /// Nothing of it landed, or not all.
    Failed,
    /// The user stopped it.
    Cancelled,
}

/// A stream's end.
#[derive(Debug, Clone, Serialize)]
pub struct StreamSummary {
    /// Its source name.
    pub stream: String,
    /// Its target's name; empty where it was not planned.
    pub target: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What it did.
    #[serde(flatten)]
    pub counts: Counts,
    /// How long it took.
    pub seconds: f64,
    /// Where the next increment begins.
    pub position: Option<Scalar>,
    /// Why it did not land.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

/// A run's end.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The sync's name.
    pub sync: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub seconds: f64,
    /// Its streams.
    pub streams: Vec<StreamSummary>,
}
