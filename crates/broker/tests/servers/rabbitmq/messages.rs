//! What comes through, and what does not.

use std::collections::BTreeSet;

use futures_util::FutureExt as _;
use futures_util::future::{join, join_all};
use lapin::options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use syncapp_control::{Published, Queue as _};
use syncapp_tests::server::rabbitmq::{RabbitMq, VirtualHost};

use super::{door, hint, publish, rabbit, take};
use crate::eventually;

const DEAD: &str = "syncapp.dead";

/// Hands the broker bytes of any kind.
async fn raw(host: &VirtualHost, pool: &str, bytes: &[u8], properties: BasicProperties) {
    let connection = Connection::connect(&host.url(), ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let (exchange, options) = ("syncapp.hints".into(), BasicPublishOptions::default());
    let published = channel
        .basic_publish(exchange, pool.into(), options, bytes, properties)
        .await;
    assert!(published.unwrap().await.unwrap().is_ack());
}

/// Thousands at once, through several doors: each is confirmed, and comes.
#[tokio::test(flavor = "multi_thread")]
async fn many_go_at_once() {
    const MANY: u32 = 3000;
    let host = RabbitMq::shared().await.virtual_host().await;
    let rabbit = rabbit(&host);
    let hints: Vec<_> = (0..MANY)
        .map(|number| hint(["a", "b"][number as usize % 2], number))
        .collect();
    let published = join_all(hints.iter().map(|hint| rabbit.publish(hint))).await;
    assert!(
        published
            .into_iter()
            .all(|published| published == Ok(Published::Confirmed))
    );

    let half = async || {
        let mut door = door(&rabbit, &["a", "b"]).await;
        let mut come = Vec::new();
        for _ in 0..MANY / 2 {
            come.push(take(&mut door).await);
        }
        come
    };
    let (mut come, other) = join(half(), half()).await;
    come.extend(other);
    let once: BTreeSet<u32> = come.iter().copied().collect();
    assert_eq!((come.len(), once.len()), (MANY as usize, MANY as usize));
}

/// A pool with many hints does not starve another one of the same door.
#[tokio::test(flavor = "multi_thread")]
async fn pools_take_turns() {
    let host = RabbitMq::shared().await.virtual_host().await;
    let rabbit = rabbit(&host);
    for number in 0..50 {
        publish(&rabbit, "full", number).await;
    }
    for number in 50..55 {
        publish(&rabbit, "small", number).await;
    }
    let mut door = door(&rabbit, &["full", "small"]).await;
    let mut small = 0;
    for _ in 0..20 {
        small += u32::from(take(&mut door).await >= 50);
    }
    assert_eq!(small, 5);
}

/// Behind an open door one hint waits; the others are for others, and that one too when the door closes.
#[tokio::test(flavor = "multi_thread")]
async fn one_waits_behind_a_door() {
    let host = RabbitMq::shared().await.virtual_host().await;
    let rabbit = rabbit(&host);
    let idle = door(&rabbit, &["default"]).await;
    for number in 0..3 {
        publish(&rabbit, "default", number).await;
    }
    let mut busy = door(&rabbit, &["default"]).await;
    let mut come = BTreeSet::new();
    for _ in 0..2 {
        come.insert(take(&mut busy).await);
    }
    assert!(busy.next().now_or_never().is_none());
    let (last, ()) = join(take(&mut busy), async { drop(idle) }).await;
    come.insert(last);
    assert_eq!(come, (0..3).collect());
}

/// What is no hint is set aside once, whatever it is, and what comes behind it comes.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_hint_is_set_aside() {
    let server = RabbitMq::shared().await;
    let host = server.virtual_host().await;
    let rabbit = rabbit(&host);
    publish(&rabbit, "default", 0).await;
    let long = vec![b' '; 200_000];
    let no_hints: [&[u8]; 5] = [
        b"",
        b"\xff\0",
        b"{\"v\":1}",
        b"{\"v\":2,\"run\":\"x\",\"task\":1}",
        &long,
    ];
    for bytes in no_hints {
        raw(&host, "default", bytes, BasicProperties::default()).await;
    }
    publish(&rabbit, "default", 1).await;
    let mut door = door(&rabbit, &["default"]).await;
    assert_eq!((take(&mut door).await, take(&mut door).await), (0, 1));
    eventually("they are among the dead letters", async || {
        host.queue(server, DEAD).await == Some((5, 0))
            && host.queue(server, "syncapp.pool.default").await == Some((0, 1))
    })
    .await;
    assert!(door.next().now_or_never().is_none());
    // Whoever operates the broker can read them, with the same user.
    let connection = Connection::connect(&host.url(), ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    let second = async {
        channel
            .basic_get(DEAD.into(), BasicGetOptions { no_ack: true })
            .await
            .unwrap();
        channel
            .basic_get(DEAD.into(), BasicGetOptions { no_ack: true })
            .await
            .unwrap()
    };
    assert_eq!(second.await.unwrap().delivery.data, b"\xff\0");
}

/// A hint that comes back again and again is set aside in the end; one that nobody took in time is gone.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_too_often_is_set_aside() {
    let server = RabbitMq::shared().await;
    let host = server.virtual_host().await;
    let rabbit = rabbit(&host);
    publish(&rabbit, "default", 0).await;
    let stale = BasicProperties::default().with_expiration("1".into());
    raw(&host, "default", b"stale", stale).await;
    let mut door = door(&rabbit, &["default"]).await;
    for _ in 0..=100 {
        let delivery = door.next().await.unwrap();
        assert_eq!(delivery.hint, hint("default", 0));
        door.put_back(delivery).await.unwrap();
    }
    eventually("it is among the dead letters, alone", async || {
        host.queue(server, DEAD).await == Some((1, 0))
            && host.queue(server, "syncapp.pool.default").await == Some((0, 1))
    })
    .await;
    assert!(door.next().now_or_never().is_none());
}

/// A hint may come twice: both can be acked, in any order, and a stranger's ack is an error that ends only its own door.
#[tokio::test(flavor = "multi_thread")]
async fn a_hint_may_come_twice() {
    let host = RabbitMq::shared().await.virtual_host().await;
    let rabbit = rabbit(&host);
    for _ in 0..2 {
        publish(&rabbit, "default", 0).await;
    }
    let mut one = door(&rabbit, &["default"]).await;
    let first = one.next().await.unwrap();
    let mut other = door(&rabbit, &["default"]).await;
    let second = other.next().await.unwrap();
    assert_eq!(first.hint, second.hint);
    other.ack(second).await.unwrap();
    one.ack(first).await.unwrap();
    let stranger = syncapp_control::Delivery {
        hint: hint("default", 0),
        tag: 99,
    };
    // The broker closes the channel for it.
    let _ = one.ack(stranger).await;
    assert!(one.next().await.is_err());
    publish(&rabbit, "default", 1).await;
    assert_eq!(take(&mut other).await, 1);
}
