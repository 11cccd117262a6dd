//! What is promised where nothing fails: how soon, and who. The queue is the one of an agent that is one process.

use std::future::pending;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, select};
use syncapp_control::testkit::MemoryStore;
use syncapp_control::{
    Control, Ended, Failure, InProcessQueue, Limits, Meter, PlannedStream, PlannedSync, Policy, Progress, Push, RunId,
    RunState, Runner, ScheduleId, ScheduleSpec, Schedules as _, Signal, SkipReason, Submission, Submissions as _,
    Submitted, Task, TaskState, Tasks as _, TickOutcome, Trigger, Usage, Work, Worker,
};
use syncapp_model::sync_file::Overlap;
use syncapp_model::{Code, Error};

use crate::cast::PROJECT;
use crate::clock::{EverySoOften, ProcessClock};
use crate::processes::{Process, Processes};
use crate::world::World;

/// A small world without faults: a relay, a sweeper, workers.
struct Stage {
    world: Arc<World>,
    store: MemoryStore,
    control: Control,
    drains: Vec<Signal>,
    /// Whether each worker has ended.
    gone: Mutex<Vec<bool>>,
}

impl Stage {
    fn new(workers: usize) -> Arc<Self> {
        let world = Arc::new(World::new(1, false));
        world.state().storm = false;
        let time = world.clone();
        let store = MemoryStore::new(move || time.database_time());
        let control = Control {
            store: Arc::new(store.clone()),
            queue: Arc::new(InProcessQueue::default()),
            clock: Arc::new(ProcessClock::new(world.clone())),
            random: world.clone(),
            policy: Policy::default(),
        };
        Arc::new(Self {
            drains: (0..workers).map(|_| Signal::new()).collect(),
            gone: Mutex::new(vec![false; workers]),
            world,
            store,
            control,
        })
    }

    /// Plays until the script is at its end.
    fn play(self: &Arc<Self>, script: impl Future<Output = ()> + Send + 'static) {
        let over = Arc::new(AtomicBool::new(false));
        let ending = over.clone();
        let script = async move {
            script.await;
            ending.store(true, Ordering::Relaxed);
        };
        let mut all = vec![
            process(self.clone().relay()),
            process(self.clone().sweep()),
            process(script),
        ];
        all.extend((0..self.drains.len()).map(|number| process(self.clone().work(number))));
        let mut processes = Processes::new(self.world.clone(), all);
        processes.run(Duration::from_hours(10), || over.load(Ordering::Relaxed));
        assert!(over.load(Ordering::Relaxed), "the script never came to its end");
    }

    async fn relay(self: Arc<Self>) {
        self.control.relay_until(&Signal::new()).await;
    }

    async fn sweep(self: Arc<Self>) {
        self.control.sweep_until(&Signal::new()).await;
    }

    async fn work(self: Arc<Self>, number: usize) {
        let worker = Worker {
            control: self.control.clone(),
            runner: Arc::new(Scripted(self.world.clone())),
            name: format!("worker {number}"),
            pools: vec!["default".into()],
            slots: 4,
        };
        worker.run(&self.drains[number]).await;
        self.gone.lock().unwrap()[number] = true;
    }

    fn since(&self, instant: Duration) -> Duration {
        self.world.now().saturating_sub(instant)
    }

    async fn sleep(&self, time: Duration) {
        self.world.sleep(time).await;
    }

    /// Pushes a project of one sync with these streams, and submits it.
    async fn submit(&self, streams: &[&str]) -> RunId {
        let planned = |stream: &&str| PlannedStream {
            stream: (*stream).to_owned(),
            pool: "default".into(),
        };
        let push = Push {
            project: PROJECT.into(),
            text: String::new(),
            syncs: vec![PlannedSync {
                name: "sync".into(),
                streams: streams.iter().map(planned).collect(),
                limits: Limits::default(),
                schedule: None,
                after: None,
            }],
            expected: None,
        };
        self.control.apply(push, &EverySoOften).await.unwrap();
        let submission = Submission {
            project: PROJECT.into(),
            sync: "sync".into(),
            streams: Vec::new(),
            key: None,
            overlap: Overlap::Queue,
        };
        match self.control.submit(&submission).await.unwrap() {
            Submitted::Accepted(run) => run,
            other => panic!("{other:?}"),
        }
    }

    async fn tasks(&self, run: RunId) -> Vec<Task> {
        self.store.tasks(run).await.unwrap()
    }

    /// Looks every tenth of a second, until the tasks are in these states; returns how long that took.
    async fn until(&self, run: RunId, states: &[TaskState]) -> Duration {
        let since = self.world.now();
        loop {
            let tasks = self.tasks(run).await;
            if tasks.iter().map(|task| task.state).eq(states.iter().copied()) {
                return self.since(since);
            }
            self.sleep(Duration::from_millis(100)).await;
            assert!(
                self.since(since) < Duration::from_hours(2),
                "{states:?} never came: {tasks:#?}"
            );
        }
    }

    async fn state(&self, run: RunId) -> RunState {
        self.store.run(run).await.unwrap().unwrap().state
    }
}

