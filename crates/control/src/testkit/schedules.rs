//! Schedules and the record of their ticks.

use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use syncapp_model::sync_file::Overlap;

use super::StoreRig;
use super::scene::{LONG, Scene, limits, new_run, schedule, schedule_id, streams, task};
use crate::{Decision, Pushed, Round, RunState, Schedule, SkipReason, Tick, TickOutcome, Trigger};

const MINUTE: Duration = Duration::from_mins(1);

/// A round that gives each of these ticks a run.
pub(super) fn round(schedule: &Schedule, ticks: &[SystemTime], next_due: Option<SystemTime>) -> Round {
    let decide = |tick: &SystemTime| {
        let mut run = new_run(&schedule.id.sync, 2);
        run.trigger = Trigger::Tick(*tick);
        run.overlap = schedule.overlap;
        (*tick, Decision::Run(Box::new(run)))
    };
    Round {
        schedule: schedule.clone(),
        paused: false,
        ticks: ticks.iter().map(decide).collect(),
        next_due,
    }
}

/// The longest overdue first, each with the streams of its sync; what is not due, or over, does not come.
pub async fn what_is_due_comes_in_order(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let names = ["a", "b", "c", "d"];
    let syncs = names.map(|name| (name, Some(schedule(name, Overlap::Queue))));
    assert_eq!(scene.push(None, &syncs, now - 10 * MINUTE).await, Pushed::Applied(1));
    let due = scene.store.due(10).await.unwrap();
    assert_eq!(due.len(), 4);
    assert!(due[0].now >= now);
    assert_eq!(due[0].streams, streams(2));
    let from = due
        .iter()
        .filter_map(|due| due.limits.source.as_ref()?.connection.get(..));
    assert_eq!(from.collect::<Vec<_>>(), ["»from«"]);
    assert!(
        due.iter()
            .all(|due| due.limits.destination == limits(None, Some(("to", 7))).destination)
    );
    let next = [Some(now - MINUTE), Some(now - 2 * MINUTE), Some(now + LONG), None];
    for (name, next) in names.iter().zip(next) {
        let read = scene.due(name).await;
        assert_eq!((read.version, read.overlap), (1, Overlap::Queue));
        assert_eq!(
            (read.definition.as_str(), read.next_due),
            (*name, Some(now - 10 * MINUTE))
        );
        assert!(scene.store.record(&round(&read, &[], next)).await.unwrap());
    }
    let due = async |limit| {
        let due = scene.store.due(limit).await.unwrap();
        due.into_iter().map(|due| due.schedule.id.sync).collect::<Vec<_>>()
    };
    assert_eq!(due(10).await, ["b", "a"]);
    assert_eq!(due(1).await, ["b"]);
    let wait = scene.store.next_due().await.unwrap().expect("c is due in an hour");
    assert!(wait <= LONG && wait + MINUTE > LONG, "{wait:?}");
    scene.push(Some(1), &[], now).await;
    assert_eq!(scene.store.next_due().await.unwrap(), None);
    assert_eq!(due(10).await, ["b", "a"], "they are owed, and due");
}

/// Of those who record a round of one schedule at once, one does; ticks, runs and hints are there once.
pub async fn of_many_rounds_one_is_recorded(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let syncs = [("a", Some(schedule("x", Overlap::Queue)))];
    scene.push(None, &syncs, now - MINUTE).await;
    let read = scene.due("a").await;
    let doors = scene.doors().await;
    let rounds: Vec<_> = doors
        .iter()
        .map(|_| round(&read, &[now - MINUTE, now], Some(now + LONG)))
        .collect();
    let recorded = join_all(doors.iter().zip(&rounds).map(|(door, round)| door.record(round))).await;
    let recorded: Vec<bool> = recorded.into_iter().map(Result::unwrap).collect();
    assert_eq!(recorded.iter().filter(|recorded| **recorded).count(), 1);
    let ticks = scene.store.ticks(&schedule_id("a"), now - LONG, 10).await.unwrap();
    let [
        Tick {
            nominal_at: first,
            outcome: TickOutcome::Ran(one),
        },
        Tick {
            nominal_at: second,
            outcome: TickOutcome::Ran(other),
        },
    ] = ticks[..]
    else {
        panic!("{ticks:?}");
    };
    assert_eq!((first, second), (now - MINUTE, now));
    let run = scene.store.run(one).await.unwrap().unwrap();
    assert_eq!((run.trigger, run.state), (Trigger::Tick(first), RunState::Queued));
    let held = scene.store.run(other).await.unwrap().unwrap();
    assert_eq!((held.trigger, held.state), (Trigger::Tick(second), RunState::Held));
    assert_eq!(scene.hinted().await, [task(one, 0), task(one, 1)]);
    assert_eq!(scene.store.due(10).await.unwrap(), []);
    assert!(!scene.store.record(&rounds[0]).await.unwrap());
}

