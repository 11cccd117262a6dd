//! Redis: each place is a prefix, with a user who has no right but on names that begin with it.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use syncapp_broker::{Redis, RedisConfig};
use syncapp_control::Cache;
use syncapp_control::testkit::{CachePlace, CacheRig};
use syncapp_model::{Code, ErrorKind, Result, Secret};
use syncapp_tests::server::certificates::certificates;
use syncapp_tests::server::port;
use syncapp_tests::server::redis::{Redis as Server, User};

use crate::eventually;

const LONG: Duration = Duration::from_hours(1);
/// Whatever it is, it is told in this time.
const SECONDS: Duration = Duration::from_secs(4);

struct Servers;

struct Place(User);

#[async_trait]
impl CacheRig for Servers {
    async fn fresh(&self) -> Box<dyn CachePlace> {
        Box::new(Place(Server::shared().await.user().await))
    }
}

#[async_trait]
impl CachePlace for Place {
    async fn cache(&self) -> Arc<dyn Cache> {
        Arc::new(redis(&self.0))
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

syncapp_control::cache_conformance!(Servers);

fn config(url: &str, prefix: &str) -> RedisConfig {
    RedisConfig {
        url: Secret::new(url),
        ca_file: None,
        prefix: prefix.into(),
    }
}

fn redis(user: &User) -> Redis {
    Redis::new(&config(&user.url(), &user.name)).unwrap()
}

/// Each kind of call, at once: what came of each, and that it came in time.
async fn all(cache: &Redis) -> Vec<Result<()>> {
    let begun = Instant::now();
    let calls = [
        async { cache.get("a").await.map(drop) }.boxed(),
        async { cache.put("a", b"x", LONG).await }.boxed(),
        async { cache.take("b").await.map(drop) }.boxed(),
        async { cache.count("c", 1000, LONG).await.map(drop) }.boxed(),
        async { cache.publish("t", b"x").await }.boxed(),
        async { cache.listen("t").await.map(drop) }.boxed(),
    ];
    let come = join_all(calls).await;
    assert!(begun.elapsed() < SECONDS, "{:?}", begun.elapsed());
    come
}

async fn is_well(cache: &Redis) {
    eventually("it goes on", async || all(cache).await.iter().all(Result::is_ok)).await;
}

/// All but listening, which waits for better times, fail for a while.
async fn is_away(cache: &Redis) {
    for _ in 0..3 {
        let come = all(cache).await;
        for error in come[..5].iter().map(|call| call.as_ref().unwrap_err()) {
            assert!(error.is_transient() && error.code() == Code::StoreFailed, "{error:?}");
        }
        assert_eq!(come[5], Ok(()));
    }
}

/// No fault outlasts the server's return, and none makes anybody wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_goes_and_comes() {
    let mut server = Server::start(&[], &[]).await;
    let user = server.user().await;
    let cache = redis(&user);
    let mut listener = cache.listen("news").await.unwrap();
    is_well(&cache).await;
    cache.put("kept", b"x", LONG).await.unwrap();
    let counted = async || cache.count("login", 5, LONG).await.unwrap().remaining;
    assert_eq!((counted().await, counted().await), (4, 3));

    server.flush().await;
    assert_eq!(cache.get("kept").await, Ok(None));
    assert_eq!(counted().await, 4);

    server.crash();
    is_away(&cache).await;
    // What cannot be said to all is heard here.
    assert!(cache.publish("news", b"here").await.is_err());
    assert_eq!(listener.next().await, b"here");
    server.restart().await;
    is_well(&cache).await;
    assert_eq!(counted().await, 4);
    let other = redis(&user);
    let mut heard = None;
    eventually("what others say is heard again", async || {
        other.publish("news", b"there").await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        heard = listener.next().now_or_never();
        heard.is_some()
    })
    .await;
    assert_eq!(heard.as_deref(), Some(&b"there"[..]));

    server.freeze();
    is_away(&cache).await;
    server.thaw();
    is_well(&cache).await;
}

/// What is wrong with the address or the rights is an error of the configuration, and nobody reads the password in it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_allowed_is_told() {
    let user = Server::shared().await.user().await;
    let mut stranger = user.clone();
    stranger.password.push_str("canary");
    let cases = [
        (config(&stranger.url(), &user.name), "refuses the login"),
        (config(&user.url(), "elsewhere"), "refuses its user something"),
        (
            config(&format!("redis://127.0.0.1:{}", user.port), "x"),
            "refuses the login",
        ),
    ];
    for (config, expected) in cases {
        let error = Redis::new(&config).unwrap().check().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error:?}");
        assert_eq!(error.report().kind, ErrorKind::Config, "{error:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    assert!(Redis::new(&config("redis://h", "a*")).is_err());
    assert!(Redis::new(&config("redis://h", "")).is_err());
    for url in ["redis://127.0.0.1:1", "redis://host.invalid"] {
        let error = Redis::new(&config(url, "x")).unwrap().check().await.unwrap_err();
        assert!(
            error.is_transient() && error.to_string().contains("cannot be reached"),
            "{error:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_shows_who_it_is() {
    let folder = certificates("IP:127.0.0.1");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let secure = port::free();
    let secure_text = secure.to_string();
    let options = [
        "--tls-port",
        &secure_text,
        "--tls-auth-clients",
        "no",
        "--tls-ca-cert-file",
        "{folder}/ca.pem",
    ];
    let own = [
        "--tls-cert-file",
        "{folder}/server.pem",
        "--tls-key-file",
        "{folder}/server.key",
    ];
    let files = ["ca.pem", "server.pem", "server.key"].map(|name| (name, read(name)));
    let server = Server::start(&[&options[..], &own[..]].concat(), &files).await;
    let user = server.user().await;
    let by = |authority: Option<&str>| RedisConfig {
        ca_file: authority.map(|name| folder.path().join(name)),
        ..config(&user.url_on("rediss", secure), &user.name)
    };
    let safe = Redis::new(&by(Some("ca.pem"))).unwrap();
    is_well(&safe).await;
    for stranger in [Some("other.pem"), None] {
        let error = Redis::new(&by(stranger)).unwrap().check().await.unwrap_err();
        assert!(error.to_string().contains("no safe connection"), "{error:?}");
        assert_eq!(error.report().kind, ErrorKind::Config);
    }
    assert!(Redis::new(&by(Some("server.key"))).is_err());
    let (plain, ca_file) = (config(&user.url(), &user.name), by(Some("ca.pem")).ca_file);
    assert!(Redis::new(&RedisConfig { ca_file, ..plain }).is_err());
}
