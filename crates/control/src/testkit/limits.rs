//! How many streams use a connection at once.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use super::StoreRig;
use super::scene::{LONG, MANY, SHORT, Scene, claim, failed, finish, limits, new_run, schedule, task};
use crate::{Ending, Event, LeaseEpoch, Limits, Refusal, RunId, Submitted, TaskId, Verdict};

const EXPIRE: Event = Event::Expire { losses: 20 };

/// Submits a run of so many streams under limits.
async fn submit(scene: &Scene, sync: &str, limits: &Limits, streams: usize) -> RunId {
    let mut new = new_run(sync, streams);
    new.limits = limits.clone();
    // Of one pool: what belongs to another one is not given its hints.
    new.streams.iter_mut().for_each(|stream| stream.pool = "default".into());
    assert_eq!(scene.store.submit(&new).await.unwrap(), Submitted::Accepted(new.id));
    new.id
}

async fn end(scene: &Scene, id: TaskId, epoch: LeaseEpoch) {
    scene.happen(id, &finish(epoch, Ending::Done)).await;
}

/// What is limited is told of a version's syncs and of runs as it was written.
pub async fn limits_are_kept(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let later = scene.second().await + LONG;
    let overlap = syncapp_model::sync_file::Overlap::Skip;
    scene
        .push(None, &[("a", Some(schedule("x", overlap))), ("b", None)], later)
        .await;
    let told = scene.store.newest("shop").await.unwrap().unwrap();
    let both = limits(Some(("»from«", 3)), Some(("to", 7)));
    assert_eq!(told.sync("a").unwrap().limits, both);
    assert_eq!(told.sync("b").unwrap().limits, limits(None, Some(("to", 7))));
    for limits in [both, limits(Some(("x", u32::MAX)), None), Limits::default()] {
        let run = submit(&scene, "orders", &limits, 1).await;
        assert_eq!(scene.store.run(run).await.unwrap().unwrap().limits, limits);
    }
}

/// Of many who claim at once, as many hold as the connection may have, whichever side it is on; other projects do not count.
pub async fn of_many_claims_as_many_hold_as_may(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    let (reads, writes) = (limits(Some(("db", 3)), None), limits(None, Some(("db", 3))));
    for round in 0..5 {
        let mut tasks = Vec::new();
        for number in 0..MANY {
            let limits = if number.is_multiple_of(2) { &reads } else { &writes };
            let run = submit(&scene, &format!("orders {round} {number}"), limits, 1).await;
            tasks.push(task(run, 0));
        }
        let event = claim(LONG);
        let claims = doors.iter().zip(&tasks).map(|(door, id)| door.happen(*id, &event));
        let mut held = Vec::new();
        for (verdict, id) in join_all(claims).await.into_iter().zip(&tasks) {
            match verdict.unwrap() {
                Verdict::Held(claimed) => held.push((*id, claimed.epoch)),
                Verdict::Refused(refusal) => assert_eq!(refusal, Refusal::Busy),
            }
        }
        assert_eq!(held.len(), 3, "round {round}");
        for (id, epoch) in held {
            end(&scene, id, epoch).await;
        }
        for id in tasks {
            scene.store.cancel(id.run).await.unwrap();
        }
    }
    submit(&scene, "orders", &reads, 3).await;
    let mut elsewhere = new_run("orders", 1);
    elsewhere.project = "other".into();
    elsewhere.limits = reads;
    scene.store.submit(&elsewhere).await.unwrap();
    scene.happen(task(elsewhere.id, 0), &claim(LONG)).await;
}

/// Whenever a place is free again, whoever waits the longest for one gets a hint, however it became free.
pub async fn whoever_waits_is_told_of_a_free_place(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = submit(&scene, "orders", &limits(Some(("db", 1)), Some(("db", 1))), 6).await;
    scene.hinted().await;
    // So that hints that are written from now on are later ones.
    scene.place.pass(Duration::from_millis(2)).await;
    let first = scene.happen(task(run, 0), &claim(LONG)).await;
    for number in 1..6 {
        assert_eq!(scene.refused(task(run, number), &claim(LONG)).await, Refusal::Busy);
    }
    assert_eq!(scene.hinted().await, [], "there is no place");
    end(&scene, first.id, first.epoch).await;
    assert_eq!(scene.hinted().await, [task(run, 1)]);

    let released = scene.happen(task(run, 1), &claim(LONG)).await;
    scene
        .happen(released.id, &finish(released.epoch, Ending::Released))
        .await;
    let told: BTreeSet<TaskId> = scene.hinted().await.into_iter().collect();
    assert_eq!(
        told,
        BTreeSet::from([task(run, 1), task(run, 2)]),
        "its own, and the next one's"
    );

    let lost = scene.happen(task(run, 2), &claim(SHORT)).await;
    scene.pass_short().await;
    assert_eq!(
        scene.refused(task(run, 3), &claim(LONG)).await,
        Refusal::Busy,
        "nobody says that it is lost"
    );
    scene.happen(lost.id, &EXPIRE).await;
    let told: BTreeSet<TaskId> = scene.hinted().await.into_iter().collect();
    assert_eq!(told, BTreeSet::from([task(run, 2), task(run, 3)]));

    let broken = scene.happen(task(run, 3), &claim(LONG)).await;
    scene.happen(broken.id, &finish(broken.epoch, failed(LONG))).await;
    assert_eq!(scene.hinted().await, [task(run, 4)]);
    let cancelled = scene.happen(task(run, 4), &claim(LONG)).await;
    scene.store.cancel(run).await.unwrap();
    let other = submit(&scene, "items", &limits(None, Some(("db", 1))), 1).await;
    scene.hinted().await;
    assert_eq!(scene.refused(task(other, 0), &claim(LONG)).await, Refusal::Busy);
    scene
        .happen(cancelled.id, &finish(cancelled.epoch, Ending::Stopped))
        .await;
    assert_eq!(scene.hinted().await, [task(other, 0)]);
}

