//! Use case: what is over for long is forgotten.

use std::time::Duration;

use syncapp_model::Result;

use crate::{Control, Signal};

/// How often there is a look, when there was nothing to forget.
const EVERY: Duration = Duration::from_mins(1);

impl Control {
    /// Forgets runs and ticks that are over for so long, a batch of each. Returns how many.
    pub async fn forget(&self, age: Duration) -> Result<usize> {
        self.store.forget(age, self.policy.batch).await
    }

    /// Does so until `stop` is raised.
    pub async fn forget_until(&self, age: Duration, stop: &Signal) {
        while !stop.is_raised() {
            let done = self.forget(age).await;
            self.rest("forget", done, EVERY, stop).await;
        }
    }
}
