//! What monitoring is told, and what a trace is kept with.

use std::time::Duration;

use super::StoreRig;
use super::scene::{LONG, SHORT, Scene, claim, failed, finish, new_run, schedule_id, streams, task, version};
use crate::{Depth, Ending, Pushed, TaskState, TraceParent};

/// Tasks that are not over are counted by pool and state.
pub async fn what_waits_is_counted(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    assert_eq!(scene.store.depths().await.unwrap(), []);
    let run = scene.submit("a", 4).await;
    scene.submit("a", 2).await;
    let claimed = scene.happen(task(run, 0), &claim(LONG)).await;
    scene.happen(claimed.id, &finish(claimed.epoch, Ending::Done)).await;
    scene.happen(task(run, 2), &claim(LONG)).await;
    let mut depths = scene.store.depths().await.unwrap();
    depths.sort_by_key(|depth| (depth.pool.clone(), depth.state));
    let depth = |pool: &str, state, tasks| Depth {
        pool: pool.into(),
        state,
        tasks,
    };
    let expected = [
        depth("default", TaskState::Held, 1),
        depth("default", TaskState::Queued, 1),
        depth("default", TaskState::Running, 1),
        depth("heavy", TaskState::Held, 1),
        depth("heavy", TaskState::Queued, 1),
    ];
    assert_eq!(depths, expected);
}

/// A stream lags since it landed last, whatever failed since; one that the newest version has not is told no more.
pub async fn a_stream_lags_since_it_landed(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let now = scene.second().await;
    assert_eq!(
        scene.push(None, &[("a", None), ("b", None)], now).await,
        Pushed::Applied(1)
    );
    for (sync, ending) in [("a", Ending::Done), ("b", Ending::Done), ("b", failed(LONG))] {
        let run = scene.submit(sync, 1).await;
        let claimed = scene.happen(task(run, 0), &claim(LONG)).await;
        scene.happen(claimed.id, &finish(claimed.epoch, ending)).await;
        scene.pass_short().await;
    }
    let lags = scene.store.lags(10).await.unwrap();
    let places: Vec<_> = lags.iter().map(|lag| (lag.sync.clone(), lag.stream.clone())).collect();
    let stream = streams(1).remove(0).stream;
    assert_eq!(places, [(schedule_id("a"), stream.clone()), (schedule_id("b"), stream)]);
    assert!(lags[0].since >= lags[1].since + SHORT && lags[1].since >= SHORT && lags[0].since < Duration::from_mins(5));
    assert_eq!(scene.store.lags(1).await.unwrap().len(), 1);
    let next = version(&[("b", None)], now);
    assert_eq!(scene.store.apply(&next, Some(1)).await.unwrap(), Pushed::Applied(2));
    let left = scene.store.lags(10).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].sync, schedule_id("b"));
}

/// What caused a run is kept with it, and comes with each of its hints.
pub async fn a_trace_goes_with_its_hints(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let trace = TraceParent::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let mut new = new_run("a", 2);
    new.trace = trace;
    scene.store.submit(&new).await.unwrap();
    let untraced = scene.submit("b", 1).await;
    assert_eq!(scene.store.run(new.id).await.unwrap().unwrap().trace, trace);
    assert_eq!(scene.store.run(untraced).await.unwrap().unwrap().trace, None);
    let rows = scene.store.take(10, LONG).await.unwrap();
    let traces: Vec<_> = rows.iter().map(|row| row.hint.trace).collect();
    assert_eq!(traces, [trace, trace, None]);
}
