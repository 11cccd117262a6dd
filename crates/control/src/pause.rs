//! Use cases: a sync is paused, and goes on, without a push.
//!
//! A pause belongs to a sync by its name, whatever makes it run: pushes leave it alone. While it lasts nothing starts by itself;
//! each tick is recorded as skipped, and nothing comes after a success. Whoever starts a run by hand, or runs one again, has it,
//! and what was accepted before goes on.

use syncapp_model::{Code, Error, Result};

use crate::{Calendar, Control, ScheduleId};

/// How often ticks are caught up with before a sync that is to go on does not.
const TRIES: usize = 100;

impl Control {
    /// Pauses a sync of the project's newest version. When this returns, no tick gets a run any more, also one that was due
    /// before and is not recorded yet; and no success that comes from now on is followed by one. Twice is once.
    pub async fn pause(&self, id: &ScheduleId) -> Result<()> {
        self.known(id).await?;
        self.store.pause(id).await
    }

    /// Lets a sync go on. What came up while it was paused is recorded as skipped first, and none of it is made up for.
    pub async fn resume(&self, id: &ScheduleId, calendar: &dyn Calendar) -> Result<()> {
        self.known(id).await?;
        while self.follow().await? == self.policy.batch {}
        for _ in 0..TRIES {
            if self.store.resume(id).await? {
                return Ok(());
            }
            self.record_all(self.store.due_of(id).await?, calendar).await?;
        }
        let why = "the sync has missed more ticks while it was paused than could be recorded meanwhile";
        Err(Error::new(Code::StoreFailed, why)
            .help("ask for it once more; the agent's log says more, if that does not help"))
    }

    async fn known(&self, id: &ScheduleId) -> Result<()> {
        self.newest(&id.project).await?.known(&id.sync).map(drop)
    }
}
