//! Use case: what got stuck is set going again.
//!
//! Whatever a crash, a lost hint or a lost broker leaves behind is one of two things: a lease that ran out, or a task that
//! could be claimed and is not. Both are found in the store alone.

use syncapp_model::Result;

use crate::{Control, Event, LogLevel, LogLine, Signal, Verdict, measure};

impl Control {
    /// Takes tasks from workers that were not heard of for too long, and writes hints to tasks whose wait is over or whose
    /// hint came to nothing. Returns how many of both.
    pub async fn sweep(&self) -> Result<usize> {
        let expired = self.store.expired(self.policy.batch).await?;
        let losses = self.policy.losses;
        for task in &expired {
            // Refused where the worker was heard of after all, or another sweeper was faster.
            if let Verdict::Held(task) = self.store.happen(*task, &Event::Expire { losses }).await? {
                measure::lease_lost();
                let worker = task.worker.as_deref().unwrap_or_default();
                let mut line = LogLine::info(
                    &task.stream,
                    format!("{worker} was not heard of for too long: taken from it"),
                );
                line.level = LogLevel::Warning;
                self.note(task.id.run, &[line]).await;
                self.ended(&task).await;
            }
        }
        let roused = self.store.rouse(self.policy.patience, self.policy.batch).await?;
        Ok(expired.len() + roused)
    }

    /// Does so until `stop` is raised.
    pub async fn sweep_until(&self, stop: &Signal) {
        while !stop.is_raised() {
            let done = self.sweep().await;
            self.rest("sweep", done, self.policy.sweep_every, stop).await;
        }
    }
}
