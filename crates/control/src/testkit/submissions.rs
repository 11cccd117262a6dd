//! Runs, as they come in and are stopped.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use syncapp_model::sync_file::Overlap;

use super::StoreRig;
use super::scene::{LONG, Scene, claim, failed, finish, heartbeat, new_run, streams, task};
use crate::{Ending, RunId, RunState, Submitted, TaskState, Trigger};

/// What was accepted is there as a whole: the run, its tasks, a hint to each.
pub async fn a_run_comes_with_its_tasks_and_hints(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    let mut new = new_run("orders", 3);
    new.trigger = Trigger::Retry(RunId::new());
    new.key = Some("k ü".into());
    assert_eq!(scene.store.submit(&new).await.unwrap(), Submitted::Accepted(new.id));
    let run = scene.place.store().await.run(new.id).await.unwrap().unwrap();
    assert_eq!((run.id, run.version, run.state), (new.id, 1, RunState::Queued));
    assert_eq!((run.project.as_str(), run.sync.as_str()), ("shop", "orders"));
    assert_eq!((run.trigger, &run.key, run.finished_at), (new.trigger, &new.key, None));
    assert!(run.submitted_at >= now);
    let tasks = scene.store.tasks(new.id).await.unwrap();
    let planned: Vec<_> = streams(3)
        .into_iter()
        .map(|planned| (planned.stream, planned.pool))
        .collect();
    let told: Vec<_> = tasks
        .iter()
        .map(|task| (task.stream.clone(), task.pool.clone()))
        .collect();
    assert_eq!(told, planned);
    assert!(
        tasks
            .iter()
            .all(|task| task.state == TaskState::Queued && task.epoch.0 == 0)
    );
    let rows = scene.store.take(10, LONG).await.unwrap();
    let hints: Vec<_> = rows.iter().map(|row| (row.hint.task, row.hint.pool.as_str())).collect();
    let expected: Vec<_> = tasks.iter().map(|task| (task.id, task.pool.as_str())).collect();
    assert_eq!(hints, expected);
    assert_eq!(scene.store.run(RunId::new()).await.unwrap(), None);
    assert_eq!(scene.store.tasks(RunId::new()).await.unwrap(), []);
}

/// However often and however much at once: one key of a project is one run.
pub async fn a_key_is_one_run(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    let submit = async |door: &std::sync::Arc<dyn crate::Store>| {
        let mut new = new_run("orders", 2);
        new.key = Some("once".into());
        door.submit(&new).await.unwrap()
    };
    let submitted = join_all(doors.iter().map(submit)).await;
    let mut accepted = Vec::new();
    let mut ids = BTreeSet::new();
    for submitted in submitted {
        match submitted {
            Submitted::Accepted(id) => {
                accepted.push(id);
                ids.insert(id);
            }
            Submitted::Known(id) => {
                ids.insert(id);
            }
            Submitted::Overlaps(id) => panic!("{id}"),
        }
    }
    assert_eq!(accepted.len(), 1);
    assert_eq!(ids.len(), 1);
    assert_eq!(scene.hinted().await.len(), 2);
    let mut elsewhere = new_run("orders", 1);
    elsewhere.project = "other".into();
    elsewhere.key = Some("once".into());
    let submitted = scene.store.submit(&elsewhere).await.unwrap();
    assert_eq!(submitted, Submitted::Accepted(elsewhere.id));
}

/// Whoever heard no answer submits the same run again, with a key or without: it is one run, however far it has come.
pub async fn a_run_is_submitted_once(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let new = new_run("orders", 1);
    for expected in [Submitted::Accepted(new.id), Submitted::Known(new.id)] {
        assert_eq!(scene.store.submit(&new).await.unwrap(), expected);
    }
    scene.happen(task(new.id, 0), &claim(LONG)).await;
    assert_eq!(scene.store.submit(&new).await.unwrap(), Submitted::Known(new.id));
    assert_eq!(scene.hinted().await, [task(new.id, 0)]);
}