/// With `overlap: skip` a tick that comes while a run goes on has none, and says so.
pub async fn an_overlap_is_recorded(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    scene
        .push(None, &[("a", Some(schedule("x", Overlap::Skip)))], now - MINUTE)
        .await;
    let read = scene.due("a").await;
    let mut new = round(&read, &[now - MINUTE, now], Some(now + LONG));
    new.ticks
        .insert(0, (now - 2 * MINUTE, Decision::Skip(SkipReason::OverCap)));
    assert!(scene.store.record(&new).await.unwrap());
    let ticks = scene.store.ticks(&schedule_id("a"), now - LONG, 10).await.unwrap();
    assert_eq!(ticks.len(), 3);
    assert_eq!(ticks[0].outcome, TickOutcome::Skipped(SkipReason::OverCap));
    assert!(matches!(ticks[1].outcome, TickOutcome::Ran(_)));
    assert_eq!(ticks[2].outcome, TickOutcome::Skipped(SkipReason::Overlap));
    let from = scene.store.ticks(&schedule_id("a"), now - MINUTE, 1).await.unwrap();
    assert_eq!(from, ticks[1..2]);
    assert_eq!(scene.store.ticks(&schedule_id("b"), now - LONG, 10).await.unwrap(), []);
}

/// Why a tick has no run comes back, whatever the reason, and nobody is told to carry anything.
pub async fn each_reason_is_kept(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let first = now - 10 * MINUTE;
    scene
        .push(None, &[("a", Some(schedule("x", Overlap::Queue)))], first)
        .await;
    let mut new = round(&scene.due("a").await, &[], Some(now + LONG));
    let at = |number: usize| first + MINUTE * number as u32;
    let decided = (0..).zip(SkipReason::ALL);
    new.ticks = decided
        .map(|(number, reason)| (at(number), Decision::Skip(reason)))
        .collect();
    assert!(scene.store.record(&new).await.unwrap());
    let ticks = scene.store.ticks(&schedule_id("a"), first, 100).await.unwrap();
    let kept = (0..).zip(SkipReason::ALL).map(|(number, reason)| Tick {
        nominal_at: at(number),
        outcome: TickOutcome::Skipped(reason),
    });
    assert_eq!(ticks, kept.collect::<Vec<_>>());
    assert_eq!(scene.hinted().await, []);
}

/// An instant that a schedule means again, after it was changed and changed back, keeps what became of it.
pub async fn a_tick_is_recorded_once(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    scene
        .push(None, &[("a", Some(schedule("x", Overlap::Queue)))], now)
        .await;
    let read = scene.due("a").await;
    assert!(
        scene
            .store
            .record(&round(&read, &[now], Some(now + LONG)))
            .await
            .unwrap()
    );
    let ticks = scene.store.ticks(&schedule_id("a"), now, 10).await.unwrap();
    scene.hinted().await;
    scene
        .push(Some(1), &[("a", Some(schedule("y", Overlap::Queue)))], now)
        .await;
    let stale = round(&read, &[now], Some(now + LONG));
    assert!(!scene.store.record(&stale).await.unwrap(), "it is of another version");
    let read = scene.due("a").await;
    assert!(scene.store.record(&round(&read, &[now], None)).await.unwrap());
    assert_eq!(scene.store.ticks(&schedule_id("a"), now, 10).await.unwrap(), ticks);
    assert_eq!(scene.hinted().await, []);
}
