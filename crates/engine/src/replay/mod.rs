//! Rejected rows that are sent again, mended or not.
//!
//! What was kept of a row is mapped as the stream is mapped now, and lands in one load, which also takes it off the list:
//! killed at any moment, a row is in the target or on the list, never both and never neither. No row of the target gives
//! way to one that is not newer ([`syncapp_connector::Load::replay`]). The stream's checkpoint stays as it was, and what
//! the user runs around loads (`before_sql`, `after_sql`) does not run.

mod fix;
mod load;
mod rows;

use std::collections::HashSet;

use serde::Serialize;
use syncapp_connector::Fate;
use syncapp_model::{Code, Error, Result};
use tokio_util::sync::CancellationToken;

pub use fix::Fix;

use crate::{Ends, RunOptions, StreamPlan};

/// Which rejected rows are sent again, and what is mended.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// Only these rows; all that are kept where it is empty.
    pub ids: HashSet<String>,
    /// What takes the place of values of the source's columns.
    pub fixes: Vec<Fix>,
}

/// What became of a stream's rows.
#[derive(Debug, Clone, Serialize)]
pub struct Replayed {
    /// The stream's source name.
    pub stream: String,
    /// Its target's name.
    pub target: String,
    /// Each row that was to be sent.
    pub rows: Vec<ReplayedRow>,
}

/// What became of one row.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayedRow {
    /// Its name in the list.
    pub id: String,
    /// The values of the key's columns as JSON, where they are known.
    pub row_key: Option<String>,
    /// What became of it.
    pub outcome: RowOutcome,
    /// Why it is still kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// It is in the target.
    Landed,
    /// The target has a newer version: it is no longer kept.
    Superseded,
    /// The target has another version, and nothing tells which is newer: it is still kept.
    Undecided,
    /// It cannot land, for the reason that now stands with it in the list.
    Rejected,
    /// It was not sent: its values cannot be had from what was kept, or `where` leaves it out.
    Refused,
}

impl RowOutcome {
    /// Whether the row needs no more attention.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Landed | Self::Superseded)
    }
}

impl From<Fate> for RowOutcome {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Landed => Self::Landed,
            Fate::Superseded => Self::Superseded,
            Fate::Undecided => Self::Undecided,
        }
    }
}

/// Sends a stream's rejected rows again; failures that may pass are tried again.
pub async fn replay(
    ends: &Ends,
    plan: &StreamPlan,
    options: &RunOptions,
    wanted: &Replay,
    cancel: &CancellationToken,
) -> Result<Replayed, Vec<Error>> {
    let named = |error: Error| ends.show(plan, error).stream(&plan.key.stream);
    if !load::is_due(ends, plan).await.map_err(|error| vec![named(error)])? {
        return Ok(Replayed {
            stream: plan.key.stream.clone(),
            target: plan.target.raw(),
            rows: Vec::new(),
        });
    }
    let fixes = fix::Fixes::compile(plan, &wanted.fixes, options)
        .map_err(|problems| problems.into_iter().map(named).collect::<Vec<_>>())?;
    let mut sent = load::Sent::new(ends, plan, options, wanted, &fixes);
    let mut failures = 0;
    loop {
        let attempt = tokio::select! {
            ended = sent.attempt() => ended,
            () = cancel.cancelled() => Err(Error::new(Code::Cancelled, "the replay was stopped")
                .help("run it again: what has not landed is still kept")),
        };
        let error = match attempt {
            Ok(replayed) => return Ok(replayed),
            Err(error) => error,
        };
        failures += 1;
        match options.retry.wait(failures, 0.0).filter(|_| error.is_transient()) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(vec![named(error)]),
        }
    }
}
