//! The other side of a task: sources that grow, targets with a fence of their own, and a runner between them that fails.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use syncapp_control::{
    Decision, Ended, Failure, Lease, Meter, Progress, Round, Run, RunId, Runner, Signal, Task, Tasks as _, Usage, Work,
};
use syncapp_model::{Code, Error, Side};

use crate::teeth::Tooth;
use crate::watch::{Stored, at_once};
use crate::world::World;

/// The stream that never lands: its column is not there.
pub(crate) const BAD: &str = "bad";

/// Until when sources grow.
const GROWTH: Duration = Duration::from_mins(2);

pub(crate) struct Targets {
    world: Arc<World>,
    tooth: Option<Tooth>,
    all: Mutex<BTreeMap<(String, String), Target>>,
    /// How many rows sources had when a run was submitted.
    submitted: Mutex<BTreeMap<RunId, u64>>,
}

/// A table, and the state beside it.
#[derive(Default)]
struct Target {
    epoch: u64,
    rows: Vec<u64>,
}

impl Targets {
    pub(crate) fn new(world: Arc<World>, tooth: Option<Tooth>) -> Self {
        Self {
            world,
            tooth,
            all: Mutex::default(),
            submitted: Mutex::default(),
        }
    }

    /// How many rows each source has now: 0, 1, 2 and so on.
    fn source(&self) -> u64 {
        3 + self.world.now().min(GROWTH).as_secs() / 8
    }

    pub(crate) fn submitted(&self, run: RunId) {
        let rows = self.source();
        self.submitted.lock().unwrap().entry(run).or_insert(rows);
    }

    pub(crate) fn recorded(&self, round: &Round) {
        for (_, decision) in &round.ticks {
            if let Decision::Run(run) = decision {
                self.submitted(run.id);
            }
        }
    }

    /// Whether the target holds what the source had when the run was submitted.
    pub(crate) fn landed(&self, run: &Run, stream: &str) -> bool {
        let expected = self.submitted.lock().unwrap().get(&run.id).copied();
        let all = self.all.lock().unwrap();
        let rows = all
            .get(&(run.sync.clone(), stream.to_owned()))
            .map_or(0, |target| target.rows.len());
        expected.is_some_and(|expected| rows as u64 >= expected)
    }

    /// O1: each target holds a prefix of its source, nothing twice and nothing left out.
    pub(crate) fn inexact(&self) -> Option<String> {
        let all = self.all.lock().unwrap();
        let wrong = |target: &Target| !target.rows.iter().copied().eq(0..target.rows.len() as u64);
        let ((sync, stream), target) = all.iter().find(|(_, target)| wrong(target))?;
        Some(format!("the target of {sync}/{stream} holds {:?}", target.rows))
    }

    fn with<T>(&self, work: &Work, act: impl FnOnce(&mut Target) -> T) -> T {
        let mut all = self.all.lock().unwrap();
        act(all.entry((work.run.sync.clone(), work.stream.clone())).or_default())
    }

    /// Raises the fence, and says how many rows are there.
    fn claim(&self, work: &Work) -> (u64, u64) {
        self.with(work, |target| {
            target.epoch += 1;
            (target.epoch, target.rows.len() as u64)
        })
    }

    /// Writes the next rows, if the epoch still stands.
    fn commit(&self, work: &Work, epoch: u64, rows: std::ops::Range<u64>) -> bool {
        let fenced = self.tooth != Some(Tooth::TargetFence);
        self.with(work, |target| {
            if fenced && target.epoch != epoch {
                return false;
            }
            target.rows.extend(rows);
            true
        })
    }
}

/// Carries out tasks as the engine does: claims in the target, reads its position, commits batch by batch.
pub(crate) struct Engine {
    pub(crate) world: Arc<World>,
    pub(crate) stored: Arc<Stored>,
    pub(crate) targets: Arc<Targets>,
}

impl Engine {
    /// D2: as long as a worker acts for a task it holds it. What it has sent may arrive later; for that there is the fence.
    fn held(&self, lease: Lease) -> bool {
        let now = self.world.database_time();
        let tasks = at_once(self.stored.rows.tasks(lease.task.run)).unwrap_or_default();
        let holds = |task: &Task| task.lease() == lease && task.state.is_leased() && !task.is_expired(now);
        tasks.iter().any(holds)
    }

    fn failed(code: Code) -> Ended {
        Ended::Failed(
            Failure::from(&Error::new(code, "as the seed wants it")),
            Usage::default(),
        )
    }
}

#[async_trait]
impl Runner for Engine {
    async fn run(&self, work: &Work, stop: &Signal, meter: &Meter) -> Ended {
        let (world, targets) = (&self.world, &self.targets);
        world.latency().await;
        if work.stream == BAD {
            return Self::failed(Code::UnknownColumn);
        }
        let (there, of) = (targets.clone(), work.clone());
        let (epoch, mut position) = world.request(world.faults.slow_target, move || there.claim(&of)).await;
        world.latency().await;
        let upper = targets.source();
        // Some streams take longer than the broker waits for an ack.
        let pace = if world.fault(100) { 9_000 } else { 1_500 };
        let mut progress = Progress::default();
        while position < upper {
            let time = world.millis(100, pace);
            world.sleep(time).await;
            if stop.is_raised() {
                return Ended::Stopped(Usage::default());
            }
            if world.fault(world.faults.attempt_hangs) {
                world.log(|| format!("  {} HANGS", work.stream));
                world.sleep(Duration::from_hours(1000)).await;
            }
            if world.fault(world.faults.attempt_fails) {
                return Self::failed(Code::ConnectionLost(Side::Source));
            }
            let end = upper.min(position + 1 + world.state().chance.below(4));
            if !self.held(work.lease) {
                let Lease { task, epoch } = work.lease;
                world.violate(|| format!("claim {} acts for task {task} after its lease", epoch.0));
            }
            let (there, of) = (targets.clone(), work.clone());
            let commit = move || there.commit(&of, epoch, position..end);
            if !world.request(world.faults.slow_target, commit).await {
                return Self::failed(Code::Fenced);
            }
            world.latency().await;
            if world.fault(world.faults.attempt_fails) {
                return Self::failed(Code::ConnectionLost(Side::Destination));
            }
            progress.committed += end - position;
            meter.report(progress);
            position = end;
        }
        Ended::Done(Usage::default())
    }
}
