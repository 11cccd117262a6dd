//! When TLS was agreed on, overheard from what the driver sends: it connects, agrees and logs in by one call.
//!
//! A client asks for TLS by a packet that names no user, and sends records of TLS from then on. Its first record of data comes when
//! it trusts the server.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use syncapp_connector::{Step, took};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A packet that asks for TLS: how long what it says is, and the bit among the client's abilities, which come first.
const ASKS: (u32, u32) = (32, 0x800);
/// A packet's length and number, and the abilities.
const PACKET: usize = 4 + 4;
/// A record's kind, version and length.
const RECORD: usize = 5;
/// The kinds of records.
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;

/// How long it took.
#[derive(Debug, Clone, Default)]
pub(super) struct Agreed(Arc<OnceLock<Duration>>);

impl Agreed {
    /// Tells it to whoever waits, where there was any TLS.
    pub(super) fn tell(&self) {
        if let Some(time) = self.0.get() {
            took(Step::Tls, *time);
        }
    }
}

/// A connection to a server.
pub(super) struct Overheard<S> {
    stream: S,
    ear: Ear,
}

impl<S> Overheard<S> {
    pub(super) fn new(stream: S) -> (Self, Agreed) {
        let agreed = Agreed::default();
        let ear = Ear::new(agreed.clone());
        (Self { stream, ear }, agreed)
    }
}

/// What was understood so far of what a client sends.
struct Ear {
    agreed: Agreed,
    /// What is listened for; nothing any more at the end.
    next: Option<Next>,
    /// The first bytes of it.
    head: Vec<u8>,
    /// How many bytes tell nothing before it comes.
    skip: usize,
}

#[derive(Clone, Copy)]
enum Next {
    Packet,
    Record { begun: Option<Instant> },
}

impl Ear {
    fn new(agreed: Agreed) -> Self {
        Self {
            agreed,
            next: Some(Next::Packet),
            head: Vec::new(),
            skip: 0,
        }
    }

    fn hear(&mut self, mut bytes: &[u8]) {
        while let Some(next) = self.next
            && !bytes.is_empty()
        {
            let length = match next {
                Next::Packet => PACKET,
                Next::Record { .. } => RECORD,
            };
            let take = if self.skip > 0 {
                self.skip
            } else {
                length - self.head.len()
            };
            let (taken, rest) = bytes.split_at(take.min(bytes.len()));
            bytes = rest;
            if self.skip > 0 {
                self.skip -= taken.len();
                continue;
            }
            self.head.extend_from_slice(taken);
            if self.head.len() == length {
                self.next = self.understand(next);
                self.head.clear();
            }
        }
    }

    fn understand(&mut self, next: Next) -> Option<Next> {
        match (next, &self.head[..]) {
            (Next::Packet, [a, b, c, _, abilities @ ..]) => {
                let length = u32::from_le_bytes([*a, *b, *c, 0]);
                let abilities = u32::from_le_bytes(abilities.try_into().ok()?);
                self.skip = ASKS.0 as usize - 4;
                ((length, abilities & ASKS.1) == ASKS).then_some(Next::Record { begun: None })
            }
            (Next::Record { begun }, [kind, _, _, high, low]) => {
                self.skip = u16::from_be_bytes([*high, *low]).into();
                match (*kind, begun) {
                    (HANDSHAKE, None) => Some(Next::Record {
                        begun: Some(Instant::now()),
                    }),
                    (DATA, Some(begun)) => {
                        let _ = self.agreed.0.set(begun.elapsed());
                        None
                    }
                    _ => Some(next),
                }
            }
            _ => None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Overheard<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Overheard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.ear.hear(&buf[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(length: u8, abilities: u32) -> Vec<u8> {
        let mut packet = vec![length, 0, 0, 1];
        packet.extend(abilities.to_le_bytes());
        packet.resize(4 + usize::from(length), 7);
        packet
    }

    fn record(kind: u8, length: u8) -> Vec<u8> {
        let mut record = vec![kind, 3, 3, 0, length];
        record.resize(5 + usize::from(length), 23);
        record
    }

    #[test]
    fn tls_is_agreed_on_with_the_first_data() {
        let asks = packet(32, 0x0f_8a00);
        let hello = record(22, 200);
        for (sent, agreed) in [
            (vec![asks.clone(), hello.clone(), record(20, 1), record(23, 9)], true),
            (
                vec![
                    asks.clone(),
                    hello.clone(),
                    record(22, 40),
                    record(23, 9),
                    record(23, 9),
                ],
                true,
            ),
            (vec![asks.clone(), hello.clone(), record(20, 1)], false),
            (vec![asks.clone(), hello, record(21, 2)], false),
            (vec![asks, record(23, 9)], false),
            (vec![packet(32, 0x0f_8200), record(22, 9), record(23, 9)], false),
            (vec![packet(90, 0x0f_8a00), record(22, 9), record(23, 9)], false),
            (vec![packet(2, 0x0f_8a00)], false),
        ] {
            let sent = sent.concat();
            // However the bytes are cut.
            for length in [1, 3, 7, sent.len()] {
                let heard = Agreed::default();
                let mut ear = Ear::new(heard.clone());
                sent.chunks(length).for_each(|part| ear.hear(part));
                assert_eq!(heard.0.get().is_some(), agreed, "{length}: {sent:?}");
            }
        }
    }
}
