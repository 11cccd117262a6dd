//! Hints on their way to the queue.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;

use super::StoreRig;
use super::scene::{LONG, SHORT, Scene, claim, failed, finish, task};
use crate::Ending;

/// Of those who take rows at once, each row goes to one.
pub async fn a_row_is_taken_once(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", 30).await;
    let doors = scene.doors().await;
    let taken = join_all(doors.iter().map(|door| door.take(4, LONG))).await;
    let mut all = Vec::new();
    for taken in taken {
        let taken = taken.unwrap();
        assert!(taken.len() <= 4);
        all.extend(taken.into_iter().map(|row| row.hint.task));
    }
    all.extend(scene.hinted().await);
    let once: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!(once.len(), all.len());
    assert_eq!(once, (0..30).map(|number| task(run, number)).collect());
    assert_eq!(scene.store.take(10, LONG).await.unwrap(), []);
}

/// A row that was taken and not sent comes again, the oldest first; one that was sent does not.
pub async fn what_is_not_sent_comes_again(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    scene.submit("held", 2).await;
    let held = scene.store.take(10, LONG).await.unwrap();
    assert_eq!(held.len(), 2);
    scene.submit("orders", 3).await;
    let rows = scene.store.take(10, SHORT).await.unwrap();
    assert_eq!(rows.len(), 3, "what is taken is nobody else's");
    assert!(rows.is_sorted_by_key(|row| row.id));
    scene.store.sent(&[rows[1].id]).await.unwrap();
    scene.store.sent(&[rows[1].id]).await.unwrap();
    scene.pass_short().await;
    let again = scene.store.take(10, LONG).await.unwrap();
    assert_eq!(again, [rows[0].clone(), rows[2].clone()]);
    scene.store.sent(&[]).await.unwrap();
}

/// A task that could be claimed and is not gets another hint: when its wait is over at once, else after a while, and none as
/// long as one is in the outbox.
pub async fn a_hint_that_came_to_nothing_is_written_again(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let rouse = async |patience: Duration| scene.store.rouse(patience, 10).await.unwrap();
    let run = scene.submit("orders", 4).await;
    scene.pass_short().await;
    assert_eq!(rouse(SHORT).await, 0, "the first hints are in the outbox");
    scene.hinted().await;
    for (number, ending) in [(1, failed(SHORT)), (2, failed(LONG)), (3, Ending::Done)] {
        let claimed = scene.happen(task(run, number), &claim(LONG)).await;
        scene.happen(claimed.id, &finish(claimed.epoch, ending)).await;
    }
    scene.pass_short().await;
    assert_eq!(rouse(LONG).await, 1, "a wait is over");
    assert_eq!(scene.hinted().await, [task(run, 1)]);
    assert_eq!(rouse(LONG).await, 0, "it has its hint");
    scene.pass_short().await;
    assert_eq!(scene.store.rouse(SHORT, 1).await.unwrap(), 1);
    assert_eq!(rouse(SHORT).await, 1);
    let mut roused = scene.hinted().await;
    roused.sort_unstable();
    assert_eq!(roused, [task(run, 0), task(run, 1)]);
}
