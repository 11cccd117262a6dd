//! Where the driver connects to: the database, or a near end that leads there.

use std::net::SocketAddr;

use mysql_async::OptsBuilder;
use syncapp_connector::{Unreached, is_watched};
use syncapp_model::{Code, Error, Result, Side};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::client::CONNECT_TIMEOUT;
use super::overheard::{Agreed, Overheard};
use crate::server::Valid;
use crate::tunnel::{self, Fate};

/// The way to a database. TLS verifies the database's own name on each.
pub(super) struct Route {
    pub(super) options: OptsBuilder,
    /// What becomes of its tunnel, where it has one.
    pub(super) fate: Fate,
    /// When TLS was agreed on, where somebody wants to hear of it.
    pub(super) tls: Agreed,
}

impl Route {
    pub(super) async fn to(options: OptsBuilder, valid: &Valid, side: Side) -> Result<Self> {
        let Some(ssh) = &valid.ssh else {
            return if is_watched() {
                let stream = timeout(CONNECT_TIMEOUT, valid.network.connect(&valid.host, valid.port)).await;
                let silent = |_| Unreached::Silent(std::io::Error::other("no answer within 15 s"));
                let stream = stream.map_err(silent).and_then(|stream| stream);
                let stream = stream.map_err(|problem| problem.error(&valid.host, valid.port, side))?;
                Self::over(options, stream, Fate::default(), side).await
            } else {
                Ok(Self {
                    options: within(options, valid, side).await?,
                    fate: Fate::default(),
                    tls: Agreed::default(),
                })
            };
        };
        let stream = tunnel::open(ssh, &valid.host, valid.port, side).await?;
        let fate = stream.fate();
        Self::over(options, stream, fate, side).await
    }

    /// Over a connection that is there already.
    async fn over<S>(options: OptsBuilder, stream: S, fate: Fate, side: Side) -> Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (stream, tls) = Overheard::new(stream);
        let port = tunnel::listen(stream).await.map_err(|problem| {
            let why = "the near end of the connection cannot be opened on loopback";
            Error::new(Code::Failed(side), why).driver(problem)
        })?;
        let near = Some(vec![tunnel::ADDRESS.into()]);
        let options = options.resolved_ips(near).tcp_port(port);
        Ok(Self { options, fate, tls })
    }
}

/// Where connections may not go anywhere, the driver is given the addresses, and resolves nothing by itself.
async fn within(options: OptsBuilder, valid: &Valid, side: Side) -> Result<OptsBuilder> {
    if valid.network.is_open() {
        return Ok(options);
    }
    let addresses = valid.network.addresses(&valid.host, valid.port).await;
    let addresses = addresses.map_err(|problem| problem.error(&valid.host, valid.port, side))?;
    Ok(options.resolved_ips(Some(addresses.iter().map(SocketAddr::ip).collect::<Vec<_>>())))
}
