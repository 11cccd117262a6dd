//! Claims, leases and their fence.

use std::time::Duration;

use futures_util::future::{join, join_all};
use syncapp_model::{Code, Error, RetryPolicy};

use super::StoreRig;
use super::scene::{LONG, MANY, SHORT, Scene, claim, failed, finish, heartbeat, progress, task};
use crate::{Ending, Event, Failure, LeaseEpoch, Progress, Refusal, RunId, RunState, TaskState, Usage, Verdict};

const EXPIRE: Event = Event::Expire { losses: 20 };

/// Of those who claim a task at once, one holds it.
pub async fn of_many_claims_one_holds(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 1).await;
    let doors = scene.doors().await;
    let event = claim(LONG);
    let verdicts = join_all(doors.iter().map(|door| door.happen(task(run, 0), &event))).await;
    let mut held = 0;
    for verdict in verdicts {
        match verdict.unwrap() {
            Verdict::Held(task) => {
                assert_eq!((task.state, task.epoch), (TaskState::Running, LeaseEpoch(1)));
                held += 1;
            }
            Verdict::Refused(refusal) => assert_eq!(refusal, Refusal::Held),
        }
    }
    assert_eq!(held, 1);
    assert_eq!(scene.store.run(run).await.unwrap().unwrap().state, RunState::Running);
}

/// Each word that is kept of a task is told as it was written, by whoever asks.
pub async fn what_is_known_of_a_task_comes_back(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 1).await;
    let id = task(run, 0);
    let queued = scene.task(id).await;
    let claimed = scene.happen(id, &claim(LONG)).await;
    assert_eq!(scene.task(id).await, claimed);
    assert_eq!(claimed.worker.as_deref(), Some("worker ü"));
    assert_eq!(queued.started_at, None);
    assert!(claimed.started_at.unwrap() >= queued.hinted_at);
    assert!(claimed.lease_until.unwrap() >= queued.hinted_at + LONG);
    let beaten = scene.happen(id, &heartbeat(claimed.epoch, LONG)).await;
    assert_eq!(scene.task(id).await, beaten);
    assert_eq!(beaten.progress, progress());
    let waiting = scene.happen(id, &finish(claimed.epoch, failed(LONG))).await;
    assert_eq!(scene.task(id).await, waiting);
    let error = waiting.error.as_ref().unwrap();
    assert_eq!(
        (error.code.as_str(), error.text.as_str(), error.help.as_deref()),
        ("source.connection_lost", "it broke", Some("wait"))
    );
    assert_eq!(waiting.usage.cpu, Duration::from_millis(1500));
    assert_eq!((waiting.lease_until, waiting.fruitless), (None, 1));
    assert_eq!(scene.store.run(run).await.unwrap().unwrap().state, RunState::Waiting);
}

/// An end is recorded whatever the error's text holds, and a count however large it is.
pub async fn what_a_driver_said_is_kept(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 1).await;
    let claimed = scene.happen(task(run, 0), &claim(LONG)).await;
    let error = Error::new(Code::Internal, "a \0 and \u{1F600} \r\n \u{7f}").help("\0");
    let ending = Ending::Failed {
        failure: Failure::from(&error),
        retry: RetryPolicy::UNATTENDED,
        jitter: 0.37,
    };
    let most = Progress {
        read: u64::MAX,
        written: 1 << 63,
        bytes: i64::MAX as u64,
        committed: 0,
        expected: Some(u64::MAX),
    };
    let event = Event::Finish {
        epoch: claimed.epoch,
        progress: most,
        usage: Usage {
            cpu: Duration::new(7, 123_456_789),
            peak_bytes: u64::MAX,
        },
        ending,
    };
    let ended = scene.happen(claimed.id, &event).await;
    assert_eq!(scene.task(claimed.id).await, ended);
    assert_eq!((ended.state, ended.progress), (TaskState::Failed, most));
    let text = ended.error.unwrap().text;
    assert!(
        text.starts_with("a ") && text.ends_with(" and \u{1F600} \r\n \u{7f}"),
        "{text:?}"
    );
}

/// A lease runs out when the store's own time says so, whatever anybody else's clock does.
pub async fn a_lease_runs_out_by_the_store_s_time(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 3).await;
    scene.happen(task(run, 0), &claim(LONG)).await;
    let short = scene.happen(task(run, 1), &claim(SHORT)).await;
    scene.hinted().await;
    scene.pass_short().await;
    assert_eq!(scene.store.expired(10).await.unwrap(), [task(run, 1)]);
    assert_eq!(scene.store.expired(0).await.unwrap(), []);
    assert_eq!(scene.refused(task(run, 0), &EXPIRE).await, Refusal::Held);
    assert_eq!(scene.refused(task(run, 2), &EXPIRE).await, Refusal::NotHeld);
    // Somebody has to say so: as long as nobody does, nobody else has it.
    assert_eq!(scene.refused(task(run, 1), &claim(LONG)).await, Refusal::Held);
    let queued = scene.happen(task(run, 1), &EXPIRE).await;
    assert_eq!(
        (queued.state, queued.lost, queued.epoch),
        (TaskState::Queued, 1, short.epoch)
    );
    assert_eq!(scene.hinted().await, [task(run, 1)]);
    assert_eq!(scene.store.expired(10).await.unwrap(), []);
    let again = scene.happen(task(run, 1), &claim(LONG)).await;
    assert_eq!(again.epoch, LeaseEpoch(2));
}

