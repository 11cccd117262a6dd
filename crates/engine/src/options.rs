//! What a run is asked for beside the sync file.

use std::time::{Duration, SystemTime};

use crate::RetryPolicy;

/// Choices of one run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The run's id, for `_run_id`.
    pub run_id: String,
    /// Only these streams, by their names in the source; all where it is empty.
    pub streams: Vec<String>,
    /// Only this entry of the sync's `streams`, as the file writes it, with all that it matches.
    pub entry: Option<String>,
    /// Everything is read again and replaces the target.
    pub full_refresh: bool,
    /// Only this part of the cursor's values, without touching the state.
    pub range: Option<CursorRange>,
    /// At most so many rows a stream, without touching the state.
    pub limit: Option<u64>,
    /// The project's secret for masks.
    pub mask_key: Option<Vec<u8>>,
    /// What `now()` gives in expressions: one moment for the whole run.
    pub now: SystemTime,
    /// How often and how patiently transient failures are tried again.
    pub retry: RetryPolicy,
    /// How many streams run side by side.
    pub parallel_streams: usize,
    /// Into how many splits one stream's snapshot may be cut.
    pub splits: usize,
    /// How many bytes of one stream may wait between reading and writing.
    pub buffer_bytes: usize,
    /// An increment commits about every so many rows.
    pub commit_rows: u64,
}

impl RunOptions {
    /// The run's one moment in microseconds since 1970 UTC, as `now()` gives it too.
    pub(crate) fn moment(&self) -> i64 {
        let since = self.now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    /// So long after that moment.
    pub(crate) fn until(&self, time: Duration) -> i64 {
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        self.moment().saturating_add(micros)
    }
}

impl Default for RunOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            run_id: String::new(),
            streams: Vec::new(),
            entry: None,
            full_refresh: false,
            range: None,
            limit: None,
            mask_key: None,
            now: SystemTime::now(),
            retry: RetryPolicy::default(),
            parallel_streams: cores.min(4),
            splits: (cores / 2).clamp(1, 8),
            buffer_bytes: 8 << 20,
            commit_rows: 1_000_000,
        }
    }
}

/// A part of a cursor's values, as the user wrote it: from the first inclusively to below the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorRange {
    /// Inclusive lower bound; open where it is not given.
    pub from: Option<String>,
    /// Exclusive upper bound; open where it is not given.
    pub below: Option<String>,
}
