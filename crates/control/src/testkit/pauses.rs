//! Pauses, and what they keep from being recorded.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::{join, join_all};
use syncapp_model::sync_file::Overlap;

use super::StoreRig;
use super::scene::{LONG, Scene, new_run, schedule, schedule_id};
use super::schedules::round;
use crate::{Decision, Pushed, SkipReason, Submitted, TickOutcome};

const MINUTE: Duration = Duration::from_mins(1);

/// A sync is paused until somebody ends that: twice is once, a push changes nothing, and runs by hand are accepted.
pub async fn a_pause_lasts_until_it_is_ended(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let later = scene.second().await + LONG;
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let paused = async || scene.place.store().await.paused("shop").await.unwrap();
    scene
        .push(None, &[("a", Some(schedule("x", Overlap::Skip))), ("b", None)], later)
        .await;
    assert_eq!(paused().await, of(&[]));
    for sync in ["a", "b", "not there", "a"] {
        scene.store.pause(&schedule_id(sync)).await.unwrap();
    }
    assert_eq!(paused().await, of(&["a", "b", "not there"]));
    assert_eq!(scene.store.paused("other").await.unwrap(), of(&[]));
    let changed = [("a", Some(schedule("y", Overlap::Queue)))];
    assert_eq!(scene.push(Some(1), &changed, later).await, Pushed::Applied(2));
    assert_eq!(paused().await, of(&["a", "b", "not there"]));
    let new = new_run("a", 1);
    assert_eq!(scene.store.submit(&new).await.unwrap(), Submitted::Accepted(new.id));
    for sync in ["a", "b", "a"] {
        assert!(scene.store.resume(&schedule_id(sync)).await.unwrap());
    }
    assert_eq!(paused().await, of(&["not there"]));
}

/// Whoever computes a round is told of the pause; one that was computed before the sync was paused, or went on, is refused.
pub async fn a_round_knows_of_the_pause(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let id = schedule_id("a");
    scene
        .push(None, &[("a", Some(schedule("x", Overlap::Queue)))], now - MINUTE)
        .await;
    let paused = async || scene.store.due(10).await.unwrap()[0].paused;
    assert!(!paused().await);
    let before = round(&scene.due("a").await, &[now - MINUTE], Some(now));
    scene.store.pause(&id).await.unwrap();
    assert!(paused().await);
    assert!(!scene.store.record(&before).await.unwrap(), "it is of before the pause");
    assert!(!scene.store.resume(&id).await.unwrap(), "a tick is due");
    assert!(paused().await);
    let mut while_paused = before.clone();
    while_paused.paused = true;
    while_paused.ticks = vec![(now - MINUTE, Decision::Skip(SkipReason::Paused))];
    assert!(scene.store.record(&while_paused).await.unwrap());
    assert!(!scene.store.resume(&id).await.unwrap(), "another tick is due");
    let mut last = round(&scene.due("a").await, &[now], Some(now + LONG));
    last.paused = true;
    last.ticks = vec![(now, Decision::Skip(SkipReason::Paused))];
    assert!(scene.store.record(&last).await.unwrap());
    assert!(scene.store.resume(&id).await.unwrap());
    let ticks = scene.store.ticks(&id, now - LONG, 10).await.unwrap();
    let skipped = TickOutcome::Skipped(SkipReason::Paused);
    assert_eq!(ticks.iter().map(|tick| tick.outcome).collect::<Vec<_>>(), [skipped; 2]);
    scene.store.pause(&id).await.unwrap();
    assert!(scene.store.resume(&id).await.unwrap(), "nothing is due");
    assert!(!scene.store.record(&last).await.unwrap());
}

/// So does a round of what a schedule owes that is there no more; and its sync does not go on before.
pub async fn what_is_owed_knows_of_the_pause(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let id = schedule_id("a");
    scene
        .push(None, &[("a", Some(schedule("x", Overlap::Queue)))], now)
        .await;
    scene.push(Some(1), &[("a", None)], now).await;
    let before = round(&scene.due("a").await, &[now], None);
    scene.store.pause(&id).await.unwrap();
    assert!(!scene.store.record(&before).await.unwrap(), "it is of before the pause");
    assert!(!scene.store.resume(&id).await.unwrap(), "a tick is due");
    let mut while_paused = before;
    while_paused.paused = true;
    while_paused.ticks = vec![(now, Decision::Skip(SkipReason::Paused))];
    assert!(scene.store.record(&while_paused).await.unwrap());
    assert!(scene.store.resume(&id).await.unwrap());
}

/// Once a pause is there nothing is recorded that does not know of it, however close the two were; nor of what is owed.
pub async fn no_round_passes_a_pause(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let names: Vec<String> = (0..10).map(|number| format!("sync {number}")).collect();
    let syncs: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), Some(schedule("x", Overlap::Queue))))
        .collect();
    scene.push(None, &syncs, now).await;
    scene.push(Some(1), &syncs[..5], now).await;
    let doors = scene.doors().await;
    for name in &names {
        let id = schedule_id(name);
        let ticks = async || scene.store.ticks(&id, now, 10).await.unwrap();
        let read = scene.due(name).await;
        let rounds: Vec<_> = doors[1..]
            .iter()
            .map(|_| round(&read, &[now], Some(now + LONG)))
            .collect();
        let recorded = doors[1..].iter().zip(&rounds).map(|(door, round)| door.record(round));
        let paused = async {
            doors[0].pause(&id).await.unwrap();
            ticks().await
        };
        let (known, recorded) = join(paused, join_all(recorded)).await;
        let recorded = recorded.into_iter().filter(|recorded| *recorded == Ok(true)).count();
        assert_eq!((ticks().await, recorded), (known.clone(), known.len()));
    }
}
