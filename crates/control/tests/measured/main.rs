//! What the control plane counts: each number after what it is about has happened, and as often.

#[path = "../still/mod.rs"]
mod still;
mod told;

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use syncapp_control::testkit::MemoryStore;
use syncapp_control::{
    Calendar, Channel, Clock, Consumer, Control, DueTick, Ended, Failure, Hint, InProcessQueue, Limits, Message,
    Messenger, Meter, NewVersion, PlannedStream, PlannedSync, Policy, Progress, Published, Pushed, Queue, Random,
    Runner, ScheduleSpec, Signal, SkipReason, Submission, Submitted, Usage, When, Work, Worker,
};
use syncapp_model::sync_file::Overlap;
use syncapp_model::{Code, Error, Result, Side};

use still::Still;
use told::Told;

/// How long anything may take: nothing here waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// No chance at all: each time the next number.
struct Next(AtomicU64);

impl Random for Next {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

/// A control plane with one project: `copy` has a stream, `many` has four, and `timed` has a schedule.
struct Place {
    control: Control,
    /// The store's time.
    stored: Still,
    /// The process's.
    own: Still,
}

impl Place {
    async fn new(queue: Arc<dyn Queue>) -> Self {
        let [stored, own] = [(); 2].map(|()| Still::at(1_800_000_000_000_000));
        let time = stored.clone();
        let store = Arc::new(MemoryStore::new(move || time.wall()));
        let control = Control {
            store,
            queue,
            clock: Arc::new(own.clone()),
            random: Arc::new(Next(AtomicU64::new(0))),
            policy: Policy::default(),
        };
        let planned = |(name, streams): (&str, usize)| PlannedSync {
            name: name.to_owned(),
            streams: (0..streams)
                .map(|number| PlannedStream {
                    stream: format!("t{number}"),
                    pool: "default".into(),
                })
                .collect(),
            limits: Limits::default(),
            schedule: (name == "timed").then(|| ScheduleSpec {
                definition: String::new(),
                overlap: Overlap::Queue,
            }),
            after: None,
        };
        let version = NewVersion {
            project: "shop".into(),
            text: "version: 1\n".into(),
            syncs: [("copy", 1), ("many", 4), ("timed", 1)].map(planned).into(),
            first_due: BTreeMap::from([("timed".to_owned(), stored.wall())]),
        };
        assert_eq!(control.store.apply(&version, None).await, Ok(Pushed::Applied(1)));
        Self { control, stored, own }
    }

    async fn submit(&self, sync: &str) {
        let submission = Submission {
            project: "shop".into(),
            sync: sync.to_owned(),
            streams: Vec::new(),
            key: None,
            overlap: Overlap::Queue,
        };
        let submitted = self.control.submit(&submission).await.unwrap();
        assert!(matches!(submitted, Submitted::Accepted(_)), "{submitted:?}");
    }

    /// Hands hints on, and carries one task to what `does` comes to.
    async fn carry(&self, does: impl Future<Output = (Progress, Ended)> + Send + 'static) {
        self.control.relay().await.unwrap();
        let drain = Signal::new();
        let does: BoxFuture<'static, _> = Box::pin(does);
        let runner = Once {
            drain: drain.clone(),
            does: Mutex::new(Some(does)),
        };
        let worker = Worker {
            control: self.control.clone(),
            runner: Arc::new(runner),
            name: "one".into(),
            pools: vec!["default".into()],
            slots: 1,
        };
        let worked = tokio::time::timeout(PATIENCE, worker.run(&drain)).await;
        worked.expect("there is a task, and it ends");
    }
}

/// Carries one task; then its worker goes away.
struct Once {
    drain: Signal,
    does: Mutex<Option<BoxFuture<'static, (Progress, Ended)>>>,
}

#[async_trait]
impl Runner for Once {
    async fn run(&self, _: &Work, _: &Signal, meter: &Meter) -> Ended {
        self.drain.raise();
        let does = self.does.lock().unwrap().take();
        let (progress, ended) = does.expect("it is asked once").await;
        meter.report(progress);
        ended
    }
}

fn done() -> Ended {
    Ended::Done(Usage::default())
}

const PROGRESS: Progress = Progress {
    read: 4,
    written: 3,
    bytes: 512,
    committed: 2,
    expected: None,
};

/// Counts as a table.
fn counts(cases: &[(&str, u64)]) -> BTreeMap<String, u64> {
    cases
        .iter()
        .map(|(labels, count)| ((*labels).to_owned(), *count))
        .collect()
}

#[tokio::test]
async fn attempts_and_lost_leases() {
    let told = Told::default();
    let _heard = metrics::set_default_local_recorder(&told);
    let place = Place::new(Arc::new(InProcessQueue::default())).await;
    place.submit("copy").await;

    // It fails, and is tried again.
    let own = place.own.clone();
    place
        .carry(async move {
            own.pass(Duration::from_secs(3));
            let error = Error::new(Code::ConnectionLost(Side::Source), "it broke");
            (PROGRESS, Ended::Failed(Failure::from(&error), Usage::default()))
        })
        .await;
    assert_eq!(told.counts("syncapp_attempts_total"), counts(&[("outcome=retried", 1)]));
    assert_eq!(
        told.times("syncapp_attempt_seconds"),
        BTreeMap::from([("outcome=retried".to_owned(), vec![3.0])])
    );
    assert_eq!(
        told.counts("syncapp_errors_total"),
        counts(&[("code=source.connection_lost", 1)])
    );
    assert_eq!(told.counts("syncapp_leases_lost_total"), BTreeMap::new());

    // The next worker is not heard of for so long that it is taken from it: what it does in the end is nothing.
    place.stored.pass(Duration::from_mins(1));
    place.control.sweep().await.unwrap();
    let (stored, control) = (place.stored.clone(), place.control.clone());
    place
        .carry(async move {
            stored.pass(control.policy.lease + Duration::from_secs(1));
            control.sweep().await.unwrap();
            (PROGRESS, done())
        })
        .await;
    assert_eq!(told.counts("syncapp_leases_lost_total"), counts(&[("", 1)]));
    assert_eq!(told.counts("syncapp_runs_ended_total"), BTreeMap::new());

    place.carry(async { (PROGRESS, done()) }).await;
    assert_eq!(
        told.counts("syncapp_attempts_total"),
        counts(&[("outcome=done", 1), ("outcome=lost", 1), ("outcome=retried", 1)])
    );
    assert_eq!(told.counts("syncapp_attempts_started_total"), counts(&[("", 3)]));
    let of_it = "project=shop sync=copy";
    for (name, count) in [("read", 12), ("written", 9), ("committed", 6)] {
        let name = format!("syncapp_rows_{name}_total");
        assert_eq!(told.counts(&name), counts(&[(of_it, count)]), "{name}");
    }
    assert_eq!(told.counts("syncapp_bytes_read_total"), counts(&[(of_it, 3 * 512)]));
    let ended = format!("{of_it} state=done");
    assert_eq!(told.counts("syncapp_runs_ended_total"), counts(&[(&ended, 1)]));
    let started = format!("{of_it} trigger=manual");
    assert_eq!(told.counts("syncapp_runs_started_total"), counts(&[(&started, 1)]));
    assert_eq!(told.counts("syncapp_hints_total"), counts(&[("outcome=confirmed", 3)]));
}

/// A queue that says these words, one after another.
struct Says(Mutex<VecDeque<Result<Published>>>);

#[async_trait]
impl Queue for Says {
    async fn publish(&self, _: &Hint) -> Result<Published> {
        self.0.lock().unwrap().pop_front().expect("nothing more is published")
    }

