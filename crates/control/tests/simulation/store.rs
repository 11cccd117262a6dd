//! The store, as a process sees it over a network that fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use syncapp_control::{
    ClaimedTask, Depth, Due, EndedRun, Event, Figures, Heard, KeyId, Lag, Lists, LogLine, Logged, Moved, NewRun,
    NewVersion, Notice, Notices, Outbox, OutboxRow, Presence, Projects, Pushed, Retention, Round, Run, RunId, RunList,
    RunLog, RunPlace, Schedule, ScheduleId, Schedules, SealedKey, SealedSecret, SealedSecrets, SecretEntry, SecretId,
    Submissions, Submitted, Task, TaskId, Tasks, Tick, Verdict, Version, Workers,
};
use syncapp_model::{Code, Error, Result};

use crate::teeth::Tooth;
use crate::watch::{Watch, at_once};

/// One process's way to the store.
pub(crate) struct StoreLink {
    pub(crate) watch: Arc<Watch>,
    /// The database's time as this process read it last.
    pub(crate) read_at: Mutex<SystemTime>,
}

impl StoreLink {
    /// A call: it may fail before, it may fail after; whoever waits may die meanwhile, and what was sent arrives all the same.
    async fn call<T: Send + 'static>(&self, effect: impl FnOnce(&Watch) -> Result<T> + Send + 'static) -> Result<T> {
        let (world, watch) = (&self.watch.world, self.watch.clone());
        let down = {
            let state = world.state();
            state.now < state.store_down
        };
        if down || world.fault(world.faults.store_fails) {
            world.latency().await;
            return Err(Error::new(Code::StoreFailed, "the store cannot be reached"));
        }
        let done = world.request(world.faults.slow, move || effect(&watch)).await;
        world.latency().await;
        if world.fault(world.faults.answer_lost) {
            return Err(Error::new(Code::StoreFailed, "the store's answer was lost"));
        }
        done
    }
}

#[async_trait]
impl Projects for StoreLink {
    async fn newest(&self, project: &str) -> Result<Option<Version>> {
        let project = project.to_owned();
        self.call(move |watch| at_once(watch.stored.rows.newest(&project)))
            .await
    }

    async fn version(&self, project: &str, number: u32) -> Result<Option<Version>> {
        let project = project.to_owned();
        self.call(move |watch| at_once(watch.stored.rows.version(&project, number)))
            .await
    }

    async fn apply(&self, version: &NewVersion, expected: Option<u32>) -> Result<Pushed> {
        let (version, since) = (version.clone(), *self.read_at.lock().unwrap());
        self.call(move |watch| {
            let pushed = at_once(watch.stored.rows.apply(&version, expected))?;
            watch.world.log(|| format!("  push over {expected:?}: {pushed:?}"));
            let mut seen = watch.stored.seen.lock().unwrap();
            match pushed {
                Pushed::Applied(number) => seen.pushes.push((number, since, watch.world.database_time())),
                Pushed::Moved(_) => seen.met("Moved".into()),
            }
            Ok(pushed)
        })
        .await
    }
}

#[async_trait]
impl Submissions for StoreLink {
    async fn submit(&self, run: &NewRun) -> Result<Submitted> {
        let run = run.clone();
        self.call(move |watch| {
            let submitted = at_once(watch.stored.rows.submit(&run))?;
            watch.targets.submitted(run.id);
            if let Some(run) = at_once(watch.stored.rows.run(run.id))? {
                watch
                    .stored
                    .seen
                    .lock()
                    .unwrap()
                    .met(format!("run {}", run.state.name()));
            }
            watch
                .world
                .log(|| format!("  submission of {}: {submitted:?}", run.sync));
            Ok(submitted)
        })
        .await
    }

    async fn run(&self, id: RunId) -> Result<Option<Run>> {
        self.call(move |watch| at_once(watch.stored.rows.run(id))).await
    }

    async fn unfollowed(&self, limit: usize) -> Result<Vec<Run>> {
        self.call(move |watch| at_once(watch.stored.rows.unfollowed(limit)))
            .await
    }

    async fn followed(&self, id: RunId) -> Result<()> {
        self.call(move |watch| at_once(watch.stored.rows.followed(id))).await
    }

    async fn cancel(&self, id: RunId) -> Result<Option<Run>> {
        self.call(move |watch| {
            let run = at_once(watch.stored.rows.cancel(id))?;
            watch
                .world
                .log(|| format!("  cancel of {id}: {:?}", run.as_ref().map(|run| run.state)));
            Ok(run)
        })
        .await
    }
}

#[async_trait]
impl Tasks for StoreLink {
    async fn tasks(&self, run: RunId) -> Result<Vec<Task>> {
        self.call(move |watch| at_once(watch.stored.rows.tasks(run))).await
    }

    async fn happen(&self, task: TaskId, event: &Event) -> Result<Verdict> {
        let event = event.clone();
        self.call(move |watch| watch.happen(task, &event)).await
    }