/// A hint that was taken out of the outbox may have come to nothing already: its row, which is still there, is no reason to write
/// none.
pub async fn a_hint_on_its_way_is_none(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = submit(&scene, "orders", &limits(Some(("db", 1)), None), 2).await;
    let rows = scene.store.take(10, LONG).await.unwrap();
    let first = scene.happen(task(run, 0), &claim(LONG)).await;
    assert_eq!(scene.refused(task(run, 1), &claim(LONG)).await, Refusal::Busy);
    end(&scene, first.id, first.epoch).await;
    let rows: Vec<u64> = rows.iter().map(|row| row.id).collect();
    scene.store.sent(&rows).await.unwrap();
    assert_eq!(scene.hinted().await, [task(run, 1)]);
    // One that nobody has taken comes by itself.
    let run = submit(&scene, "items", &limits(Some(("wide", 1)), None), 2).await;
    let first = scene.happen(task(run, 0), &claim(LONG)).await;
    end(&scene, first.id, first.epoch).await;
    assert_eq!(scene.hinted().await, [task(run, 0), task(run, 1)]);
}

/// A hint that leads to no claim is passed on to whoever could have had the place; one that cannot be used by anybody is not.
pub async fn a_hint_is_passed_on(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let narrow = limits(Some(("db", 2)), Some(("out", 1)));
    let both = submit(&scene, "both", &narrow, 3).await;
    let one = submit(&scene, "one", &limits(Some(("db", 2)), None), 2).await;
    scene.hinted().await;
    let first = scene.happen(task(both, 0), &claim(LONG)).await;
    // It finds no place at `out`; of `db` there is one left.
    assert_eq!(scene.refused(task(both, 1), &claim(LONG)).await, Refusal::Busy);
    assert_eq!(scene.hinted().await, [task(one, 0)]);
    scene.happen(task(one, 0), &claim(LONG)).await;
    assert_eq!(scene.refused(task(one, 0), &claim(LONG)).await, Refusal::Held);
    assert_eq!(scene.refused(task(both, 2), &claim(LONG)).await, Refusal::Busy);
    assert_eq!(scene.hinted().await, [], "nobody could use it");
    end(&scene, first.id, first.epoch).await;
    let told: BTreeSet<TaskId> = scene.hinted().await.into_iter().collect();
    assert!(
        !told.is_empty() && told.iter().all(|id| id.run != one || id.number == 1),
        "{told:?}"
    );
}

/// Runs that are limited come to their end by hints alone, and none of them was written for waiting too long.
pub async fn all_have_their_turn(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    let mut left = 0;
    for number in 0..4 {
        let limits = limits(Some(("db", 2)), (number % 2 == 0).then_some(("out", 1)));
        submit(&scene, &format!("sync {number}"), &limits, 5).await;
        left += 5;
    }
    while left > 0 {
        let hints = scene.hinted().await;
        assert!(!hints.is_empty(), "{left} tasks are left that nobody gets a hint to");
        let follow = async |(door, id): (&std::sync::Arc<dyn crate::Store>, &TaskId)| {
            let Verdict::Held(claimed) = door.happen(*id, &claim(LONG)).await.unwrap() else {
                return 0;
            };
            let ended = door.happen(*id, &finish(claimed.epoch, Ending::Done)).await.unwrap();
            assert!(matches!(ended, Verdict::Held(_)));
            1
        };
        for some in hints.chunks(doors.len()) {
            let ended = join_all(doors.iter().zip(some).map(follow)).await;
            left -= ended.into_iter().sum::<i32>();
        }
    }
}
