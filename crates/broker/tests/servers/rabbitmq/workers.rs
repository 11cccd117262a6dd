//! Workers on hints of a broker, and nothing that would mend what is lost: no hint is sent twice.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use futures_util::future::join3;
use syncapp_broker::Rabbit;
use syncapp_control::testkit::MemoryStore;
use syncapp_control::{
    Clock, Control, Ended, JsonCalendar, Limits, Meter, PlannedStream, PlannedSync, Policy, Push, Random, Runner,
    Signal, Submission, Usage, Work, Worker,
};
use syncapp_model::sync_file::Overlap;
use syncapp_tests::server::rabbitmq::RabbitMq;
use uuid::Uuid;

use super::rabbit;
use crate::eventually;

const LONG: Duration = Duration::from_secs(3);
const SHORT: Duration = Duration::from_millis(50);

struct Now(Instant);

#[async_trait]
impl Clock for Now {
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

struct Chance;

impl Random for Chance {
    fn bits(&self) -> u64 {
        Uuid::new_v4().as_u128() as u64
    }
}

/// Notes what it has carried, in the order of the ends.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

#[async_trait]
impl Runner for Notes {
    async fn run(&self, work: &Work, _: &Signal, _: &Meter) -> Ended {
        tokio::time::sleep(if work.stream == "long" { LONG } else { SHORT }).await;
        self.0.lock().unwrap().push(work.stream.clone());
        Ended::Done(Usage::default())
    }
}

/// Two workers with one slot each: while one carries a long stream, the other gets all that is short.
pub(super) async fn nobody_keeps_hints_from_others(rabbit: &Rabbit) {
    let store = MemoryStore::new(SystemTime::now);
    let control = Control {
        store: Arc::new(store),
        queue: Arc::new(rabbit.clone()),
        clock: Arc::new(Now(Instant::now())),
        random: Arc::new(Chance),
        policy: Policy::default(),
    };
    let shorts = (0..8).map(|number| format!("short {number}"));
    let streams: Vec<String> = ["long".to_owned()].into_iter().chain(shorts).collect();
    let planned = streams.iter().map(|stream| PlannedStream {
        stream: stream.clone(),
        pool: "default".into(),
    });
    let sync = PlannedSync {
        name: "orders".into(),
        streams: planned.collect(),
        limits: Limits::default(),
        schedule: None,
        after: None,
    };
    let push = Push {
        project: "shop".into(),
        text: String::new(),
        syncs: vec![sync],
        expected: None,
    };
    control.apply(push, &JsonCalendar).await.unwrap();
    let submission = Submission {
        project: "shop".into(),
        sync: "orders".into(),
        streams: Vec::new(),
        key: None,
        overlap: Overlap::Queue,
    };
    control.submit(&submission).await.unwrap();
    assert_eq!(control.relay().await.unwrap(), streams.len());

    let notes = Arc::new(Notes::default());
    let worker = |name: &str| Worker {
        control: control.clone(),
        runner: notes.clone(),
        name: name.into(),
        pools: vec!["default".into()],
        slots: 1,
    };
    let (one, other, drain) = (worker("one"), worker("other"), Signal::new());
    let wait = async {
        eventually("all is carried", async || {
            notes.0.lock().unwrap().len() >= streams.len()
        })
        .await;
        drain.raise();
    };
    join3(Box::pin(one.run(&drain)), Box::pin(other.run(&drain)), wait).await;
    let mut carried = notes.0.lock().unwrap().clone();
    assert_eq!(carried.last().map(String::as_str), Some("long"), "{carried:?}");
    carried.sort();
    assert_eq!(carried, streams, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_worker_keeps_no_hint_from_an_idle_one() {
    let host = RabbitMq::shared().await.virtual_host().await;
    nobody_keeps_hints_from_others(&rabbit(&host)).await;
}