/// A process that is started once.
fn process(life: impl Future<Output = ()> + Send + 'static) -> Process {
    let life: Mutex<Option<BoxFuture<'static, ()>>> = Mutex::new(Some(life.boxed()));
    Process {
        name: String::new(),
        start: Box::new(move || life.lock().unwrap().take().unwrap_or_else(|| pending().boxed())),
        mortal: false,
    }
}

/// A runner that does what the stream's name says.
struct Scripted(Arc<World>);

#[async_trait]
impl Runner for Scripted {
    async fn run(&self, work: &Work, stop: &Signal, meter: &Meter) -> Ended {
        let usage = Usage {
            cpu: Duration::from_secs(1),
            peak_bytes: 7,
        };
        match work.stream.as_str() {
            "quick" => self.0.sleep(Duration::from_secs(3)).await,
            "bad" => return Ended::Failed(Failure::from(&Error::new(Code::UnknownColumn, "no such column")), usage),
            "deaf" => pending().await,
            "long" => {
                let mut progress = Progress::default();
                while !stop.is_raised() {
                    self.0.sleep(Duration::from_millis(300)).await;
                    progress.read += 1;
                    meter.report(progress);
                }
                return Ended::Stopped(usage);
            }
            other => panic!("{other}"),
        }
        Ended::Done(usage)
    }
}

#[test]
fn a_cancel_takes_less_than_five_seconds() {
    let stage = Stage::new(1);
    stage.play(stage.clone().cancels());
}

impl Stage {
    async fn cancels(self: Arc<Self>) {
        let run = self.submit(&["long", "deaf", "quick"]).await;
        let going = [TaskState::Running; 3];
        assert!(self.until(run, &going).await < Duration::from_secs(1), "tick to start");
        self.sleep(Duration::from_millis(4_700)).await;
        let cancelled = self.control.cancel(run).await.unwrap().unwrap();
        assert_eq!(cancelled.state, RunState::Cancelling);
        let ends = [TaskState::Cancelled, TaskState::Cancelled, TaskState::Done];
        assert!(self.until(run, &ends).await < Duration::from_secs(5));
        assert_eq!(self.state(run).await, RunState::Cancelled);
    }
}

#[test]
fn a_bad_stream_blocks_no_other_and_is_run_again_alone() {
    let stage = Stage::new(1);
    stage.play(stage.clone().blocks_no_other());
}

impl Stage {
    async fn blocks_no_other(self: Arc<Self>) {
        let run = self.submit(&["bad", "quick"]).await;
        self.until(run, &[TaskState::Failed, TaskState::Done]).await;
        assert_eq!(self.state(run).await, RunState::Partial);
        let tasks = self.tasks(run).await;
        assert_eq!(tasks[0].epoch.0, 1, "a configuration error is not tried again");
        assert_eq!(tasks[0].error.as_ref().unwrap().code, "config.unknown_column");
        assert_eq!(tasks[1].usage.peak_bytes, 7);
        let Some(Submitted::Accepted(again)) = self.control.retry(run).await.unwrap() else {
            panic!("it has something to run again");
        };
        assert_eq!(self.control.retry(run).await.unwrap(), Some(Submitted::Known(again)));
        self.until(again, &[TaskState::Failed]).await;
        assert_eq!(self.tasks(again).await[0].stream, "bad");
        assert_eq!(self.control.retry(RunId::new()).await.unwrap(), None);
    }
}

#[test]
fn what_is_paused_does_not_start_by_itself() {
    let stage = Stage::new(1);
    stage.play(stage.clone().pauses());
}

impl Stage {
    /// Pushes syncs of no streams: their names, their schedules, and what they run after.
    async fn push(&self, syncs: &[(&str, Option<&str>, Option<&str>)]) {
        let sync = |(name, schedule, after): &(&str, Option<&str>, Option<&str>)| PlannedSync {
            name: (*name).to_owned(),
            streams: Vec::new(),
            limits: Limits::default(),
            schedule: schedule.map(|definition| ScheduleSpec {
                definition: definition.to_owned(),
                overlap: Overlap::Queue,
            }),
            after: after.map(str::to_owned),
        };
        let push = Push {
            project: PROJECT.into(),
            text: String::new(),
            syncs: syncs.iter().map(sync).collect(),
            expected: None,
        };
        self.control.apply(push, &EverySoOften).await.unwrap();
    }