    async fn expired(&self, limit: usize) -> Result<Vec<TaskId>> {
        self.call(move |watch| at_once(watch.stored.rows.expired(limit))).await
    }

    async fn rouse(&self, patience: Duration, limit: usize) -> Result<usize> {
        self.call(move |watch| at_once(watch.stored.rows.rouse(patience, limit)))
            .await
    }
}

#[async_trait]
impl Outbox for StoreLink {
    async fn take(&self, limit: usize, time: Duration) -> Result<Vec<OutboxRow>> {
        self.call(move |watch| {
            let taken = at_once(watch.stored.rows.take(limit, time))?;
            if watch.tooth == Some(Tooth::Outbox) {
                let rows: Vec<u64> = taken.iter().map(|row| row.id).collect();
                at_once(watch.stored.rows.sent(&rows))?;
            }
            Ok(taken)
        })
        .await
    }

    async fn sent(&self, rows: &[u64]) -> Result<()> {
        let rows = rows.to_vec();
        self.call(move |watch| at_once(watch.stored.rows.sent(&rows))).await
    }
}

#[async_trait]
impl Schedules for StoreLink {
    async fn now(&self) -> Result<SystemTime> {
        let now = self.call(|watch| at_once(watch.stored.rows.now())).await?;
        *self.read_at.lock().unwrap() = now;
        Ok(now)
    }

    async fn due(&self, limit: usize) -> Result<Vec<Due>> {
        self.call(move |watch| {
            let mut due = at_once(watch.stored.rows.due(limit))?;
            if watch.tooth == Some(Tooth::Owed) {
                due.retain(|due| due.schedule.until.is_none());
            }
            Ok(due)
        })
        .await
    }

    async fn next_due(&self) -> Result<Option<Duration>> {
        self.call(|watch| at_once(watch.stored.rows.next_due())).await
    }

    async fn due_of(&self, sync: &ScheduleId) -> Result<Vec<Due>> {
        let sync = sync.clone();
        self.call(move |watch| at_once(watch.stored.rows.due_of(&sync))).await
    }

    async fn record(&self, round: &Round) -> Result<bool> {
        let round = round.clone();
        self.call(move |watch| {
            let recorded = at_once(watch.stored.rows.record(&round))?;
            if recorded {
                watch.targets.recorded(&round);
                let (ticks, id) = (round.ticks.len(), &round.schedule.id);
                if round.schedule.until.is_some() {
                    watch.stored.seen.lock().unwrap().met("Owed".into());
                }
                watch.world.log(|| format!("  {ticks} ticks of {id}"));
            }
            Ok(recorded)
        })
        .await
    }

    async fn ticks(&self, schedule: &ScheduleId, from: SystemTime, limit: usize) -> Result<Vec<Tick>> {
        let schedule = schedule.clone();
        self.call(move |watch| at_once(watch.stored.rows.ticks(&schedule, from, limit)))
            .await
    }

    async fn pause(&self, sync: &ScheduleId) -> Result<()> {
        let sync = sync.clone();
        self.call(move |watch| {
            at_once(watch.stored.rows.pause(&sync))?;
            watch.world.log(|| format!("  pause of {sync}"));
            let mut seen = watch.stored.seen.lock().unwrap();
            if seen.pauses.last().is_none_or(|(_, end)| end.is_some()) {
                seen.pauses.push((watch.world.database_time(), None));
            }
            Ok(())
        })
        .await
    }

    async fn resume(&self, sync: &ScheduleId) -> Result<bool> {
        let sync = sync.clone();
        self.call(move |watch| {
            let resumed = at_once(watch.stored.rows.resume(&sync))?;
            watch.world.log(|| format!("  {sync} goes on: {resumed}"));
            if let Some((_, end @ None)) = watch.stored.seen.lock().unwrap().pauses.last_mut() {
                *end = resumed.then(|| watch.world.database_time());
            }
            Ok(resumed)
        })
        .await
    }

    async fn paused(&self, project: &str) -> Result<BTreeSet<String>> {
        let project = project.to_owned();
        self.call(move |watch| at_once(watch.stored.rows.paused(&project)))
            .await
    }
}

#[async_trait]
impl RunLog for StoreLink {
    async fn log(&self, run: RunId, lines: &[LogLine]) -> Result<()> {
        let lines = lines.to_vec();
        self.call(move |watch| at_once(watch.stored.rows.log(run, &lines)))
            .await
    }

    async fn logged(&self, run: RunId, after: u32, limit: usize) -> Result<Vec<Logged>> {
        self.call(move |watch| at_once(watch.stored.rows.logged(run, after, limit)))
            .await
    }
}

#[async_trait]
impl Notices for StoreLink {
    async fn unannounced(&self, age: Duration, limit: usize) -> Result<Vec<EndedRun>> {
        self.call(move |watch| at_once(watch.stored.rows.unannounced(age, limit)))
            .await
    }

