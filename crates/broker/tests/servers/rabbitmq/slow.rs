//! A broker that is short of memory, one that has no patience, and one that shows who it is.

use std::fs;
use std::time::Duration;

use futures_util::FutureExt as _;
use syncapp_broker::{Rabbit, RabbitConfig};
use syncapp_control::{Published, Queue as _};
use syncapp_model::ErrorKind;
use syncapp_tests::server::certificates::certificates;
use syncapp_tests::server::port;
use syncapp_tests::server::rabbitmq::Options;

use super::{config, door, hint, publish, rabbit, take, workers};
use crate::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_has_its_limits() {
    let folder = certificates("IP:127.0.0.1");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let secure = port::free();
    let server = Options::default()
        .file("server.pem", &read("server.pem"))
        .file("server.key", &read("server.key"))
        .setting(&format!("listeners.ssl.1 = 127.0.0.1:{secure}"))
        .setting("ssl_options.certfile = {folder}/server.pem")
        .setting("ssl_options.keyfile = {folder}/server.key")
        .start()
        .await;
    let host = server.virtual_host().await;

    // It shows who it is, to those who know its authority.
    let url = host.url_on("amqps", secure);
    let by = |authority: Option<&str>| RabbitConfig {
        ca_file: authority.map(|name| folder.path().join(name)),
        ..config(&url)
    };
    let safe = Rabbit::new(&by(Some("ca.pem"))).unwrap();
    publish(&safe, "secret", 0).await;
    assert_eq!(take(&mut door(&safe, &["secret"]).await).await, 0);
    for stranger in [Some("other.pem"), None] {
        let error = Rabbit::new(&by(stranger)).unwrap().check().await.unwrap_err();
        assert!(error.to_string().contains("no safe connection"), "{error:?}");
        assert_eq!(error.report().kind, ErrorKind::Config);
    }
    assert!(Rabbit::new(&by(Some("server.key"))).is_err());
    assert!(Rabbit::new(&by(Some("nothing.pem"))).is_err());
    let (url, ca_file) = (config(&host.url()), by(Some("ca.pem")).ca_file);
    assert!(Rabbit::new(&RabbitConfig { ca_file, ..url }).is_err());

    // It is short of memory: it takes nothing, and lets go of what it has.
    let rabbit = rabbit(&host);
    for number in 0..3 {
        publish(&rabbit, "default", number).await;
    }
    let mut open = door(&rabbit, &["default"]).await;
    let delivery = open.next().await.unwrap();
    server.alarm(true).await;
    let is_confirmed = async |number| rabbit.publish(&hint("default", number)).await == Ok(Published::Confirmed);
    // Connections hear of it a little later.
    eventually("it takes nothing", async || !is_confirmed(3).await).await;
    assert!(!is_confirmed(4).await);
    open.ack(delivery).await.unwrap();
    assert_eq!((take(&mut open).await, take(&mut open).await), (1, 2));
    server.alarm(false).await;
    eventually("it takes hints again", async || is_confirmed(5).await).await;
    while take(&mut open).await != 5 {}
    drop(open);

    // It has no patience with whoever does not ack: who acks after the claim never notices, however long a run takes.
    let limit = Duration::from_millis(500);
    server.consumer_timeout(limit).await;
    publish(&rabbit, "default", 6).await;
    publish(&rabbit, "held", 7).await;
    let mut busy = door(&rabbit, &["default"]).await;
    let mut idle = door(&rabbit, &["held"]).await;
    assert_eq!(take(&mut busy).await, 6);
    let held = idle.next().await.unwrap();
    assert_eq!(held.hint, hint("held", 7));
    // Whoever holds one longer loses the door, and the hint comes again.
    assert!(idle.next().await.is_err());
    assert!(busy.next().now_or_never().is_none());
    assert_eq!(take(&mut door(&rabbit, &["held"]).await).await, 7);
    publish(&rabbit, "default", 8).await;
    assert_eq!(take(&mut busy).await, 8);
    drop((busy, idle));
    // So no run is too long.
    workers::nobody_keeps_hints_from_others(&rabbit).await;
}
