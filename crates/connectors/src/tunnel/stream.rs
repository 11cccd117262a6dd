//! The bytes of a connection through a tunnel.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use russh::ChannelStream;
use russh::client::{Handle, Msg};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Fate;
use super::session::Visitor;

/// A connection through a tunnel. Dropping it ends the SSH session.
pub(crate) struct Stream {
    channel: ChannelStream<Msg>,
    /// The session ends with its handle.
    _session: Handle<Visitor>,
    fate: Fate,
}

impl Stream {
    pub(super) fn new(channel: ChannelStream<Msg>, session: Handle<Visitor>, fate: Fate) -> Self {
        Self {
            channel,
            _session: session,
            fate,
        }
    }

    /// What becomes of its tunnel.
    pub(crate) fn fate(&self) -> Fate {
        self.fate.clone()
    }

    fn broken(&self) -> Option<io::Error> {
        self.fate
            .text()
            .map(|why| io::Error::new(ErrorKind::ConnectionReset, why))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.fate.seal(None);
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (before, room) = (buf.filled().len(), buf.remaining());
        ready!(Pin::new(&mut self.channel).poll_read(cx, buf))?;
        // The end of the database's bytes and the end of the tunnel look the same from here.
        let ended = room > 0 && buf.filled().len() == before;
        Poll::Ready(self.broken().filter(|_| ended).map_or(Ok(()), Err))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.channel).poll_write(cx, buf));
        Poll::Ready(written.map_err(|error| self.broken().unwrap_or(error)))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.channel).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.channel).poll_shutdown(cx)
    }
}
