//! The history of runs on this machine.

use std::path::PathBuf;
use std::time::SystemTime;

use syncapp_control::{ErrorRecord, Outcome, RunId, RunRecord, Runs, StreamRecord};
use syncapp_engine::{StreamSummary, Summary};
use syncapp_model::{Code, Error, Result};
use syncapp_store::SqliteStore;

use crate::project::Project;

/// Opens the local store.
pub(crate) fn open() -> Result<SqliteStore> {
    SqliteStore::open(&home()?)
}

/// The folder of all that is kept on this machine: `$SYNCAPP_HOME`, else the platform's data directory.
pub(crate) fn home() -> Result<PathBuf> {
    let home = std::env::var_os("SYNCAPP_HOME")
        .filter(|home| !home.is_empty())
        .map(PathBuf::from);
    home.or_else(|| dirs::data_local_dir().map(|data| data.join("syncapp")))
        .ok_or_else(|| {
            Error::new(Code::StoreFailed, "this machine names no folder for data").help("set SYNCAPP_HOME to a folder")
        })
}

/// A run that begins now.
pub(crate) fn begin(project: &str, sync: &str, file: Option<&Project>) -> RunRecord {
    RunRecord {
        id: RunId::new(),
        project: project.into(),
        sync: sync.into(),
        file: file.map(Project::place),
        environment: file.and_then(|file| file.environment.clone()),
        started_at: SystemTime::now(),
        finished_at: None,
        outcome: Outcome::Running,
        error: None,
        streams: Vec::new(),
    }
}

/// Records how a run ended.
pub(crate) async fn finish(store: &SqliteStore, mut run: RunRecord, summary: &Summary) -> Result<()> {
    run.finished_at = Some(SystemTime::now());
    run.outcome = match summary.outcome {
        syncapp_engine::Outcome::Landed => Outcome::Done,
        syncapp_engine::Outcome::Partial => Outcome::Partial,
        syncapp_engine::Outcome::Failed => Outcome::Failed,
        syncapp_engine::Outcome::Cancelled => Outcome::Cancelled,
    };
    run.streams = summary.streams.iter().map(stream).collect();
    store.finished(&run).await
}

/// Records that a run came to nothing before its streams began.
pub(crate) async fn fail(store: &SqliteStore, mut run: RunRecord, error: Option<&Error>) -> Result<()> {
    run.finished_at = Some(SystemTime::now());
    run.outcome = Outcome::Failed;
    run.error = error.map(ErrorRecord::from);
    store.finished(&run).await
}

fn stream(summary: &StreamSummary) -> StreamRecord {
    let counts = summary.counts;
    StreamRecord {
        stream: summary.stream.clone(),
        target: summary.target.clone(),
        rows_read: counts.rows_read,
        rows_written: counts.rows_written,
        inserted: counts.receipt.inserted,
        updated: counts.receipt.updated,
        deleted: counts.receipt.deleted,
        bytes: counts.bytes,
        position: summary.position.as_ref().map(ToString::to_string),
        error: summary.error.as_ref().map(ErrorRecord::from),
    }
}