/// Whoever is heard of keeps its lease.
pub async fn a_heartbeat_keeps_the_lease(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 1).await;
    let id = task(run, 0);
    let claimed = scene.happen(id, &claim(SHORT)).await;
    scene.happen(id, &heartbeat(claimed.epoch, LONG)).await;
    scene.pass_short().await;
    assert_eq!(scene.store.expired(10).await.unwrap(), []);
    assert_eq!(scene.refused(id, &EXPIRE).await, Refusal::Held);
    assert_eq!(scene.task(id).await.state, TaskState::Running);
}

/// A cancel that comes between two halves of a heartbeat is not written over.
pub async fn a_heartbeat_takes_no_cancel_back(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    for round in 0..20 {
        let run = scene.submit(&format!("orders {round}"), 1).await;
        let id = task(run, 0);
        let claimed = scene.happen(id, &claim(LONG)).await;
        let event = heartbeat(claimed.epoch, LONG);
        let beats = doors[1..].iter().map(|door| door.happen(id, &event));
        let (cancelled, beats) = join(doors[0].cancel(run), join_all(beats)).await;
        assert_eq!(cancelled.unwrap().unwrap().state, RunState::Cancelling);
        assert!(beats.into_iter().all(|beat| matches!(beat, Ok(Verdict::Held(_)))));
        assert_eq!(scene.task(id).await.state, TaskState::Cancelling, "round {round}");
    }
}

/// A worker that lost its lease writes nothing, neither before somebody else has it nor after.
pub async fn the_fence_holds(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 1).await;
    let id = task(run, 0);
    let first = scene.happen(id, &claim(SHORT)).await;
    scene.pass_short().await;
    scene.happen(id, &EXPIRE).await;
    let late = [
        heartbeat(first.epoch, LONG),
        finish(first.epoch, Ending::Done),
        finish(first.epoch, failed(SHORT)),
        finish(first.epoch, Ending::Released),
    ];
    for event in &late {
        assert_eq!(scene.refused(id, event).await, Refusal::NotHeld);
    }
    let second = scene.happen(id, &claim(LONG)).await;
    for event in &late {
        assert_eq!(scene.refused(id, event).await, Refusal::Fenced);
    }
    assert_eq!(scene.task(id).await, second);
    let done = scene.happen(id, &finish(second.epoch, Ending::Done)).await;
    for event in late.iter().chain([&finish(second.epoch, Ending::Done)]) {
        assert_eq!(scene.refused(id, event).await, Refusal::Ended);
    }
    assert_eq!(scene.task(id).await, done);
    let run = scene.store.run(run).await.unwrap().unwrap();
    assert_eq!((run.state, run.finished_at), (RunState::Done, done.finished_at));
}

/// What failed is not claimed before its time, and is afterwards.
pub async fn a_wait_is_waited_for(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 2).await;
    for (number, wait) in [(0, LONG), (1, SHORT)] {
        let claimed = scene.happen(task(run, number), &claim(LONG)).await;
        let waiting = scene.happen(claimed.id, &finish(claimed.epoch, failed(wait))).await;
        assert_eq!(waiting.state, TaskState::Waiting);
    }
    assert_eq!(scene.refused(task(run, 0), &claim(LONG)).await, Refusal::NotDue);
    scene.pass_short().await;
    assert_eq!(scene.refused(task(run, 0), &claim(LONG)).await, Refusal::NotDue);
    let again = scene.happen(task(run, 1), &claim(LONG)).await;
    assert_eq!((again.epoch, again.next_try_at), (LeaseEpoch(2), None));
    assert!(
        again.started_at > scene.task(task(run, 0)).await.started_at,
        "it is another attempt"
    );
}

/// Tasks of one run that end at once: the last one ends the run, and nobody misses that.
pub async fn the_last_task_ends_the_run(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", MANY).await;
    let next = scene.submit("orders", 1).await;
    let doors = scene.doors().await;
    let end = async |(number, door): (u32, &std::sync::Arc<dyn crate::Store>)| {
        let id = task(run, number);
        let Verdict::Held(claimed) = door.happen(id, &claim(LONG)).await.unwrap() else {
            panic!("task {number} is free");
        };
        let ended = door.happen(id, &finish(claimed.epoch, Ending::Done)).await.unwrap();
        assert!(matches!(ended, Verdict::Held(_)));
    };
    join_all((0..).zip(&doors).map(end)).await;
    let run = scene.store.run(run).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Done);
    assert!(run.finished_at.is_some());
    assert_eq!(scene.store.run(next).await.unwrap().unwrap().state, RunState::Queued);
}

/// When a run ends, the next one of its sync is let in, in the order in which they came, and its tasks are hinted at.
pub async fn the_next_run_is_let_in(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(scene.submit("orders", 2).await);
        // So that their order in time is one.
        scene.place.pass(Duration::from_millis(2)).await;
    }
    let ids = |run| vec![task(run, 0), task(run, 1)];
    for (place, run) in runs.iter().enumerate() {
        assert_eq!(scene.hinted().await, ids(*run));
        for held in &runs[place + 1..] {
            assert_eq!(scene.refused(task(*held, 0), &claim(LONG)).await, Refusal::NotDue);
        }
        for id in ids(*run) {
            assert_eq!(scene.hinted().await, []);
            let claimed = scene.happen(id, &claim(LONG)).await;
            scene.happen(id, &finish(claimed.epoch, Ending::Done)).await;
        }
    }
    assert_eq!(scene.hinted().await, []);
}

/// A task that is not there is none.
pub async fn nothing_is_known_of_others(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 1).await;
    for id in [task(run, 1), task(RunId::new(), 0)] {
        for event in [claim(LONG), Event::Cancel, EXPIRE] {
            assert_eq!(scene.refused(id, &event).await, Refusal::Unknown);
        }
    }
}
