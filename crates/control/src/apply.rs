//! Use case: a project is pushed.

use std::collections::BTreeMap;

use syncapp_model::Result;

use crate::{Calendar, Control, NewVersion, PlannedSync, Pushed, follow};

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
    /// their version, and so do ticks that are due: they are recorded by the words under which they came.
    ///
    /// When this fails, whether it happened is unknown: pushed again, [`Pushed::Moved`] may then name the own version.
    pub async fn apply(&self, push: Push, calendar: &dyn Calendar) -> Result<Pushed> {
        follow::check(&push.syncs)?;
        let now = self.store.now().await?;
        let mut first_due = BTreeMap::new();
        for sync in &push.syncs {
            let Some(schedule) = &sync.schedule else { continue };
            if let Some(due) = calendar.next_after(&schedule.definition, now)? {
                first_due.insert(sync.name.clone(), due);
            }
        }
        let version = NewVersion {
            project: push.project,
            text: push.text,
            syncs: push.syncs,
            first_due,
        };
        self.store.apply(&version, push.expected).await
    }
}
