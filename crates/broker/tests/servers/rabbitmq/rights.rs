//! Who may do what, and what is said where something is not allowed.

use futures_util::future::join_all;
use syncapp_broker::Rabbit;
use syncapp_control::{Published, Queue as _};
use syncapp_model::{Code, ErrorKind};
use syncapp_tests::server::rabbitmq::RabbitMq;

use super::{config, door, hint, publish, rabbit, take};
use crate::eventually;

/// A wrong login or place is an error of the configuration, and nobody reads the password in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_told() {
    let server = RabbitMq::shared().await;
    let (host, other) = (server.virtual_host().await, server.virtual_host().await);
    let (mut password, mut place, mut strange) = (host.clone(), host.clone(), host.clone());
    password.password.push_str("canary");
    place.name = "nowhere".into();
    strange.name = other.name;
    let cases = [
        (password, "refuses the login"),
        (place, "virtual host cannot be used"),
        (strange, "virtual host cannot be used"),
    ];
    for (host, expected) in cases {
        let rabbit = rabbit(&host);
        let told = [
            rabbit.check().await.unwrap_err(),
            rabbit.publish(&hint("default", 0)).await.unwrap_err(),
            rabbit.consume(&["default".into()]).await.map(drop).unwrap_err(),
        ];
        for error in told {
            assert!(error.to_string().contains(expected), "{error:?}");
            assert_eq!(
                (error.code(), error.report().kind),
                (Code::StoreFailed, ErrorKind::Config)
            );
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told_at_once() {
    let cases = [
        ("amqp://u:canary@127.0.0.1:1/v", "cannot be reached"),
        ("amqp://u:canary@host.invalid/v", "cannot be reached"),
    ];
    for (url, expected) in cases {
        let rabbit = Rabbit::new(&config(url)).unwrap();
        // The second one comes too early for another attempt.
        for _ in 0..2 {
            let error = rabbit.publish(&hint("default", 0)).await.unwrap_err();
            assert!(
                error.is_transient() && error.to_string().contains(expected),
                "{error:?}"
            );
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}

/// Where the user may declare nothing, what is there is used, and what is not there is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_declare_nothing() {
    const ALL: &str = r"^syncapp\..*";
    let server = RabbitMq::shared().await;
    let mut host = server.virtual_host().await;
    host.grant(server, ["^$", ALL, ALL]).await;
    let error = rabbit(&host).check().await.unwrap_err();
    assert!(error.to_string().contains("refuses its user something"), "{error:?}");
    assert_eq!(error.report().kind, ErrorKind::Config);

    host.grant(server, [ALL, ALL, ALL]).await;
    publish(&rabbit(&host), "default", 0).await;
    host.grant(server, ["^$", ALL, ALL]).await;
    let rabbit = rabbit(&host);
    publish(&rabbit, "default", 1).await;
    assert_eq!(rabbit.publish(&hint("other", 2)).await, Ok(Published::Returned));
    // Whatever goes with it, each is told what became of itself.
    let hints: Vec<_> = (0..200)
        .map(|number| hint(["default", "other"][number as usize % 2], 2))
        .collect();
    let published = join_all(hints.iter().map(|hint| rabbit.publish(hint))).await;
    for pair in published.chunks(2) {
        assert_eq!(pair, [Ok(Published::Confirmed), Ok(Published::Returned)]);
    }
    let error = rabbit.consume(&["other".into()]).await.map(drop).unwrap_err();
    assert_eq!(error.report().kind, ErrorKind::Config, "{error:?}");
    let mut door = door(&rabbit, &["default"]).await;
    assert_eq!((take(&mut door).await, take(&mut door).await), (0, 1));
}

/// A queue that somebody deletes closes its doors, and is made again.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_queue_is_made_again() {
    let server = RabbitMq::shared().await;
    let host = server.virtual_host().await;
    let rabbit = rabbit(&host);
    publish(&rabbit, "default", 0).await;
    let mut closed = door(&rabbit, &["default", "other"]).await;
    assert_eq!(take(&mut closed).await, 0);
    host.delete_queue(server, "syncapp.pool.default").await;
    let error = closed.next().await.unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("closed a queue"),
        "{error:?}"
    );
    drop(closed);
    publish(&rabbit, "default", 1).await;
    let mut open = door(&rabbit, &["default", "other"]).await;
    assert_eq!(take(&mut open).await, 1);
    eventually("the old door is gone", async || {
        host.queue(server, "syncapp.pool.default").await == Some((0, 1))
    })
    .await;
}

/// A pool's name comes from users: any of them is a queue, or an error.
#[tokio::test(flavor = "multi_thread")]
async fn a_pool_may_have_any_name() {
    let host = RabbitMq::shared().await.virtual_host().await;
    let rabbit = rabbit(&host);
    let longest = "ü".repeat(100);
    for pool in ["", "dead", "amq.direct", "a b#*.é", &longest] {
        publish(&rabbit, pool, 3).await;
        assert_eq!(take(&mut door(&rabbit, &[pool]).await).await, 3, "{pool}");
    }
    for pool in [format!("{longest}x"), "a\nb".into()] {
        let error = rabbit.publish(&hint(&pool, 0)).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidValue);
        assert!(rabbit.consume(&[pool]).await.is_err());
    }
}
