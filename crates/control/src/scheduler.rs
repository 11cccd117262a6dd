//! Use case: due schedules get their ticks.
//!
//! A round of a schedule is computed from what was read, and recorded only if nobody else has recorded one since: so any
//! number of schedulers may do this at once, and one that dies half-way leaves nothing.

use std::time::{Duration, SystemTime};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use syncapp_model::Result;
use tracing::Instrument as _;

use crate::{
    Calendar, Control, Decision, Due, NewRun, Round, Signal, SkipReason, TickOutcome, TraceParent, Trigger, measure,
};

/// How many rounds are recorded at once: fewer than a process has connections.
const AT_ONCE: usize = 8;

impl Control {
    /// Records a round for each schedule that is due. Returns how many were recorded.
    pub async fn tick(&self, calendar: &dyn Calendar) -> Result<usize> {
        let mut due = self.store.due(self.policy.batch).await?;
        // Schedulers that look at one instant share the work: each begins elsewhere. What a push has left comes first.
        let from = self.random.bits() as usize % due.len().max(1);
        due.rotate_left(from);
        let (owed, held) = due.into_iter().partition(|due| due.schedule.until.is_some());
        Ok(self.record_all(owed, calendar).await? + self.record_all(held, calendar).await?)
    }

    /// Records a round for each of these, a few at a time: they wait for the disk together.
    pub(crate) async fn record_all(&self, due: Vec<Due>, calendar: &dyn Calendar) -> Result<usize> {
        let rounds = due.into_iter().filter_map(|due| {
            let first = due.schedule.next_due?;
            let span = tracing::info_span!("tick", schedule = %due.schedule.id);
            Some(self.record(due, first, calendar).instrument(span))
        });
        let recorded = stream::iter(rounds).buffer_unordered(AT_ONCE);
        recorded
            .try_fold(0, async |count, one| Ok(count + usize::from(one)))
            .await
    }

    async fn record(&self, due: Due, first: SystemTime, calendar: &dyn Calendar) -> Result<bool> {
        let round = match self.round(&due, first, calendar) {
            Ok(round) => round,
            // Its words were understood when they were pushed; the other schedules do not wait for it.
            Err(error) => {
                tracing::error!(%error, schedule = %due.schedule.id, "a schedule cannot be understood");
                return Ok(false);
            }
        };
        let recorded = self.store.record(&round).await?;
        if recorded {
            self.count(&round).await;
        }
        Ok(recorded)
    }

    /// Counts what became of a round's ticks.
    async fn count(&self, round: &Round) {
        let id = &round.schedule.id;
        let Some((from, _)) = round.ticks.first() else { return };
        let ticks = match self.store.ticks(id, *from, round.ticks.len()).await {
            Ok(ticks) => ticks,
            Err(error) => return tracing::debug!(%error, schedule = %id, "what became of ticks is not known"),
        };
        for tick in ticks {
            match tick.outcome {
                TickOutcome::Ran(_) => measure::started(&id.project, &id.sync, Trigger::Tick(tick.nominal_at)),
                TickOutcome::Skipped(reason) => measure::skipped(id, reason),
            }
        }
    }

    /// What is to be recorded of a schedule whose tick `first` is due. After a long outage only a part: the rest is due
    /// still.
    fn round(&self, due: &Due, first: SystemTime, calendar: &dyn Calendar) -> Result<Round> {
        let schedule = &due.schedule;
        let until = schedule.until.map_or(due.now, |until| until.min(due.now));
        let told = calendar.due(&schedule.definition, first, until, due.now)?;
        // None where the rules of a zone have changed, and `first` is no tick any more.
        let last = told.last().map_or(until, |(tick, _)| *tick);
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
            trace: TraceParent::current(),
        }
    }

    /// Does so, and [follows](Self::follow), until `stop` is raised.
    pub async fn tick_until(&self, calendar: &dyn Calendar, stop: &Signal) {
        while !stop.is_raised() {
            let done = match self.tick(calendar).await {
                Ok(recorded) => self.follow().await.map(|followed| recorded + followed),
                Err(error) => Err(error),
            };
            let period = match done {
                Ok(0) => self.till_due().await,
                _ => self.policy.tick_every,
            };
            self.rest("tick", done, period, stop).await;
        }
    }

    /// Until the next tick is due, and no longer than a change of a schedule may go unseen.
    async fn till_due(&self) -> Duration {
        // Where this fails, the next step says so.
        let next = self.store.next_due().await.ok().flatten();
        next.unwrap_or(Duration::MAX).min(self.policy.tick_every)
    }
}
