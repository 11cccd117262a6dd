//! A connection that is made when it is needed, and made again when it is gone.
//!
//! Invariants: one attempt at a time, and none too early; whoever asks meanwhile hears what the last one failed with. What does
//! not answer is cut, so that no thread of the driver waits for it.

use std::sync::{Arc, Mutex as PlainMutex, PoisonError};
use std::time::Duration;

use lapin::tcp::{AsyncTcpStream, RustlsConnector};
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties};
use rustls::ClientConfig;
use socket2::{SockRef, Socket};
use syncapp_model::Result;
use tokio::net::lookup_host;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::errors::{failed, silent};
use crate::pause::Pause;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(3);

/// Whom to connect to.
pub(super) struct Target {
    pub(super) address: AMQPUri,
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// What the broker shows to its operator.
    pub(super) name: String,
}

pub(super) struct Link {
    target: Target,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<(Connection, Plug)>,
    pause: Pause,
}

/// The socket below a connection, once there is one.
#[derive(Clone, Default)]
struct Plug(Arc<PlainMutex<Option<Socket>>>);

impl Plug {
    fn set(&self, socket: Option<Socket>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = socket;
    }

    /// Both ends see the end of the connection, and nothing waits for the other one.
    fn pull(&self) {
        if let Some(socket) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It fails where the connection is gone already.
            let _ = socket.shutdown(std::net::Shutdown::Both);
        }
    }
}

impl Link {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            state: Mutex::default(),
        }
    }

    /// A new channel, on a connection that is made if there is none.
    pub(super) async fn channel(&self) -> Result<Channel> {
        let mut state = self.state.lock().await;
        if !matches!(&state.open, Some((connection, _)) if connection.status().connected()) {
            state.open = None;
            if let Some(error) = state.pause.too_early() {
                return Err(error);
            }
            match self.connect().await {
                Ok(open) => {
                    state.pause.over();
                    state.open = Some(open);
                }
                Err(error) => {
                    state.pause.failed(&error);
                    return Err(error);
                }
            }
        }
        let Some((connection, _)) = &state.open else {
            return Err(silent());
        };
        let channel = answered(connection.create_channel()).await;
        if channel.is_err() {
            state.cut();
        }
        channel
    }

    /// Whether the broker takes nothing on it.
    pub(super) async fn is_blocked(&self) -> bool {
        let state = self.state.lock().await;
        matches!(&state.open, Some((connection, _)) if connection.status().blocked())
    }

    /// Gives the connection up: something on it was not answered in time.
    pub(super) async fn cut(&self) {
        self.state.lock().await.cut();
    }

    async fn connect(&self) -> Result<(Connection, Plug)> {
        let Target { address, tls, name } = &self.target;
        let properties = ConnectionProperties::default().with_connection_name(name.as_str().into());
        let (plug, tls) = (Plug::default(), tls.clone().map(RustlsConnector::from));
        let below = plug.clone();
        let runtime = lapin::runtime::default_runtime().map_err(failed)?;
        let connecting = Connection::connector(
            address.clone(),
            runtime,
            async move |address: AMQPUri, runtime| {
                let AMQPUri { authority, .. } = address;
                let dialled = async {
                    let places: Vec<_> = lookup_host((authority.host.as_str(), authority.port)).await?.collect();
                    let stream = AsyncTcpStream::connect(&runtime, places).await?;
                    if let AsyncTcpStream::Plain(stream) = &stream {
                        below.set(SockRef::from(stream.get_ref()).try_clone().ok());
                    }
                    match &tls {
                        Some(connector) => stream.into_rustls(connector, &authority.host).await,
                        None => Ok(stream),
                    }
                };
                Ok(timeout(CONNECT, dialled).await.map_err(std::io::Error::from)??)
            },
            properties,
        );
        match timeout(CONNECT, Box::pin(connecting)).await {
            Ok(connected) => Ok((connected.map_err(failed)?, plug)),
            Err(_) => {
                plug.pull();
                Err(silent())
            }
        }
    }
}

impl State {
    fn cut(&mut self) {
        if let Some((_, plug)) = self.open.take() {
            plug.pull();
        }
    }
}

/// What the broker answers, if it does in time.
pub(super) async fn answered<T>(call: impl Future<Output = lapin::Result<T>>) -> Result<T> {
    heard(call).await?.map_err(failed)
}

/// The same, with what the broker itself says against it apart.
pub(super) async fn heard<T>(call: impl Future<Output = lapin::Result<T>>) -> Result<lapin::Result<T>> {
    timeout(ANSWER, call).await.map_err(|_| silent())
}