/// Of the runs of one sync that are submitted at once, one is at work and the others are held. Other syncs do not wait.
pub async fn of_many_runs_one_is_at_work(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    let runs: Vec<_> = doors.iter().map(|_| new_run("orders", 2)).collect();
    let submitted = join_all(doors.iter().zip(&runs).map(|(door, run)| door.submit(run))).await;
    let mut queued = 0;
    for (submitted, run) in submitted.into_iter().zip(&runs) {
        assert_eq!(submitted.unwrap(), Submitted::Accepted(run.id));
        match scene.store.run(run.id).await.unwrap().unwrap().state {
            RunState::Queued => queued += 1,
            other => assert_eq!(other, RunState::Held),
        }
    }
    assert_eq!(queued, 1);
    assert_eq!(scene.hinted().await.len(), 2);
    let other = scene.submit("items", 1).await;
    assert_eq!(scene.store.run(other).await.unwrap().unwrap().state, RunState::Queued);
}

/// With `overlap: skip` a run is not accepted while another one goes on, or is held.
pub async fn an_overlap_is_left_out(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let mut first = new_run("orders", 1);
    first.overlap = Overlap::Skip;
    assert_eq!(scene.store.submit(&first).await.unwrap(), Submitted::Accepted(first.id));
    let mut second = new_run("orders", 1);
    second.overlap = Overlap::Skip;
    second.key = Some("k".into());
    assert_eq!(
        scene.store.submit(&second).await.unwrap(),
        Submitted::Overlaps(first.id)
    );
    assert_eq!(scene.store.run(second.id).await.unwrap(), None);
    assert_eq!(scene.hinted().await, [task(first.id, 0)]);
    scene.store.cancel(first.id).await.unwrap();
    assert_eq!(
        scene.store.submit(&second).await.unwrap(),
        Submitted::Accepted(second.id)
    );
}

/// What waits is cancelled at once, what is carried is told to its worker, what has ended stays.
pub async fn a_cancel_reaches_every_task(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 2).await;
    let claimed = scene.happen(task(run, 0), &claim(LONG)).await;
    let cancelled = scene.store.cancel(run).await.unwrap().unwrap();
    assert_eq!((cancelled.id, cancelled.state), (run, RunState::Cancelling));
    assert_eq!(scene.task(task(run, 1)).await.state, TaskState::Cancelled);
    let told = scene.happen(claimed.id, &heartbeat(claimed.epoch, LONG)).await;
    assert_eq!(told.state, TaskState::Cancelling);
    let waiting = scene.submit("items", 1).await;
    let cancelled = scene.store.cancel(waiting).await.unwrap().unwrap();
    assert_eq!(cancelled.state, RunState::Cancelled);
    assert!(cancelled.finished_at.is_some());
    let again = scene.store.cancel(waiting).await.unwrap().unwrap();
    assert_eq!(again, cancelled);
    assert_eq!(scene.store.cancel(RunId::new()).await.unwrap(), None);
}

/// A run that is cancelled while it is held is not let in later.
pub async fn a_held_run_can_be_cancelled(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let first = scene.submit("orders", 1).await;
    let second = scene.submit("orders", 1).await;
    let third = scene.submit("orders", 1).await;
    let state = async |run| scene.store.run(run).await.unwrap().unwrap().state;
    scene.store.cancel(second).await.unwrap();
    assert_eq!(state(second).await, RunState::Cancelled);
    assert_eq!(
        (state(first).await, state(third).await),
        (RunState::Queued, RunState::Held)
    );
    scene.hinted().await;
    scene.store.cancel(first).await.unwrap();
    assert_eq!(
        (state(second).await, state(third).await),
        (RunState::Cancelled, RunState::Queued)
    );
    assert_eq!(scene.hinted().await, [task(third, 0)]);
}

/// Runs that are done are told, the oldest first, until somebody says that they are followed; no others.
pub async fn a_run_that_is_done_is_followed_once(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let mut runs = Vec::new();
    for sync in ["a", "b", "c", "d"] {
        runs.push(scene.submit(sync, 1).await);
    }
    for (run, ending) in [
        (runs[2], Ending::Done),
        (runs[0], Ending::Done),
        (runs[1], failed(LONG)),
    ] {
        let claimed = scene.happen(task(run, 0), &claim(LONG)).await;
        scene.happen(claimed.id, &finish(claimed.epoch, ending)).await;
        // So that their order in time is one.
        scene.place.pass(Duration::from_millis(2)).await;
    }
    scene.store.cancel(runs[3]).await.unwrap();
    let told = async |limit| {
        let told = scene.store.unfollowed(limit).await.unwrap();
        told.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(told(10).await, [runs[2], runs[0]]);
    assert_eq!(told(1).await, [runs[2]]);
    scene.store.followed(runs[2]).await.unwrap();
    scene.store.followed(runs[2]).await.unwrap();
    assert_eq!(told(10).await, [runs[0]]);
}
