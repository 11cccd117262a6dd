//! Versions, their lock, and their schedules.

use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use syncapp_model::sync_file::Overlap;

use super::StoreRig;
use super::scene::{LONG, Scene, schedule, schedule_id, version};
use super::schedules::round;
use crate::{Due, Pushed, Schedule, Store, TickOutcome};

const MINUTE: Duration = Duration::from_mins(1);

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

/// What a schedule that changes or goes has due is recorded by its own version, up to the push; what stays is let alone.
pub async fn what_was_due_is_owed(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let x = || Some(schedule("x", Overlap::Skip));
    scene
        .push(None, &[("a", x()), ("b", x()), ("c", x())], now - MINUTE)
        .await;
    let later = now + LONG;
    let changed = [("a", Some(schedule("y", Overlap::Queue))), ("b", x()), ("c", None)];
    assert_eq!(scene.push(Some(1), &changed, now).await, Pushed::Applied(2));
    let applied = scene.store.newest("shop").await.unwrap().unwrap().applied_at;
    let due = async |door: &dyn Store| {
        let due = door.due(10).await.unwrap();
        let told = |due: Due| {
            let Schedule { id, version, until, .. } = due.schedule;
            (id.sync, version, until)
        };
        let mut due: Vec<_> = due.into_iter().map(told).collect();
        due.sort();
        due
    };
    let named = |all: &[(&str, u32, Option<SystemTime>)]| {
        let own = |(sync, version, until): &(&str, u32, _)| ((*sync).to_owned(), *version, *until);
        all.iter().map(own).collect::<Vec<_>>()
    };
    let owed = [
        ("a", 1, Some(applied)),
        ("a", 2, None),
        ("b", 2, None),
        ("c", 1, Some(applied)),
    ];
    assert_eq!(due(&*scene.place.store().await).await, named(&owed));
    let of_a = scene.store.due_of(&schedule_id("a")).await.unwrap();
    let told: Vec<_> = of_a
        .iter()
        .map(|due| (due.schedule.version, due.streams.len()))
        .collect();
    assert_eq!(told, [(1, 2), (2, 2)], "the longest overdue first");
    let (read, holds) = (of_a[0].schedule.clone(), of_a[1].schedule.clone());
    assert_eq!(
        (read.definition.as_str(), read.overlap, read.next_due),
        ("x", Overlap::Skip, Some(now - MINUTE))
    );
    // Each of the two is recorded by itself, an instant that both mean once, and what is left is owed still.
    assert!(scene.store.record(&round(&holds, &[now], Some(later))).await.unwrap());
    assert!(
        scene
            .store
            .record(&round(&read, &[now - MINUTE], Some(now)))
            .await
            .unwrap()
    );
    assert!(
        !scene
            .store
            .record(&round(&read, &[now - MINUTE], Some(now)))
            .await
            .unwrap()
    );
    let rest = scene.due("a").await;
    assert_eq!((rest.version, rest.next_due, rest.until), (1, Some(now), Some(applied)));
    assert!(scene.store.record(&round(&rest, &[now], Some(later))).await.unwrap());
    assert!(!scene.store.record(&round(&rest, &[now], Some(later))).await.unwrap());
    assert_eq!(due(&*scene.store).await, named(&[owed[2], owed[3]]));
    let ticks = scene.store.ticks(&schedule_id("a"), now - LONG, 10).await.unwrap();
    assert_eq!(
        ticks.iter().map(|tick| tick.nominal_at).collect::<Vec<_>>(),
        [now - MINUTE, now]
    );
    // What goes on begins where it did; another push leaves what is owed.
    assert_eq!(scene.push(Some(2), &[("c", x())], later).await, Pushed::Applied(3));
    let left: Vec<_> = due(&*scene.store).await.into_iter().map(|due| (due.0, due.1)).collect();
    assert_eq!(left, [("b".to_owned(), 2), ("c".to_owned(), 1)]);
    let gone = scene.due("c").await;
    assert!(scene.store.record(&round(&gone, &[], None)).await.unwrap());
    assert_eq!(scene.store.due_of(&schedule_id("c")).await.unwrap(), []);
}

/// A round that was computed while a push was under way is recorded after it, but for what lies beyond the push.
pub async fn a_round_outlives_a_push(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    scene
        .push(None, &[("a", Some(schedule("x", Overlap::Skip)))], now)
        .await;
    let read = scene.due("a").await;
    scene.push(Some(1), &[("a", None)], now).await;
    let late = round(&read, &[now, now + LONG], Some(now + 2 * LONG));
    assert!(scene.store.record(&late).await.unwrap());
    assert_eq!(scene.store.due(10).await.unwrap(), []);
    let ticks = scene.store.ticks(&schedule_id("a"), now, 10).await.unwrap();
    let told: Vec<_> = ticks.iter().map(|tick| tick.nominal_at).collect();
    assert_eq!(told, [now]);
    assert!(matches!(ticks[0].outcome, TickOutcome::Ran(_)), "{ticks:?}");
}
