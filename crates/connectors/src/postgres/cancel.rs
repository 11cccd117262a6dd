//! Telling a server to stop what one of its sessions has under way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::TryFutureExt as _;
use futures_util::future::MapOk;
use syncapp_model::Side;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{CancelToken, NoTls};

use super::tls;
use crate::server::{TlsMode, Valid};
use crate::tunnel;

/// PgBouncer gives a request it has no connection for up after 10 s.
const LIMIT: Duration = Duration::from_secs(15);

type Told = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Tells the server to stop what a session has running, on a connection of its own.
///
/// Nobody waits for it: where the server cannot be told, it finds out by itself.
pub(super) async fn stop(cancel: CancelToken, valid: &Valid, side: Side) {
    let told = async {
        match &valid.ssh {
            None => {
                let stream = valid.network.connect(&valid.host, valid.port).await?;
                tell(&cancel, stream, valid, side).await
            }
            Some(ssh) => {
                let stream = tunnel::open(ssh, &valid.host, valid.port, side).await?;
                tell(&cancel, stream, valid, side).await
            }
        }
    };
    if let Ok(Err(error)) = timeout(LIMIT, told).await {
        tracing::debug!(%error, "a request to stop did not arrive");
    }
}

async fn tell<S>(cancel: &CancelToken, stream: S, valid: &Valid, side: Side) -> Told
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = Patient(stream);
    match valid.tls {
        TlsMode::Disable => cancel.cancel_query_raw(stream, NoTls).await?,
        _ => {
            let tls = tls::named::<Patient<S>>(valid, side)?;
            cancel.cancel_query_raw(stream, Patient(tls)).await?;
        }
    }
    Ok(())
}

/// A stream that is not shut down before the other end has closed it, as libpq does: PgBouncer up to 1.24 takes itself
/// down where the one who asked leaves before it has passed the request on (its issue 801).
struct Patient<S>(S);

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut ignored = [0; 64];
            let mut buf = ReadBuf::new(&mut ignored);
            let read = ready!(Pin::new(&mut self.0).poll_read(cx, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                return Pin::new(&mut self.0).poll_shutdown(cx);
            }
        }
    }
}

impl<S: TlsStream + Unpin> TlsStream for Patient<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.0.channel_binding()
    }
}

impl<S, T: TlsConnect<S>> TlsConnect<S> for Patient<T> {
    type Stream = Patient<T::Stream>;
    type Error = T::Error;
    type Future = MapOk<T::Future, fn(T::Stream) -> Self::Stream>;

    fn connect(self, stream: S) -> Self::Future {
        self.0.connect(stream).map_ok(Patient)
    }
}