    async fn consume(&self, _: &[String]) -> Result<Box<dyn Consumer>> {
        Err(Error::internal("nobody consumes"))
    }
}

#[tokio::test]
async fn hints_by_what_the_queue_says() {
    let told = Told::default();
    let _heard = metrics::set_default_local_recorder(&told);
    let words = [
        Ok(Published::Confirmed),
        Ok(Published::Returned),
        Ok(Published::Unconfirmed),
        Err(Error::internal("it is away")),
    ];
    let place = Place::new(Arc::new(Says(Mutex::new(words.into())))).await;
    place.submit("many").await;
    assert_eq!(place.control.relay().await, Ok(1));
    let each = ["confirmed", "failed", "returned", "unconfirmed"].map(|outcome| (format!("outcome={outcome}"), 1));
    assert_eq!(told.counts("syncapp_hints_total"), BTreeMap::from(each));
}

/// Tells nobody so often.
struct Fails(Mutex<u32>);

#[async_trait]
impl Messenger for Fails {
    async fn tell(&self, _: &str, _: &Message) -> Result<()> {
        let mut left = self.0.lock().unwrap();
        if *left == 0 {
            return Ok(());
        }
        *left -= 1;
        Err(Error::internal("nobody is there"))
    }
}

#[tokio::test]
async fn notices_by_what_became_of_them() {
    let told = Told::default();
    let _heard = metrics::set_default_local_recorder(&told);
    let place = Place::new(Arc::new(InProcessQueue::default())).await;
    let channels = [Channel {
        name: "team".into(),
        when: When::End,
        projects: Vec::new(),
    }];
    for (fails, expected) in [
        (2, [("outcome=retried", 2), ("outcome=told", 1)].as_slice()),
        (
            10,
            &[("outcome=given_up", 1), ("outcome=retried", 11), ("outcome=told", 1)],
        ),
    ] {
        place.submit("copy").await;
        place.carry(async { (PROGRESS, done()) }).await;
        let messenger = Fails(Mutex::new(fails));
        // More often than anybody is told anything.
        for _ in 0..20 {
            place.control.notify(&channels, &messenger).await.unwrap();
            place.stored.pass(Duration::from_hours(1));
        }
        assert_eq!(told.counts("syncapp_notices_total"), counts(expected), "{fails}");
    }
}

/// Three ticks are due, of which one runs.
struct Three;

impl Calendar for Three {
    fn next_after(&self, _: &str, _: SystemTime) -> Result<Option<SystemTime>> {
        Ok(None)
    }

    fn due(&self, _: &str, first: SystemTime, _: SystemTime, _: SystemTime) -> Result<Vec<DueTick>> {
        let tick = |seconds| first + Duration::from_secs(seconds);
        Ok(vec![
            (tick(0), Some(SkipReason::Missed)),
            (tick(1), Some(SkipReason::Blackout)),
            (tick(2), None),
        ])
    }
}

#[tokio::test]
async fn ticks_by_why_they_were_skipped() {
    let told = Told::default();
    let _heard = metrics::set_default_local_recorder(&told);
    let place = Place::new(Arc::new(InProcessQueue::default())).await;
    place.stored.pass(Duration::from_secs(5));
    assert_eq!(place.control.tick(&Three).await, Ok(1));
    let labels = |last: &str| format!("project=shop sync=timed {last}");
    assert_eq!(
        told.counts("syncapp_ticks_skipped_total"),
        BTreeMap::from([(labels("reason=missed"), 1), (labels("reason=blackout"), 1)])
    );
    assert_eq!(
        told.counts("syncapp_runs_started_total"),
        BTreeMap::from([(labels("trigger=schedule"), 1)])
    );
    // A round that is recorded already is counted no more.
    assert_eq!(place.control.tick(&Three).await, Ok(0));
    assert_eq!(told.counts("syncapp_ticks_skipped_total").len(), 2);
}
