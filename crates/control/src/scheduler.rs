//! Use case: due schedules get their ticks.
//!
//! A round of a schedule is computed from what was read, and recorded only if nobody else has recorded one since: so any
//! number of schedulers may do this at once, and one that dies half-way leaves nothing.

use std::time::SystemTime;

use syncapp_model::Result;

use crate::{Calendar, Control, Decision, Due, NewRun, Round, Signal, SkipReason, Trigger};

impl Control {
    /// Records a round for each schedule that is due. Returns how many were recorded.
    pub async fn tick(&self, calendar: &dyn Calendar) -> Result<usize> {
        let mut recorded = 0;
        for due in self.store.due(self.policy.batch).await? {
            let Some(first) = due.schedule.next_due else { continue };
            match self.round(&due, first, calendar) {
                Ok(round) => recorded += usize::from(self.store.record(&round).await?),
                // Its words were understood when they were pushed; the other schedules do not wait for it.
                Err(error) => tracing::error!(%error, schedule = %due.schedule.id, "a schedule cannot be understood"),
            }
        }
        Ok(recorded)
    }

    /// What is to be recorded of a schedule whose tick `first` is due. After a long outage only a part: the rest is due
    /// still.
    fn round(&self, due: &Due, first: SystemTime, calendar: &dyn Calendar) -> Result<Round> {
        let schedule = &due.schedule;
        let told = calendar.due(&schedule.definition, first, due.now)?;
        // None where the rules of a zone have changed, and `first` is no tick any more.
        let last = told.last().map_or(due.now, |(tick, _)| *tick);
        let decided = told.into_iter().map(|(tick, skipped)| match skipped {
            _ if due.paused => (tick, Decision::Skip(SkipReason::Paused)),
            None => (tick, Decision::Run(Box::new(self.run_of(due, tick)))),
            Some(reason) => (tick, Decision::Skip(reason)),
        });
        Ok(Round {
            ticks: decided.collect(),
            next_due: calendar.next_after(&schedule.definition, last)?,
            schedule: schedule.clone(),
            paused: due.paused,
        })
    }

    fn run_of(&self, due: &Due, tick: SystemTime) -> NewRun {
        NewRun {
            id: self.run_id(),
            project: due.schedule.id.project.clone(),
            version: due.schedule.version,
            sync: due.schedule.id.sync.clone(),
            trigger: Trigger::Tick(tick),
            key: None,
            overlap: due.schedule.overlap,
            limits: due.limits.clone(),
            streams: due.streams.clone(),
        }
    }

    /// Does so, and [follows](Self::follow), until `stop` is raised.
    pub async fn tick_until(&self, calendar: &dyn Calendar, stop: &Signal) {
        while !stop.is_raised() {
            let done = match self.tick(calendar).await {
                Ok(recorded) => self.follow().await.map(|followed| recorded + followed),
                Err(error) => Err(error),
            };
            self.rest("tick", done, self.policy.tick_every, stop).await;
        }
    }
}
