//! Who is there, and what each carries.

use std::time::Duration;

use super::StoreRig;
use super::scene::{LONG, SHORT, Scene, claim, finish, task};
use crate::{Ending, Presence};

fn presence(name: &str, slots: u32) -> Presence {
    Presence {
        name: name.into(),
        pools: vec!["default".into(), "heavy".into()],
        slots,
    }
}

/// A worker is there from when it first says so, with what it said last, until it goes or is not heard of.
pub async fn a_worker_is_there_while_it_says_so(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let store = &scene.store;
    assert_eq!(store.workers(LONG, 10).await.unwrap(), []);
    for worker in [presence("b", 4), presence("a", 1), presence("b", 8)] {
        store.here(&worker).await.unwrap();
        scene.pass_short().await;
    }
    let heard = store.workers(LONG, 10).await.unwrap();
    let told: Vec<_> = heard.iter().map(|heard| heard.worker.clone()).collect();
    assert_eq!(told, [presence("a", 1), presence("b", 8)]);
    assert_eq!(heard[0].since, heard[0].seen_at);
    assert!(heard[1].since + SHORT < heard[1].seen_at, "{:?}", heard[1]);
    assert_eq!(store.workers(LONG, 1).await.unwrap().len(), 1);
    assert_eq!(store.workers(Duration::ZERO, 10).await.unwrap(), []);
    store.gone("a").await.unwrap();
    store.gone("nobody").await.unwrap();
    let left = store.workers(LONG, 10).await.unwrap();
    assert_eq!((left.len(), &left[0].worker.name), (1, &"b".to_owned()));
}

/// What is leased is told with its worker, and what is over is not.
pub async fn a_claim_is_told_while_it_lasts(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("a", 3).await;
    assert_eq!(scene.store.claims(10).await.unwrap(), []);
    let first = scene.happen(task(run, 0), &claim(LONG)).await;
    let second = scene.happen(task(run, 1), &claim(LONG)).await;
    let claims = scene.store.claims(10).await.unwrap();
    let told: Vec<_> = claims.iter().map(|claim| (Some(&claim.worker), claim.task)).collect();
    assert_eq!(
        told,
        [(first.worker.as_ref(), first.id), (second.worker.as_ref(), second.id)]
    );
    let one = &claims[0];
    assert_eq!(
        (one.sync.as_str(), &one.stream, &one.pool, one.started_at),
        ("a", &first.stream, &first.pool, first.started_at)
    );
    assert_eq!(scene.store.claims(1).await.unwrap().len(), 1);
    scene.happen(first.id, &finish(first.epoch, Ending::Done)).await;
    let left = scene.store.claims(10).await.unwrap();
    assert_eq!(left.iter().map(|claim| claim.task).collect::<Vec<_>>(), [second.id]);
}
