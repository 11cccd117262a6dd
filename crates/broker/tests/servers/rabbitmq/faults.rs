//! A broker that goes, comes, forgets and hangs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use syncapp_broker::Rabbit;
use syncapp_control::{Consumer, Published, Queue as _};
use syncapp_model::Result;
use syncapp_tests::server::rabbitmq::RabbitMq;

use super::{door, hint, publish, rabbit, take};
use crate::eventually;

/// Whatever it is, it is told in this time.
const SECONDS: Duration = Duration::from_secs(10);

async fn soon<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(SECONDS, call)
        .await
        .expect("it ends within seconds")
}

async fn published_in_the_end(rabbit: &Rabbit, number: u32) {
    eventually("hints are published again", async || {
        soon(rabbit.publish(&hint("default", number))).await == Ok(Published::Confirmed)
    })
    .await;
}

async fn opened_in_the_end(rabbit: &Rabbit) -> Box<dyn Consumer> {
    let mut open: Option<Box<dyn Consumer>> = None;
    eventually("a door is opened again", async || {
        open = soon(rabbit.consume(&["default".into()])).await.ok();
        open.is_some()
    })
    .await;
    open.unwrap()
}

/// Takes until one that is known comes.
async fn take_until(door: &mut Box<dyn Consumer>, last: u32) -> BTreeSet<u32> {
    let mut come = BTreeSet::new();
    while !come.contains(&last) {
        come.insert(soon(take(door)).await);
    }
    come
}

/// No fault outlasts the broker's return, and none takes what was confirmed, but for the loss of its disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_goes_and_comes() {
    let mut server = RabbitMq::start().await;
    let host = server.virtual_host().await;
    let rabbit = rabbit(&host);
    let mut waiting = door(&rabbit, &["default"]).await;
    publish(&rabbit, "default", 0).await;
    assert_eq!(take(&mut waiting).await, 0);

    // The plug is pulled while hints are on their way and somebody waits.
    let hints: Vec<_> = (1..2000).map(|number| hint("default", number)).collect();
    let begun = Instant::now();
    let pull = async {
        let first = rabbit.publish(&hints[0]).await;
        server.crash().await;
        first
    };
    let (published, first) = join(join_all(hints[1..].iter().map(|hint| soon(rabbit.publish(hint)))), pull).await;
    let confirmed = |published: &Result<Published>| *published == Ok(Published::Confirmed);
    let kept: BTreeSet<u32> = (1..)
        .zip([first].iter().chain(&published))
        .filter(|(_, published)| confirmed(published))
        .map(|(number, _)| number)
        .collect();
    assert!(begun.elapsed() < 2 * SECONDS);
    let mut come = BTreeSet::new();
    while let Ok(delivery) = soon(waiting.next()).await {
        come.insert(delivery.hint.task.number);
    }
    drop(waiting);
    assert!(soon(rabbit.publish(&hint("default", 0))).await.is_err());
    assert!(soon(rabbit.consume(&["default".into()])).await.is_err());

    server.restart().await;
    published_in_the_end(&rabbit, 3000).await;
    let mut open = opened_in_the_end(&rabbit).await;
    come.extend(take_until(&mut open, 3000).await);
    assert!(
        !kept.is_empty() && come.is_superset(&kept),
        "{:?}",
        kept.difference(&come)
    );

    // It hangs: nothing is told, and nobody waits for ever.
    server.freeze();
    let published = soon(rabbit.publish(&hint("default", 3001))).await;
    assert!(
        published.is_err() || published == Ok(Published::Unconfirmed),
        "{published:?}"
    );
    assert!(soon(rabbit.consume(&["default".into()])).await.is_err());
    assert!(soon(rabbit.publish(&hint("default", 3001))).await.is_err());
    server.thaw();
    published_in_the_end(&rabbit, 3002).await;
    // Its old door has come back to life, or is closed by now.
    let mut open = opened_in_the_end(&rabbit).await;
    take_until(&mut open, 3002).await;

    // Its disk is lost.
    publish(&rabbit, "default", 4000).await;
    server.crash().await;
    soon(async { while open.next().await.is_ok() {} }).await;
    server.restart_wiped().await;
    published_in_the_end(&rabbit, 4001).await;
    let mut open = opened_in_the_end(&rabbit).await;
    assert_eq!(take(&mut open).await, 4001);
}
