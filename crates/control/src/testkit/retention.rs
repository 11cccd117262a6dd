//! What is forgotten, and what is not.

use std::time::Duration;

use syncapp_model::sync_file::Overlap;

use super::StoreRig;
use super::scene::{LONG, SHORT, Scene, claim, finish, new_run, schedule, schedule_id, task};
use crate::{Decision, Ending, Round, RunId, SkipReason, Submitted};

const MINUTE: Duration = Duration::from_mins(1);

/// Carries the one task of a run to its end.
async fn end(scene: &Scene, run: RunId) {
    let claimed = scene.happen(task(run, 0), &claim(LONG)).await;
    scene.happen(claimed.id, &finish(claimed.epoch, Ending::Done)).await;
}

/// A run that is over for long goes with all that is its own, the oldest first, a few at a time; what goes on stays.
pub async fn a_run_that_is_over_is_forgotten(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let mut new = new_run("a", 1);
    new.key = Some("k".into());
    scene.store.submit(&new).await.unwrap();
    let going = scene.submit("b", 1).await;
    let second = scene.submit("c", 1).await;
    for run in [new.id, second] {
        end(&scene, run).await;
        scene.store.followed(run).await.unwrap();
        scene.place.pass(Duration::from_millis(2)).await;
    }
    assert_eq!(scene.store.forget(LONG, 10).await.unwrap(), 0, "not for long");
    scene.pass_short().await;
    assert_eq!(scene.store.forget(SHORT, 1).await.unwrap(), 1);
    assert_eq!(scene.store.run(new.id).await.unwrap(), None);
    assert_eq!(scene.store.tasks(new.id).await.unwrap(), []);
    assert!(scene.store.run(second).await.unwrap().is_some());
    assert_eq!(scene.store.forget(SHORT, 10).await.unwrap(), 1);
    assert_eq!(scene.store.forget(SHORT, 10).await.unwrap(), 0);
    assert_eq!(scene.hinted().await, [task(going, 0)]);
    new.id = RunId::new();
    assert_eq!(scene.store.submit(&new).await.unwrap(), Submitted::Accepted(new.id));
}

/// A run after which others may have to run is kept until they are submitted.
pub async fn what_is_not_followed_is_kept(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let (done, cancelled) = (scene.submit("a", 1).await, scene.submit("b", 1).await);
    end(&scene, done).await;
    scene.store.cancel(cancelled).await.unwrap();
    scene.pass_short().await;
    assert_eq!(scene.store.forget(SHORT, 10).await.unwrap(), 1);
    assert_eq!(scene.store.run(cancelled).await.unwrap(), None);
    assert_eq!(scene.store.unfollowed(10).await.unwrap().len(), 1);
    scene.store.followed(done).await.unwrap();
    assert_eq!(scene.store.forget(SHORT, 10).await.unwrap(), 1);
}

/// Ticks go by their instant; never one that its schedule may come to again.
pub async fn old_ticks_are_forgotten(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let first = now - 3 * LONG;
    let syncs = ["a", "b"].map(|name| (name, Some(schedule("x", Overlap::Skip))));
    scene.push(None, &syncs, first).await;
    for (name, next_due) in [("a", Some(now + LONG)), ("b", Some(first + MINUTE))] {
        let round = Round {
            schedule: scene.due(name).await,
            paused: false,
            ticks: [first, first + MINUTE, now]
                .map(|tick| (tick, Decision::Skip(SkipReason::OverCap)))
                .to_vec(),
            next_due,
        };
        assert!(scene.store.record(&round).await.unwrap());
    }
    assert_eq!(scene.store.forget(2 * LONG, 2).await.unwrap(), 2);
    assert_eq!(scene.store.forget(2 * LONG, 10).await.unwrap(), 1);
    assert_eq!(scene.store.forget(2 * LONG, 10).await.unwrap(), 0);
    let left = async |name| {
        let ticks = scene.store.ticks(&schedule_id(name), first, 10).await.unwrap();
        ticks.into_iter().map(|tick| tick.nominal_at).collect::<Vec<_>>()
    };
    assert_eq!(left("a").await, [now]);
    assert_eq!(left("b").await, [first + MINUTE, now]);
    scene.push(Some(1), &[("b", None)], now).await;
    assert_eq!(scene.store.forget(2 * LONG, 10).await.unwrap(), 0, "it is owed");
    let owed = Round {
        schedule: scene.due("b").await,
        paused: false,
        ticks: Vec::new(),
        next_due: None,
    };
    assert!(scene.store.record(&owed).await.unwrap());
    assert_eq!(scene.store.forget(2 * LONG, 10).await.unwrap(), 1);
}
