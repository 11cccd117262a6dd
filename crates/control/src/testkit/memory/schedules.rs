use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use syncapp_model::Result;

use super::{MemoryStore, Rows};
use crate::{Decision, Due, Round, Schedule, ScheduleId, Schedules, SkipReason, Submitted, Tick, TickOutcome};

#[async_trait]
impl Schedules for MemoryStore {
    async fn now(&self) -> Result<SystemTime> {
        Ok(self.time())
    }

    async fn due(&self, limit: usize) -> Result<Vec<Due>> {
        let now = self.time();
        let rows = self.rows();
        Ok(rows.due(rows.schedules.values().chain(rows.owed.values()), limit, now))
    }

    async fn next_due(&self) -> Result<Option<Duration>> {
        let now = self.time();
        let rows = self.rows();
        let next = rows.schedules.values().filter_map(|schedule| schedule.next_due);
        Ok(next
            .filter_map(|due| due.duration_since(now).ok())
            .filter(|wait| !wait.is_zero())
            .min())
    }

    async fn due_of(&self, sync: &ScheduleId) -> Result<Vec<Due>> {
        let now = self.time();
        let rows = self.rows();
        Ok(rows.due(rows.of_sync(sync), usize::MAX, now))
    }

    async fn record(&self, round: &Round) -> Result<bool> {
        let now = self.time();
        let mut rows = self.rows();
        let read = &round.schedule;
        let paused = rows.paused.contains(&read.id);
        let key = (read.id.clone(), read.version);
        let rows = &mut *rows;
        let holds = rows
            .schedules
            .get_mut(&read.id)
            .filter(|holds| holds.version == read.version);
        let Some(schedule) = holds.or(rows.owed.get_mut(&key)) else {
            return Ok(false);
        };
        if (schedule.next_due, paused) != (read.next_due, round.paused) {
            return Ok(false);
        }
        let until = schedule.until;
        schedule.next_due = round.next_due;
        if until.is_some_and(|until| !schedule.is_due(until)) {
            rows.owed.remove(&key);
        }
        for (nominal_at, decision) in &round.ticks {
            if until.is_some_and(|until| *nominal_at > until) {
                continue;
            }
            // A schedule that was changed and changed back may mean an instant again.
            if rows.ticks.entry(read.id.clone()).or_default().contains_key(nominal_at) {
                continue;
            }
            let outcome = match decision {
                Decision::Skip(reason) => TickOutcome::Skipped(*reason),
                Decision::Run(run) => match rows.submit(run, now) {
                    Submitted::Accepted(id) | Submitted::Known(id) => TickOutcome::Ran(id),
                    Submitted::Overlaps(_) => TickOutcome::Skipped(SkipReason::Overlap),
                },
            };
            rows.ticks
                .entry(read.id.clone())
                .or_default()
                .insert(*nominal_at, outcome);
        }
        Ok(true)
    }

    async fn ticks(&self, schedule: &ScheduleId, from: SystemTime, limit: usize) -> Result<Vec<Tick>> {
        let rows = self.rows();
        let Some(ticks) = rows.ticks.get(schedule) else {
            return Ok(Vec::new());
        };
        let ticks = ticks.range(from..).take(limit).map(|(nominal_at, outcome)| Tick {
            nominal_at: *nominal_at,
            outcome: *outcome,
        });
        Ok(ticks.collect())
    }

    async fn pause(&self, sync: &ScheduleId) -> Result<()> {
        self.rows().paused.insert(sync.clone());
        Ok(())
    }

    async fn resume(&self, sync: &ScheduleId) -> Result<bool> {
        let now = self.time();
        let mut rows = self.rows();
        if rows.paused.contains(sync) && rows.of_sync(sync).any(|schedule| schedule.is_due(now)) {
            return Ok(false);
        }
        rows.paused.remove(sync);
        Ok(true)
    }

    async fn paused(&self, project: &str) -> Result<BTreeSet<String>> {
        let rows = self.rows();
        let mine = rows.paused.iter().filter(|id| id.project == project);
        Ok(mine.map(|id| id.sync.clone()).collect())
    }
}

impl Rows {
    /// Those of them that are due, the longest overdue first.
    fn due<'a>(&self, all: impl Iterator<Item = &'a Schedule>, limit: usize, now: SystemTime) -> Vec<Due> {
        let mut due: Vec<&Schedule> = all.filter(|schedule| schedule.is_due(now)).collect();
        due.sort_by_key(|schedule| schedule.next_due);
        let sync = |schedule: &Schedule| {
            let versions = self.versions.get(&schedule.id.project)?;
            let version = versions.iter().find(|version| version.number == schedule.version)?;
            version.sync(&schedule.id.sync)
        };
        let due = due.into_iter().take(limit).map(|schedule| Due {
            streams: sync(schedule).map(|sync| sync.streams.clone()).unwrap_or_default(),
            limits: sync(schedule).map(|sync| sync.limits.clone()).unwrap_or_default(),
            paused: self.paused.contains(&schedule.id),
            schedule: schedule.clone(),
            now,
        });
        due.collect()
    }
}
