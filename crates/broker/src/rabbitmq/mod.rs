//! The queue of a fleet: RabbitMQ.
//!
//! Invariants:
//! - A hint counts as published when the broker has confirmed that a quorum of it keeps the hint. Whatever else happens is told
//!   within seconds: returned, not confirmed, or an error.
//! - Each process has two connections: a broker that is short of memory stops reading from those who publish, and what others
//!   have claimed still has to be acked.
//! - Exchanges and queues are declared by whoever needs them: a broker that lost its disk is furnished again. The user needs no
//!   right but on names that begin with `syncapp.`.
//! - A message that is no hint is set aside, never tried again, and never printed.

mod address;
mod door;
mod errors;
mod link;
mod message;
mod publisher;
mod topology;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lapin::uri::AMQPScheme;
use syncapp_control::{Consumer, Hint, Published, Queue};
use syncapp_model::{Code, Error, ErrorKind, Result, Secret};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::tls;
use door::Door;
use link::{Link, Target};
use publisher::Request;

/// How many hints may wait to be published; whoever comes then waits.
const WAITING: usize = 1024;
/// How long the publishing of a hint may take, all in all: less than a relay keeps it from the others.
const PATIENCE: Duration = Duration::from_secs(9);

/// Which broker, and how.
#[derive(Debug, Clone)]
pub struct RabbitConfig {
    /// `amqp://user:password@host:5672/virtual-host`, or `amqps://…:5671/…` with TLS. Without a virtual host it is `/`.
    pub url: Secret,
    /// A PEM file of authorities to trust instead of the machine's; for `amqps` only.
    pub ca_file: Option<PathBuf>,
    /// What the broker shows to its operator as the name of the connections.
    pub name: String,
}

/// Hints through a RabbitMQ. Clones share its connections; they close when the last clone and the last door are gone.
#[derive(Clone)]
pub struct Rabbit {
    requests: mpsc::Sender<Request>,
    publishing: Arc<Link>,
    consuming: Arc<Link>,
}

impl Rabbit {
    /// Reads the configuration and connects to nothing yet. It has to be called in a runtime of tokio.
    pub fn new(config: &RabbitConfig) -> Result<Self> {
        let address = address::parse(config.url.reveal())?;
        let tls = match (&address.scheme, &config.ca_file) {
            (AMQPScheme::AMQPS, ca_file) => Some(Arc::new(tls::client(ca_file.as_deref())?)),
            (AMQPScheme::AMQP, None) => {
                tls::warn_of_clear("the message broker", &address.authority.host);
                None
            }
            (AMQPScheme::AMQP, Some(_)) => {
                let why = "a file of authorities is given, and the message broker's address asks for no TLS";
                return Err(Error::new(Code::StoreFailed, why)
                    .kind(ErrorKind::Config)
                    .help("write the address as amqps://…"));
            }
        };
        let link = |purpose: &str| {
            Arc::new(Link::new(Target {
                address: address.clone(),
                tls: tls.clone(),
                name: format!("{}, {purpose}", config.name),
            }))
        };
        let (publishing, consuming) = (link("publishes"), link("consumes"));
        let (requests, waiting) = mpsc::channel(WAITING);
        tokio::spawn(publisher::publish(publishing.clone(), waiting));
        Ok(Self {
            requests,
            publishing,
            consuming,
        })
    }

    /// Whether the broker can be used: connects, and declares what belongs to no pool.
    pub async fn check(&self) -> Result<()> {
        topology::declare(&self.publishing).await
    }
}

#[async_trait]
impl Queue for Rabbit {
    async fn publish(&self, hint: &Hint) -> Result<Published> {
        topology::queue(&hint.pool)?;
        let (answer, answered) = oneshot::channel();
        let request = Request {
            hint: hint.clone(),
            answer,
        };
        let published = async {
            self.requests.send(request).await.ok()?;
            answered.await.ok()
        };
        let published = timeout(PATIENCE, published).await.ok().flatten();
        published.unwrap_or(Ok(Published::Unconfirmed))
    }

    async fn reachable(&self) -> Result<()> {
        self.check().await
    }

    async fn consume(&self, pools: &[String]) -> Result<Box<dyn Consumer>> {
        Ok(Box::new(Door::open(&self.consuming, pools).await?))
    }
}
