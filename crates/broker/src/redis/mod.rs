//! The cache of a fleet: Redis.
//!
//! Invariants:
//! - All keys and topics begin with the prefix, so that several fleets share a server, and its user needs no others.
//! - Everything that is kept has an end: a server of which nobody takes care does not fill up.
//! - A call ends within three seconds, and at once while the server is known to be away.

mod address;
mod errors;
mod hearing;
mod link;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use redis::{Pipeline, pipe};
use syncapp_control::{Allowance, Cache, Listener, MAX_CACHED, Topics};
use syncapp_model::{Code, Error, ErrorKind, Result, Secret};

use crate::tls;
use hearing::Hearing;
use link::{Link, Target};

/// Which server, and how.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// `redis://user:password@host:6379/0`, or `rediss://…` with TLS.
    pub url: Secret,
    /// A PEM file of authorities to trust instead of the machine's; for `rediss` only.
    pub ca_file: Option<PathBuf>,
    /// What keys and topics begin with: letters, digits, `_` and `-`.
    pub prefix: String,
}

/// A cache in a Redis. Clones share its connections.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    target: Arc<Target>,
    link: Link,
    prefix: String,
    topics: Topics,
    hearing: OnceLock<Hearing>,
}

impl Redis {
    /// Reads the configuration and connects to nothing yet.
    pub fn new(config: &RedisConfig) -> Result<Self> {
        let address = address::parse(config.url.reveal())?;
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        if config.prefix.is_empty() || !config.prefix.chars().all(is_plain) {
            return Err(
                refused("the cache's prefix is empty, or holds more than letters, digits, _ and -")
                    .help("write it as in `syncapp`"),
            );
        }
        let tls = match (address.tls, &config.ca_file) {
            (true, ca_file) => Some(Arc::new(tls::client(ca_file.as_deref())?)),
            (false, None) => {
                tls::warn_of_clear("the cache", &address.host);
                None
            }
            (false, Some(_)) => {
                let why = "a file of authorities is given, and the cache's address asks for no TLS";
                return Err(refused(why).help("write the address as rediss://…"));
            }
        };
        let target = Arc::new(Target { address, tls });
        Ok(Self(Arc::new(Inner {
            link: Link::new(target.clone()),
            target,
            prefix: config.prefix.clone(),
            topics: Topics::default(),
            hearing: OnceLock::new(),
        })))
    }

    /// Whether the server can be used.
    pub async fn check(&self) -> Result<()> {
        self.get("").await.map(drop)
    }

    fn key(&self, kind: &str, key: &str) -> String {
        format!("{}:{kind}:{key}", self.0.prefix)
    }

    async fn call<T: redis::FromRedisValue>(&self, commands: &Pipeline) -> Result<T> {
        self.0.link.call(commands).await
    }
}

fn refused(why: &str) -> Error {
    Error::new(Code::StoreFailed, why).kind(ErrorKind::Config)
}

#[async_trait]
impl Cache for Redis {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let mut commands = pipe();
        commands.cmd("GET").arg(self.key("value", key));
        let (value,) = self.call(&commands).await?;
        Ok(value)
    }

    async fn put(&self, key: &str, value: &[u8], life: Duration) -> Result<()> {
        let key = self.key("value", key);
        let mut commands = pipe();
        if life.is_zero() || value.len() > MAX_CACHED {
            commands.cmd("DEL").arg(key).ignore();
        } else {
            commands
                .cmd("SET")
                .arg(key)
                .arg(value)
                .arg("PX")
                .arg(milliseconds(life))
                .ignore();
        }
        self.call(&commands).await
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let key = self.key("value", key);
        let mut commands = pipe();
        commands.atomic().cmd("GET").arg(&key).cmd("DEL").arg(&key).ignore();
        let (value,) = self.call(&commands).await?;
        Ok(value)
    }

    async fn count(&self, key: &str, limit: u64, window: Duration) -> Result<Allowance> {
        let key = self.key("count", key);
        let window = milliseconds(window);
        let mut commands = pipe();
        commands.atomic();
        commands
            .cmd("SET")
            .arg(&key)
            .arg(0)
            .arg("NX")
            .arg("PX")
            .arg(window)
            .ignore();
        commands.cmd("INCR").arg(&key).cmd("PTTL").arg(&key);
        let (count, left): (u64, i64) = self.call(&commands).await?;
        let Ok(left) = u64::try_from(left) else {
            // It ended between two of these commands, and was made again without an end.
            let mut commands = pipe();
            commands.cmd("PEXPIRE").arg(&key).arg(window).ignore();
            self.call::<()>(&commands).await?;
            return Ok(Allowance::of(count, limit, Duration::from_millis(window)));
        };
        Ok(Allowance::of(count, limit, Duration::from_millis(left)))
    }

    /// What cannot be said to all is still heard in this process.
    async fn publish(&self, topic: &str, value: &[u8]) -> Result<()> {
        if value.len() > MAX_CACHED {
            return Ok(());
        }
        let mut commands = pipe();
        commands
            .cmd("PUBLISH")
            .arg(self.key("topic", topic))
            .arg(value)
            .ignore();
        let said = self.call(&commands).await;
        if said.is_err() {
            self.0.topics.publish(topic, value);
        }
        said
    }

    async fn listen(&self, topic: &str) -> Result<Box<dyn Listener>> {
        let Inner {
            target,
            topics,
            hearing,
            ..
        } = &*self.0;
        let listener = topics.listen(topic);
        let start = || Hearing::start(target.clone(), self.key("topic", ""), topics.clone());
        hearing.get_or_init(start).ready().await;
        Ok(Box::new(listener))
    }
}

/// At least one.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX / 2)
        .clamp(1, u64::MAX / 2)
}
