//! Who takes part: schedulers, relays, sweepers, workers, people who push, submit and cancel, and the weather.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use syncapp_control::testkit::MemoryStore;
use syncapp_control::{Control, Limit, Limits, PlannedStream, PlannedSync, Policy, ScheduleSpec, Signal, Worker};
use syncapp_model::RetryPolicy;
use syncapp_model::sync_file::Overlap;

use crate::broker::Broker;
use crate::clock::{EverySoOften, ProcessClock};
use crate::people::{self, People};
use crate::processes::Process;
use crate::store::StoreLink;
use crate::target::{BAD, Engine, Targets};
use crate::teeth::Tooth;
use crate::watch::{Stored, Watch};
use crate::weather;
use crate::world::World;

pub(crate) const PROJECT: &str = "shop";

/// The sync that is paused and goes on.
pub(crate) const PAUSED: &str = "kept";

/// For how long faults happen.
pub(crate) const STORM: Duration = Duration::from_secs(130);

/// All that is outside of the processes, and outlives them.
pub(crate) struct Cast {
    pub(crate) world: Arc<World>,
    pub(crate) stored: Arc<Stored>,
    pub(crate) targets: Arc<Targets>,
    pub(crate) people: Arc<Mutex<People>>,
    broker: Arc<Broker>,
    tooth: Option<Tooth>,
    drains: Arc<Mutex<Vec<Signal>>>,
}

impl Cast {
    pub(crate) fn new(world: Arc<World>, tooth: Option<Tooth>) -> Self {
        let time = world.clone();
        let stored = Stored {
            rows: MemoryStore::new(move || time.database_time()),
            seen: Mutex::default(),
        };
        Self {
            stored: Arc::new(stored),
            targets: Arc::new(Targets::new(world.clone(), tooth)),
            broker: Arc::new(Broker::new(world.clone(), tooth)),
            people: Arc::default(),
            drains: Arc::default(),
            world,
            tooth,
        }
    }

    /// All processes; how many of them are people is said by [`PEOPLE`].
    pub(crate) fn processes(&self) -> Vec<Process> {
        let mut all = Vec::new();
        for number in 1..=2 {
            all.push(self.process(&all, format!("scheduler {number}"), |control, stop| {
                async move { control.tick_until(&EverySoOften, &stop).await }.boxed()
            }));
            all.push(self.process(&all, format!("relay {number}"), |control, stop| {
                async move { control.relay_until(&stop).await }.boxed()
            }));
            if self.tooth != Some(Tooth::Sweeper) {
                all.push(self.process(&all, format!("sweeper {number}"), |control, stop| {
                    async move { control.sweep_until(&stop).await }.boxed()
                }));
            }
        }
        for number in 1..=3 {
            let engine = Engine {
                world: self.world.clone(),
                stored: self.stored.clone(),
                targets: self.targets.clone(),
            };
            let (runner, drains) = (Arc::new(engine), self.drains.clone());
            let name = format!("worker {number}");
            all.push(self.process(&all, name.clone(), move |control, stop| {
                drains.lock().unwrap().push(stop.clone());
                let pools: &[&str] = if number == 1 {
                    &["default", "heavy"]
                } else {
                    &["default"]
                };
                let worker = Worker {
                    control,
                    runner: runner.clone(),
                    name: name.clone(),
                    pools: pools.iter().map(|pool| (*pool).to_owned()).collect(),
                    slots: 2,
                };
                async move { worker.run(&stop).await }.boxed()
            }));
        }
        for name in ["pusher 1", "pusher 2"] {
            let people = self.people.clone();
            all.push(self.process(&all, name.to_owned(), move |control, _| {
                people::push(name.to_owned(), control, people.clone()).boxed()
            }));
        }
        let people = self.people.clone();
        all.push(self.process(&all, "client".to_owned(), move |control, _| {
            people::submit(control, people.clone()).boxed()
        }));
        let people = self.people.clone();
        all.push(self.process(&all, "canceller".to_owned(), move |control, _| {
            people::cancel(control, people.clone()).boxed()
        }));
        let people = self.people.clone();
        all.push(self.process(&all, "operator".to_owned(), move |control, _| {
            people::pause(control, people.clone()).boxed()
        }));
        let weather = (self.world.clone(), self.broker.clone(), self.drains.clone());
        all.push(Process {
            name: "weather".into(),
            start: Box::new(move || weather::weather(weather.clone()).boxed()),
            mortal: false,
        });
        all
    }

