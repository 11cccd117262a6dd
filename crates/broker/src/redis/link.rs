//! A connection that is made when it is needed, and made again when it is gone.
//!
//! Invariants: one attempt at a time, and none too early; whoever asks meanwhile hears what the last one failed with. A call is
//! made once: what it would have kept or counted is not missed.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, FromRedisValue, Pipeline};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use syncapp_model::{Error, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::errors::{failed, is_broken, silent, unreachable};
use crate::pause::Pause;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(1);
/// How long nothing is heard before the other end is asked whether it is there.
const IDLE: Duration = Duration::from_secs(15);

/// Whom to connect to.
pub(super) struct Target {
    pub(super) address: Address,
    pub(super) tls: Option<Arc<ClientConfig>>,
}

pub(super) struct Link {
    target: Arc<Target>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    /// How many there were before.
    number: u64,
    pause: Pause,
}

/// A connection, and the task that reads what comes on it: it ends with the connection.
struct Open {
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
    number: u64,
}

impl Link {
    pub(super) fn new(target: Arc<Target>) -> Self {
        Self {
            target,
            state: Mutex::default(),
        }
    }

    /// What the server answers to commands, if it does in time.
    pub(super) async fn call<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T> {
        let (mut connection, number) = self.connection().await?;
        let answer = timeout(ANSWER, Box::pin(commands.query_async(&mut connection))).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                if is_broken(&error) {
                    self.give_up(number).await;
                }
                Err(failed(&error))
            }
            Err(_) => {
                self.give_up(number).await;
                Err(silent())
            }
        }
    }

    async fn connection(&self) -> Result<(MultiplexedConnection, u64)> {
        let mut state = self.state.lock().await;
        if let Some(open) = &state.open
            && !open.driver.is_finished()
        {
            return Ok((open.connection.clone(), open.number));
        }
        state.open = None;
        if let Some(error) = state.pause.too_early() {
            return Err(error);
        }
        let (connection, driver) = match self.target.connect().await {
            Ok(connected) => connected,
            Err(error) => {
                state.pause.failed(&error);
                return Err(error);
            }
        };
        state.pause.over();
        state.number += 1;
        let number = state.number;
        state.open = Some(Open {
            connection: connection.clone(),
            driver,
            number,
        });
        Ok((connection, number))
    }

    /// Ends a connection, unless somebody else has done so.
    async fn give_up(&self, number: u64) {
        let open = self.state.lock().await.open.take_if(|open| open.number == number);
        if let Some(open) = open {
            open.driver.abort();
        }
    }
}

/// What a driver reads from and writes to.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Target {
    async fn connect(&self) -> Result<(MultiplexedConnection, JoinHandle<()>)> {
        in_time(async {
            let stream = self.dial().await?;
            let config = AsyncConnectionConfig::new().set_response_timeout(None);
            let connecting = MultiplexedConnection::new_with_config(&self.address.login, stream, config);
            let (connection, driver) = connecting.await.map_err(|error| failed(&error))?;
            Ok((connection, tokio::spawn(driver)))
        })
        .await
    }

    /// A connection on which comes what is said to a pattern of topics.
    pub(super) async fn hear(&self, pattern: &str) -> Result<PubSub> {
        in_time(async {
            let stream = self.dial().await?;
            let mut hearing = PubSub::new(&self.address.login, stream)
                .await
                .map_err(|error| failed(&error))?;
            hearing.psubscribe(pattern).await.map_err(|error| failed(&error))?;
            Ok(hearing)
        })
        .await
    }

    async fn dial(&self) -> Result<Box<dyn Stream>> {
        let Address { host, port, .. } = &self.address;
        let dialled = async {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            let keepalive = TcpKeepalive::new().with_time(IDLE).with_interval(IDLE / 3);
            SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
            Ok(stream)
        };
        let stream = dialled.await.map_err(|error| unreachable(&error))?;
        let Some(tls) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(host.clone()).map_err(|problem| Error::internal(problem.to_string()))?;
        let connecting = TlsConnector::from(tls.clone()).connect(name, stream);
        let stream = connecting.await.map_err(|error| unreachable(&error))?;
        Ok(Box::new(stream))
    }
}

async fn in_time<T>(connecting: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(CONNECT, Box::pin(connecting))
        .await
        .unwrap_or_else(|_| Err(silent()))
}
