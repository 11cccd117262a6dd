//! What of an attempt's progress is counted already.

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::{Progress, Run, measure};

/// Counts an attempt's progress as it comes, once its run is known.
#[derive(Default)]
pub(super) struct Tally {
    run: OnceLock<Run>,
    counted: Mutex<Progress>,
}

impl Tally {
    /// Whose progress it is.
    pub(super) fn is_of(&self, run: &Run) {
        // It is the same run whenever it is told.
        let _ = self.run.set(run.clone());
    }

    /// Counts what has moved since the last call.
    pub(super) fn count(&self, now: Progress) {
        let Some(run) = self.run.get() else { return };
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        measure::moved(run, *counted, now);
        *counted = now;
    }
}
