//! What a stream has done so far, shared with whoever shows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use syncapp_connector::Receipt;
use tokio::sync::mpsc::UnboundedSender;

use crate::{Counts, Event};

const TICK: Duration = Duration::from_millis(250);

#[derive(Default)]
pub(crate) struct Progress {
    rows_read: AtomicU64,
    rows_written: AtomicU64,
    bytes: AtomicU64,
    rejected: AtomicU64,
    nulled: AtomicU64,
    commits: AtomicU64,
    /// Rows that are expected, and one; 0 where nobody knows.
    expected: AtomicU64,
    /// Rows read and written when the last commit was done.
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    rows_written: u64,
    rejected: u64,
    nulled: u64,
    receipt: Receipt,
}

impl Progress {
    pub(crate) fn expect(&self, rows: Option<u64>) {
        self.expected.store(rows.map_or(0, |rows| rows + 1), Ordering::Relaxed);
    }

    pub(crate) fn read(&self, rows: u64, bytes: u64) {
        self.rows_read.fetch_add(rows, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn wrote(&self, rows: u64) {
        self.rows_written.fetch_add(rows, Ordering::Relaxed);
    }

    pub(crate) fn rejected(&self, rows: u64) {
        self.rejected.fetch_add(rows, Ordering::Relaxed);
    }

    /// Rows that were written, and that the target refused in the end.
    pub(crate) fn refused(&self, rows: u64) {
        self.rows_written.fetch_sub(rows, Ordering::Relaxed);
        self.rejected(rows);
    }

    pub(crate) fn nulled(&self, values: u64) {
        self.nulled.fetch_add(values, Ordering::Relaxed);
    }

    pub(crate) fn committed(&self, receipt: Receipt) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.rows_written = self.rows_written.load(Ordering::Relaxed);
        kept.rejected = self.rejected.load(Ordering::Relaxed);
        kept.nulled = self.nulled.load(Ordering::Relaxed);
        kept.receipt.inserted += receipt.inserted;
        kept.receipt.updated += receipt.updated;
        kept.receipt.deleted += receipt.deleted;
    }

    /// How many commits are done.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Forgets what was written since the last commit: it is gone.
    pub(crate) fn restart(&self) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.rows_written.store(kept.rows_written, Ordering::Relaxed);
        self.rejected.store(kept.rejected, Ordering::Relaxed);
        self.nulled.store(kept.nulled, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            rows_read: self.rows_read.load(Ordering::Relaxed),
            rows_written: self.rows_written.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            nulled: self.nulled.load(Ordering::Relaxed),
            receipt: self.kept.lock().unwrap_or_else(PoisonError::into_inner).receipt,
        }
    }

    /// Tells a few times a second how far the stream is; until it is aborted.
    pub(crate) async fn tick(progress: Arc<Self>, stream: String, events: UnboundedSender<Event>) {
        let started = Instant::now();
        let mut ticks = tokio::time::interval(TICK);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            let counts = progress.counts();
            let rate = counts.rows_read as f64 / started.elapsed().as_secs_f64();
            let expected = progress.expected.load(Ordering::Relaxed).checked_sub(1);
            let left = expected
                .and_then(|expected| expected.checked_sub(counts.rows_read))
                .filter(|_| rate > 0.0);
            let eta_seconds = left.map(|left| left as f64 / rate);
            let told = events.send(Event::Progress {
                stream: stream.clone(),
                counts,
                rows_per_second: rate,
                eta_seconds,
            });
            if told.is_err() {
                return;
            }
        }
    }
}