    fn process(
        &self,
        before: &[Process],
        name: String,
        start: impl Fn(Control, Signal) -> BoxFuture<'static, ()> + 'static,
    ) -> Process {
        let number = before.len();
        let (world, tooth) = (self.world.clone(), self.tooth);
        let (stored, broker, targets) = (self.stored.clone(), self.broker.clone(), self.targets.clone());
        let start = move || {
            let watch = Watch {
                world: world.clone(),
                stored: stored.clone(),
                broker: broker.clone(),
                targets: targets.clone(),
                tooth,
            };
            let link = StoreLink {
                watch: Arc::new(watch),
                read_at: Mutex::new(world.database_time()),
            };
            let clock = ProcessClock::new(world.clone());
            let control = Control {
                store: Arc::new(link),
                queue: Arc::new(broker.link(number)),
                clock: Arc::new(clock),
                random: world.clone(),
                policy: policy(world.faults.lossy),
            };
            start(control, Signal::new())
        };
        Process {
            name,
            start: Box::new(start),
            mortal: true,
        }
    }
}

/// How many processes are people.
pub(crate) const PEOPLE: usize = 5;

fn policy(lossy: bool) -> Policy {
    let seconds = Duration::from_secs;
    Policy {
        lease: seconds(12),
        margin: seconds(3),
        heartbeat: seconds(2),
        grace: seconds(1),
        drain: seconds(8),
        // A broker that loses nothing needs no help: what the sweeper would mend must not happen.
        patience: if lossy { seconds(15) } else { seconds(100_000) },
        retry: RetryPolicy {
            attempts: 5,
            base: seconds(2),
            factor: 3,
            cap: seconds(20),
        },
        losses: 3,
        stalled_after: seconds(10),
        stalled_until: seconds(40),
        relay_every: seconds(1),
        relay_hold: seconds(6),
        sweep_every: seconds(2),
        tick_every: seconds(1),
        pause: seconds(1),
        batch: 4,
    }
}

/// The syncs of the two versions that are pushed: the second one changes a schedule, keeps one, takes one away.
pub(crate) fn syncs(version: u32) -> Vec<PlannedSync> {
    let sync = |name: &str, streams: &[(&str, &str)], schedule: Option<(&str, Overlap)>| PlannedSync {
        name: name.to_owned(),
        streams: streams
            .iter()
            .map(|(stream, pool)| PlannedStream {
                stream: (*stream).to_owned(),
                pool: (*pool).to_owned(),
            })
            .collect(),
        limits: limits(name),
        schedule: schedule.map(|(definition, overlap)| ScheduleSpec {
            definition: definition.to_owned(),
            overlap,
        }),
        after: (name == "report").then(|| "changed".to_owned()),
    };
    let changed = if version == 1 {
        "every 11 from 3 skip"
    } else {
        "every 17 from 8 skip"
    };
    let gone = Some(("every 6 from 0 all", Overlap::Queue)).filter(|_| version == 1);
    vec![
        sync(
            "kept",
            &[("orders", "default"), (BAD, "default")],
            Some(("every 20 from 5 once", Overlap::Skip)),
        ),
        sync("changed", &[("items", "default")], Some((changed, Overlap::Skip))),
        sync("report", &[("summary", "heavy")], None),
        sync("gone", &[("log", "default")], gone),
        sync("manual", &[("a", "default"), ("b", "heavy"), ("c", "default")], None),
    ]
}

/// The connection that few streams may use at once, and how many.
pub(crate) const NARROW: (&str, u32) = ("narrow", 2);

/// Three syncs read it, and one of them writes to one that is narrower.
fn limits(sync: &str) -> Limits {
    let limit = |(connection, streams): (&str, u32)| Limit {
        connection: connection.to_owned(),
        streams,
    };
    Limits {
        source: Some(limit(NARROW)).filter(|_| matches!(sync, "kept" | "manual" | "report")),
        destination: (sync == "manual").then(|| limit(("narrower", 1))),
    }
}