    async fn announce(&self, run: RunId, channels: &[String]) -> Result<bool> {
        let channels = channels.to_vec();
        self.call(move |watch| at_once(watch.stored.rows.announce(run, &channels)))
            .await
    }

    async fn take_notices(&self, limit: usize, time: Duration) -> Result<Vec<Notice>> {
        self.call(move |watch| at_once(watch.stored.rows.take_notices(limit, time)))
            .await
    }

    async fn told(&self, run: RunId, channel: &str) -> Result<()> {
        let channel = channel.to_owned();
        self.call(move |watch| at_once(watch.stored.rows.told(run, &channel)))
            .await
    }

    async fn postpone(&self, run: RunId, channel: &str, wait: Duration) -> Result<()> {
        let channel = channel.to_owned();
        self.call(move |watch| at_once(watch.stored.rows.postpone(run, &channel, wait)))
            .await
    }
}

#[async_trait]
impl Figures for StoreLink {
    async fn depths(&self) -> Result<Vec<Depth>> {
        self.call(|watch| at_once(watch.stored.rows.depths())).await
    }

    async fn lags(&self, limit: usize) -> Result<Vec<Lag>> {
        self.call(move |watch| at_once(watch.stored.rows.lags(limit))).await
    }
}

#[async_trait]
impl Workers for StoreLink {
    async fn here(&self, worker: &Presence) -> Result<()> {
        let worker = worker.clone();
        self.call(move |watch| at_once(watch.stored.rows.here(&worker))).await
    }

    async fn gone(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.call(move |watch| at_once(watch.stored.rows.gone(&name))).await
    }

    async fn workers(&self, since: Duration, limit: usize) -> Result<Vec<Heard>> {
        self.call(move |watch| at_once(watch.stored.rows.workers(since, limit)))
            .await
    }

    async fn claims(&self, limit: usize) -> Result<Vec<ClaimedTask>> {
        self.call(move |watch| at_once(watch.stored.rows.claims(limit))).await
    }
}

#[async_trait]
impl Lists for StoreLink {
    async fn runs(&self, list: &RunList, after: Option<RunPlace>, limit: usize) -> Result<Vec<Run>> {
        let list = list.clone();
        self.call(move |watch| at_once(watch.stored.rows.runs(&list, after, limit)))
            .await
    }

    async fn moved(&self, runs: &[RunId]) -> Result<BTreeMap<RunId, Moved>> {
        let runs = runs.to_vec();
        self.call(move |watch| at_once(watch.stored.rows.moved(&runs))).await
    }

    async fn projects(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, u32)>> {
        let after = after.map(str::to_owned);
        self.call(move |watch| at_once(watch.stored.rows.projects(after.as_deref(), limit)))
            .await
    }

    async fn versions(&self, project: &str, before: Option<u32>, limit: usize) -> Result<Vec<(u32, SystemTime)>> {
        let project = project.to_owned();
        self.call(move |watch| at_once(watch.stored.rows.versions(&project, before, limit)))
            .await
    }

    async fn schedules(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<Schedule>> {
        let (project, after) = (project.to_owned(), after.map(str::to_owned));
        self.call(move |watch| at_once(watch.stored.rows.schedules(&project, after.as_deref(), limit)))
            .await
    }
}

#[async_trait]
impl Retention for StoreLink {
    async fn forget(&self, age: Duration, limit: usize) -> Result<usize> {
        self.call(move |watch| at_once(watch.stored.rows.forget(age, limit)))
            .await
    }
}

#[async_trait]
impl SealedSecrets for StoreLink {
    async fn sealed(&self, id: &SecretId) -> Result<Option<SealedSecret>> {
        let id = id.clone();
        self.call(move |watch| at_once(watch.stored.rows.sealed(&id))).await
    }

    async fn put_sealed(&self, secret: &SealedSecret) -> Result<bool> {
        let secret = secret.clone();
        self.call(move |watch| at_once(watch.stored.rows.put_sealed(&secret)))
            .await
    }

    async fn secrets(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<SecretEntry>> {
        let (project, after) = (project.to_owned(), after.map(str::to_owned));
        self.call(move |watch| at_once(watch.stored.rows.secrets(&project, after.as_deref(), limit)))
            .await
    }

    async fn delete_sealed(&self, id: &SecretId) -> Result<bool> {
        let id = id.clone();
        self.call(move |watch| at_once(watch.stored.rows.delete_sealed(&id)))
            .await
    }

    async fn not_under(&self, key: &KeyId, after: Option<&SecretId>, limit: usize) -> Result<Vec<SealedKey>> {
        let (key, after) = (key.clone(), after.cloned());
        self.call(move |watch| at_once(watch.stored.rows.not_under(&key, after.as_ref(), limit)))
            .await
    }

    async fn reseal(&self, before: &SealedKey, key: &KeyId, sealed: &[u8]) -> Result<bool> {
        let (before, key, sealed) = (before.clone(), key.clone(), sealed.to_vec());
        self.call(move |watch| at_once(watch.stored.rows.reseal(&before, &key, &sealed)))
            .await
    }
}
