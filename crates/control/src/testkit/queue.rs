//! Hints, from one process to another, where nothing fails.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::join;
use uuid::Uuid;

use super::QueueRig;
use crate::{Consumer, Hint, Published, Queue, RunId, TaskId};

fn hint(pool: &str, number: u32) -> Hint {
    Hint {
        task: TaskId {
            run: RunId(Uuid::from_u128(7)),
            number,
        },
        trace: None,
        pool: pool.to_owned(),
    }
}

async fn publish(queue: &Arc<dyn Queue>, hint: &Hint) {
    assert_eq!(queue.publish(hint).await.unwrap(), Published::Confirmed);
}

async fn door(queue: &Arc<dyn Queue>, pools: &[&str]) -> Box<dyn Consumer> {
    let pools: Vec<String> = pools.iter().map(|pool| (*pool).to_owned()).collect();
    queue.consume(&pools).await.unwrap()
}

/// A hint comes as it is, to those who want its pool, and to no others.
pub async fn a_hint_comes_to_its_pool(rig: &dyn QueueRig) {
    let queue = rig.fresh().await;
    let mut heavy = door(&queue, &["heavy"]).await;
    let mut both = door(&queue, &["default", "light"]).await;
    for number in 0..3 {
        publish(&queue, &hint("default", number)).await;
    }
    publish(&queue, &hint("heavy", 3)).await;
    publish(&queue, &hint("light", 4)).await;
    assert_eq!(heavy.next().await.unwrap().hint, hint("heavy", 3));
    let mut come = BTreeSet::new();
    for _ in 0..4 {
        let delivery = both.next().await.unwrap();
        come.insert(delivery.hint.clone());
        both.ack(delivery).await.unwrap();
    }
    let expected = [
        hint("default", 0),
        hint("default", 1),
        hint("default", 2),
        hint("light", 4),
    ];
    assert_eq!(come, expected.into_iter().collect());
}

/// Whoever waits hears of a hint that comes later.
pub async fn a_door_waits(rig: &dyn QueueRig) {
    let queue = rig.fresh().await;
    let mut waiting = door(&queue, &["default"]).await;
    let sent = hint("default", 0);
    let (come, ()) = join(waiting.next(), publish(&queue, &sent)).await;
    assert_eq!(come.unwrap().hint, sent);
}

/// What was acked does not come again when its door closes.
pub async fn what_is_acked_is_done(rig: &dyn QueueRig) {
    let queue = rig.fresh().await;
    let mut first = door(&queue, &["default"]).await;
    publish(&queue, &hint("default", 0)).await;
    let delivery = first.next().await.unwrap();
    first.ack(delivery).await.unwrap();
    drop(first);
    publish(&queue, &hint("default", 1)).await;
    let mut second = door(&queue, &["default"]).await;
    assert_eq!(second.next().await.unwrap().hint, hint("default", 1));
}

/// What was not acked comes again when its door closes, through another one that waits already.
pub async fn what_is_not_acked_comes_again(rig: &dyn QueueRig) {
    let queue = rig.fresh().await;
    let mut first = door(&queue, &["default"]).await;
    publish(&queue, &hint("default", 0)).await;
    assert_eq!(first.next().await.unwrap().hint, hint("default", 0));
    let mut second = door(&queue, &["default"]).await;
    let close = async { drop(first) };
    let (come, ()) = join(second.next(), close).await;
    assert_eq!(come.unwrap().hint, hint("default", 0));
}

/// What was put back comes again, and once.
pub async fn what_is_put_back_comes_again(rig: &dyn QueueRig) {
    let queue = rig.fresh().await;
    let mut door = door(&queue, &["default"]).await;
    publish(&queue, &hint("default", 0)).await;
    let delivery = door.next().await.unwrap();
    door.put_back(delivery).await.unwrap();
    let delivery = door.next().await.unwrap();
    assert_eq!(delivery.hint, hint("default", 0));
    door.ack(delivery).await.unwrap();
    publish(&queue, &hint("default", 1)).await;
    assert_eq!(door.next().await.unwrap().hint, hint("default", 1));
}

/// A hint comes through one of several doors.
pub async fn doors_share(rig: &dyn QueueRig) {
    let queue = rig.fresh().await;
    let mut one = door(&queue, &["default"]).await;
    let mut other = door(&queue, &["default"]).await;
    publish(&queue, &hint("default", 0)).await;
    publish(&queue, &hint("default", 1)).await;
    let (first, second) = join(one.next(), other.next()).await;
    let come: BTreeSet<Hint> = [first, second].map(|come| come.unwrap().hint).into_iter().collect();
    assert_eq!(come, [hint("default", 0), hint("default", 1)].into_iter().collect());
}

/// A call for the next hint that is dropped takes none with it.
pub async fn whoever_stops_waiting_loses_nothing(rig: &dyn QueueRig) {
    let queue = rig.fresh().await;
    let mut first = door(&queue, &["default"]).await;
    for _ in 0..3 {
        assert!(first.next().now_or_never().is_none());
    }
    publish(&queue, &hint("default", 0)).await;
    assert_eq!(first.next().await.unwrap().hint, hint("default", 0));
}
