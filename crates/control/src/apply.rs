//! Use case: a project is pushed.

use std::collections::BTreeMap;

use syncapp_model::{Code, Error, Result};

use crate::{Calendar, Control, NewVersion, PlannedSync, Pushed, follow};

/// How often schedules are caught up with before a push gives up.
const TRIES: usize = 100;

/// What is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The project.
    pub project: String,
    /// The sync file.
    pub text: String,
    /// What was compiled from it.
    pub syncs: Vec<PlannedSync>,
    /// The version that whoever pushes has seen, and means to replace; `None` for a new project.
    pub expected: Option<u32>,
}

impl Control {
    /// Makes what is pushed the project's newest version, as a whole or not at all. Runs that were accepted before keep
    /// their version.
    ///
    /// Never [`Pushed::Behind`]: what is due is recorded first. When this fails, whether it happened is unknown: pushed again, [`Pushed::Moved`] may then name the own version.
    pub async fn apply(&self, push: Push, calendar: &dyn Calendar) -> Result<Pushed> {
        follow::check(&push.syncs)?;
        for _ in 0..TRIES {
            let pushed = self.try_apply(&push, calendar).await?;
            if pushed != Pushed::Behind {
                return Ok(pushed);
            }
            // What was due under the old words is recorded before the new words hold.
            self.tick(calendar).await?;
        }
        let why = "schedules that this push would change have missed more ticks than could be recorded meanwhile";
        Err(Error::new(Code::StoreFailed, why)
            .help("push it once more; the agent's log says more, if that does not help"))
    }

    async fn try_apply(&self, push: &Push, calendar: &dyn Calendar) -> Result<Pushed> {
        let now = self.store.now().await?;
        let mut first_due = BTreeMap::new();
        for sync in &push.syncs {
            let Some(schedule) = &sync.schedule else { continue };
            if let Some(due) = calendar.next_after(&schedule.definition, now)? {
                first_due.insert(sync.name.clone(), due);
            }
        }
        let version = NewVersion {
            project: push.project.clone(),
            text: push.text.clone(),
            syncs: push.syncs.clone(),
            first_due,
        };
        self.store.apply(&version, push.expected).await
    }
}
