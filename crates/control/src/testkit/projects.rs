//! Versions, their lock, and their schedules.

use futures_util::future::join_all;
use syncapp_model::sync_file::Overlap;

use super::StoreRig;
use super::scene::{LONG, Scene, schedule, schedule_id, version};
use crate::{Pushed, Round};

/// A version is what was pushed, for ever.
pub async fn versions_count_and_never_change(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    assert_eq!(scene.store.newest("shop").await.unwrap(), None);
    assert_eq!(scene.store.version("shop", 1).await.unwrap(), None);
    let now = scene.second().await;
    let first = version(&[("a", Some(schedule("x", Overlap::Skip))), ("b", None)], now + LONG);
    assert_eq!(scene.store.apply(&first, None).await.unwrap(), Pushed::Applied(1));
    let told = scene.store.newest("shop").await.unwrap().unwrap();
    assert_eq!(
        (told.number, &told.text, &told.syncs, told.project.as_str()),
        (1, &first.text, &first.syncs, "shop")
    );
    assert!(told.applied_at >= now);
    assert_eq!(
        scene.push(Some(1), &[("c", None)], now + LONG).await,
        Pushed::Applied(2)
    );
    assert_eq!(scene.store.version("shop", 1).await.unwrap().unwrap(), told);
    let newest = scene.store.newest("shop").await.unwrap().unwrap();
    assert_eq!((newest.number, newest.syncs.len()), (2, 1));
    assert_eq!(scene.store.newest("other").await.unwrap(), None);
}

/// A push over another version than the newest one changes nothing.
pub async fn the_lock_holds(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let later = scene.second().await + LONG;
    assert_eq!(scene.push(Some(1), &[("a", None)], later).await, Pushed::Moved(None));
    assert_eq!(scene.push(None, &[("a", None)], later).await, Pushed::Applied(1));
    for wrong in [None, Some(0), Some(2)] {
        assert_eq!(scene.push(wrong, &[("b", None)], later).await, Pushed::Moved(Some(1)));
    }
    let newest = scene.store.newest("shop").await.unwrap().unwrap();
    assert_eq!((newest.number, newest.syncs[0].name.as_str()), (1, "a"));
}

/// Of those who push over the same version at once, one is told that it was done.
pub async fn of_many_pushes_one_wins(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let new = version(&[("a", None)], scene.second().await + LONG);
    for expected in [None, Some(1)] {
        let doors = scene.doors().await;
        let pushed = join_all(doors.iter().map(|door| door.apply(&new, expected))).await;
        let number = expected.unwrap_or(0) + 1;
        let mut applied = 0;
        for pushed in pushed {
            match pushed.unwrap() {
                Pushed::Applied(told) if told == number => applied += 1,
                other => assert_eq!(other, Pushed::Moved(Some(number))),
            }
        }
        assert_eq!(applied, 1);
    }
}

/// The same words go on, other words begin anew, and no words end.
pub async fn schedules_change_with_their_version(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let before = [
        ("same", Some(schedule("x", Overlap::Skip))),
        ("changed", Some(schedule("x", Overlap::Skip))),
        ("gone", Some(schedule("x", Overlap::Skip))),
    ];
    let after = [
        ("same", Some(schedule("x", Overlap::Queue))),
        ("changed", Some(schedule("y", Overlap::Skip))),
        ("new", Some(schedule("x", Overlap::Skip))),
        ("gone", None),
    ];
    let later = now + LONG;
    let mut first = version(&before, later);
    first.first_due.insert("same".into(), now - LONG);
    assert_eq!(scene.store.apply(&first, None).await.unwrap(), Pushed::Applied(1));
    assert_eq!(scene.push(Some(1), &after, now).await, Pushed::Applied(2));
    let mut due: Vec<_> = scene
        .store
        .due(10)
        .await
        .unwrap()
        .into_iter()
        .map(|due| due.schedule)
        .collect();
    due.sort_by(|one, other| one.id.cmp(&other.id));
    let told: Vec<_> = due
        .iter()
        .map(|schedule| {
            (
                schedule.id.sync.as_str(),
                schedule.next_due,
                schedule.version,
                schedule.overlap,
            )
        })
        .collect();
    let expected = [
        ("changed", Some(now), 2, Overlap::Skip),
        ("new", Some(now), 2, Overlap::Skip),
        ("same", Some(now - LONG), 2, Overlap::Queue),
    ];
    assert_eq!(told, expected);
}

/// A schedule with a tick that is due does not change or go before that is recorded; one that stays is in nobody's way.
pub async fn what_is_due_is_recorded_first(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let both = [
        ("a", Some(schedule("x", Overlap::Skip))),
        ("b", Some(schedule("x", Overlap::Skip))),
    ];
    assert_eq!(scene.push(None, &both, now).await, Pushed::Applied(1));
    let without = [("a", None), ("b", Some(schedule("x", Overlap::Skip)))];
    let changed = [
        ("a", Some(schedule("y", Overlap::Skip))),
        ("b", Some(schedule("x", Overlap::Skip))),
    ];
    assert_eq!(scene.push(Some(1), &without, now).await, Pushed::Behind);
    assert_eq!(scene.push(Some(1), &changed, now).await, Pushed::Behind);
    let newest = scene.store.newest("shop").await.unwrap().unwrap();
    assert_eq!(newest.number, 1);
    let round = Round {
        schedule: scene.due("a").await,
        paused: false,
        ticks: Vec::new(),
        next_due: Some(now + LONG),
    };
    assert!(scene.store.record(&round).await.unwrap());
    assert_eq!(scene.push(Some(1), &without, now).await, Pushed::Applied(2));
    let due = scene.store.due(10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].schedule.id, schedule_id("b"));
}