    async fn pauses(self: Arc<Self>) {
        let clock = ("clock", Some("every 2 from 0 once"), None);
        self.push(&[clock, ("after", None, Some("clock"))]).await;
        let [clock, after] = ["clock", "after"].map(|sync| ScheduleId {
            project: PROJECT.into(),
            sync: sync.into(),
        });
        // How many runs of either there are after a tick of the clock.
        let tick = async || {
            self.sleep(Duration::from_secs(2)).await;
            assert_eq!(self.control.tick(&EverySoOften).await.unwrap(), 1);
            self.control.follow().await.unwrap();
            let runs = self.store.all_runs();
            [&clock, &after].map(|id| runs.iter().filter(|run| run.sync == id.sync).count())
        };
        assert_eq!(tick().await, [1, 1]);
        self.control.pause(&after).await.unwrap();
        assert_eq!(tick().await, [2, 1]);
        self.control.resume(&after, &EverySoOften).await.unwrap();
        assert_eq!(tick().await, [3, 2], "what was left out is not made up for");
        self.control.pause(&clock).await.unwrap();
        assert_eq!(tick().await, [3, 2]);
        self.sleep(Duration::from_secs(2)).await;
        self.control.resume(&clock, &EverySoOften).await.unwrap();
        assert_eq!(tick().await, [4, 3]);
        let ticks = self.store.ticks(&clock, UNIX_EPOCH, 10).await.unwrap();
        let skipped = TickOutcome::Skipped(SkipReason::Paused);
        let skipped: Vec<bool> = ticks.iter().map(|tick| tick.outcome == skipped).collect();
        assert_eq!(skipped, [false, false, false, true, true, false]);
        for unknown in ["clocks", "nobody's"] {
            let id = ScheduleId {
                sync: unknown.into(),
                ..clock.clone()
            };
            let error = self.control.pause(&id).await.unwrap_err();
            assert_eq!(error.code(), Code::UnknownName);
        }
        assert_eq!(self.store.paused(PROJECT).await.unwrap().len(), 0);
    }
}

#[test]
fn a_tick_starts_at_its_instant() {
    let stage = Stage::new(1);
    stage.play(stage.clone().punctual());
}

impl Stage {
    async fn punctual(self: Arc<Self>) {
        self.push(&[("clock", Some("every 7 from 0 once"), None)]).await;
        // Not in step with the looks that are taken in any case.
        self.sleep(Duration::from_millis(130)).await;
        let stop = Signal::new();
        let ticking = pin!(self.control.tick_until(&EverySoOften, &stop));
        select(ticking, pin!(self.sleep(Duration::from_secs(30)))).await;
        let late = self.store.all_runs().into_iter().map(|run| match run.trigger {
            Trigger::Tick(at) => run.submitted_at.duration_since(at).unwrap(),
            other => panic!("{other:?}"),
        });
        let late: Vec<Duration> = late.collect();
        assert_eq!(late.len(), 4);
        assert!(late.iter().all(|late| *late < Duration::from_millis(20)), "{late:?}");
    }
}

#[test]
fn silence_is_seen_and_then_ends() {
    let stage = Stage::new(1);
    stage.play(stage.clone().silence());
}

impl Stage {
    async fn silence(self: Arc<Self>) {
        let policy = Policy::default();
        let run = self.submit(&["deaf", "long"]).await;
        let seen = self.until(run, &[TaskState::Stalled, TaskState::Running]).await;
        assert!(
            seen >= policy.stalled_after && seen < policy.stalled_after + Duration::from_secs(5),
            "{seen:?}"
        );
        assert_eq!(self.state(run).await, RunState::Stalled);
        let ended = self.until(run, &[TaskState::Waiting, TaskState::Running]).await + seen;
        assert!(
            ended >= policy.stalled_until && ended < policy.stalled_until + Duration::from_secs(5),
            "{ended:?}"
        );
        let task = &self.tasks(run).await[0];
        assert_eq!(task.error.as_ref().unwrap().code, "run.stalled");
        assert_eq!(task.fruitless, 1);
        let again = self.until(run, &[TaskState::Running, TaskState::Running]).await;
        assert!(again <= Duration::from_secs(12), "it is tried again: {again:?}");
    }
}

#[test]
fn a_drained_worker_ends_what_it_can_and_gives_the_rest_away() {
    let stage = Stage::new(2);
    stage.play(stage.clone().drains());
}

impl Stage {
    async fn drains(self: Arc<Self>) {
        let run = self.submit(&["long", "deaf", "quick"]).await;
        self.until(run, &[TaskState::Running; 3]).await;
        let owners = self.tasks(run).await;
        let of = |number: usize, tasks: &[Task]| tasks[number].worker.clone().unwrap();
        let first = of(0, &owners);
        let number = usize::from(first.ends_with('1'));
        self.drains[number].raise();
        let drained = self.world.now();
        while !self.gone.lock().unwrap()[number] {
            self.sleep(Duration::from_millis(100)).await;
        }
        let policy = &self.control.policy;
        let took = self.since(drained);
        assert!(took <= policy.drain + policy.grace + Duration::from_secs(1), "{took:?}");
        // No lease has to run out.
        let taken = self
            .until(run, &[TaskState::Running, TaskState::Running, TaskState::Done])
            .await;
        assert!(taken < Duration::from_secs(1), "{taken:?}");
        let tasks = self.tasks(run).await;
        assert_ne!(of(0, &tasks), first);
        assert_eq!((tasks[0].epoch.0, tasks[0].lost, tasks[0].fruitless), (2, 0, 0));
        assert_eq!(tasks[2].epoch.0, 1, "what ends in time is not done twice");
    }
}
