//! What the cases share: one place, a project in it, and the usual steps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use syncapp_model::sync_file::Overlap;
use syncapp_model::{Code, Error, RetryPolicy, Side};
use uuid::Uuid;

use super::{StorePlace, StoreRig};
use crate::{
    Ending, Event, Failure, LeaseEpoch, Limit, Limits, NewRun, NewVersion, PlannedStream, PlannedSync, Progress,
    Pushed, Refusal, RunId, Schedule, ScheduleId, ScheduleSpec, Store, Submitted, Task, TaskId, Trigger, Usage,
    Verdict,
};

/// A lease that does not run out while a case runs.
pub(super) const LONG: Duration = Duration::from_hours(1);

/// A lease that has run out once [`Scene::pass_short`] has passed.
pub(super) const SHORT: Duration = Duration::from_millis(20);

/// How many do a thing at once.
pub(super) const MANY: usize = 12;

pub(super) struct Scene {
    pub(super) place: Box<dyn StorePlace>,
    pub(super) store: Arc<dyn Store>,
}

impl Scene {
    pub(super) async fn new(rig: &dyn StoreRig) -> Self {
        let place = rig.fresh().await;
        let store = place.store().await;
        Self { place, store }
    }

    /// Doors to the same place.
    pub(super) async fn doors(&self) -> Vec<Arc<dyn Store>> {
        let mut doors = Vec::new();
        for _ in 0..MANY {
            doors.push(self.place.store().await);
        }
        doors
    }

    pub(super) async fn pass_short(&self) {
        self.place.pass(2 * SHORT).await;
    }

    /// The store's time, in whole seconds.
    pub(super) async fn second(&self) -> SystemTime {
        let now = self.store.now().await.unwrap();
        UNIX_EPOCH + Duration::from_secs(now.duration_since(UNIX_EPOCH).unwrap().as_secs())
    }

    /// Submits a run of so many streams.
    pub(super) async fn submit(&self, sync: &str, streams: usize) -> RunId {
        let new = new_run(sync, streams);
        assert_eq!(self.store.submit(&new).await.unwrap(), Submitted::Accepted(new.id));
        new.id
    }

    pub(super) async fn task(&self, id: TaskId) -> Task {
        let tasks = self.store.tasks(id.run).await.unwrap();
        tasks.into_iter().find(|task| task.id == id).expect("the task is there")
    }

    /// An event that has to happen.
    pub(super) async fn happen(&self, id: TaskId, event: &Event) -> Task {
        match self.store.happen(id, event).await.unwrap() {
            Verdict::Held(task) => *task,
            Verdict::Refused(refusal) => panic!("{event:?}: {refusal:?}"),
        }
    }

    /// An event that has to be refused.
    pub(super) async fn refused(&self, id: TaskId, event: &Event) -> Refusal {
        match self.store.happen(id, event).await.unwrap() {
            Verdict::Held(task) => panic!("{event:?}: {task:?}"),
            Verdict::Refused(refusal) => refusal,
        }
    }

    /// The tasks of all hints in the outbox; they are out of it then.
    pub(super) async fn hinted(&self) -> Vec<TaskId> {
        let rows = self.store.take(1000, LONG).await.unwrap();
        let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
        self.store.sent(&ids).await.unwrap();
        rows.into_iter().map(|row| row.hint.task).collect()
    }

    /// Makes a version over `expected`, of syncs with these schedules; each begins at `first_due`.
    pub(super) async fn push(
        &self,
        expected: Option<u32>,
        syncs: &[(&str, Option<ScheduleSpec>)],
        first_due: SystemTime,
    ) -> Pushed {
        self.store.apply(&version(syncs, first_due), expected).await.unwrap()
    }

    /// The schedule of a sync, which is due.
    pub(super) async fn due(&self, sync: &str) -> Schedule {
        let due = self.store.due(100).await.unwrap();
        let due = due.into_iter().find(|due| due.schedule.id == schedule_id(sync));
        due.expect("it is due").schedule
    }
}

pub(super) fn version(syncs: &[(&str, Option<ScheduleSpec>)], first_due: SystemTime) -> NewVersion {
    let planned = |(name, schedule): &(&str, Option<ScheduleSpec>)| PlannedSync {
        name: (*name).to_owned(),
        streams: streams(2),
        limits: limits((*name == "a").then_some(("»from«", 3)), Some(("to", 7))),
        schedule: schedule.clone(),
        after: (*name == "c").then(|| "a".to_owned()),
    };
    let first_due: BTreeMap<String, SystemTime> =
        syncs.iter().map(|(name, _)| ((*name).to_owned(), first_due)).collect();
    NewVersion {
        project: "shop".into(),
        text: "version: 1 # »ü«\n".into(),
        syncs: syncs.iter().map(planned).collect(),
        first_due,
    }
}

pub(super) fn schedule(definition: &str, overlap: Overlap) -> ScheduleSpec {
    ScheduleSpec {
        definition: definition.to_owned(),
        overlap,
    }
}

pub(super) fn schedule_id(sync: &str) -> ScheduleId {
    ScheduleId {
        project: "shop".into(),
        sync: sync.to_owned(),
    }
}

pub(super) fn streams(count: usize) -> Vec<PlannedStream> {
    (0..count)
        .map(|number| PlannedStream {
            stream: format!("public.\"t {number}\""),
            pool: if number == 1 { "heavy" } else { "default" }.to_owned(),
        })
        .collect()
}

pub(super) fn limits(source: Option<(&str, u32)>, destination: Option<(&str, u32)>) -> Limits {
    let limit = |(connection, streams): (&str, u32)| Limit {
        connection: connection.to_owned(),
        streams,
    };
    Limits {
        source: source.map(limit),
        destination: destination.map(limit),
    }
}

pub(super) fn new_run(sync: &str, count: usize) -> NewRun {
    NewRun {
        id: RunId(Uuid::now_v7()),
        project: "shop".into(),
        version: 1,
        sync: sync.to_owned(),
        trigger: Trigger::Manual,
        key: None,
        overlap: Overlap::Queue,
        limits: Limits::default(),
        streams: streams(count),
        trace: None,
    }
}

pub(super) fn task(run: RunId, number: u32) -> TaskId {
    TaskId { run, number }
}

pub(super) fn claim(ttl: Duration) -> Event {
    Event::Claim {
        worker: "worker ü".into(),
        ttl,
    }
}

pub(super) fn heartbeat(epoch: LeaseEpoch, ttl: Duration) -> Event {
    Event::Heartbeat {
        epoch,
        ttl,
        progress: progress(),
        stalled: false,
    }
}

pub(super) fn finish(epoch: LeaseEpoch, ending: Ending) -> Event {
    Event::Finish {
        epoch,
        progress: progress(),
        usage: Usage {
            cpu: Duration::from_millis(1500),
            peak_bytes: 1 << 40,
        },
        ending,
    }
}

/// A failure that is tried again after `wait`.
pub(super) fn failed(wait: Duration) -> Ending {
    let error = Error::new(Code::ConnectionLost(Side::Source), "it broke").help("wait");
    Ending::Failed {
        failure: Failure::from(&error),
        retry: RetryPolicy {
            attempts: 3,
            base: wait,
            factor: 1,
            cap: wait,
        },
        jitter: 0.0,
    }
}

pub(super) fn progress() -> Progress {
    Progress {
        read: 4,
        written: 3,
        bytes: 1 << 33,
        committed: 2,
        expected: Some(1 << 34),
    }
}
