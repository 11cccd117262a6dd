//! Bodies of answers, which pages pull piece by piece: nothing is read ahead of them.
//!
//! Invariants:
//! - Whoever leaves a body cancels its request, even while a piece of it is waited for.
//! - A piece has [`MOST`] bytes at the most, and at least one until the end.
//! - A body whose page has gone is left.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::StreamExt as _;
use syncapp_model::{Code, Error, Result};
use tokio_util::sync::CancellationToken;

/// The most bytes of a piece.
pub(crate) const MOST: usize = 256 << 10;

/// The bodies that pages have not read to the end.
#[derive(Default)]
pub(crate) struct Bodies(Mutex<Open>);

#[derive(Default)]
struct Open {
    last: u32,
    bodies: HashMap<u32, Arc<Reading>>,
}

/// A body, as far as it was read.
struct Reading {
    rest: tokio::sync::Mutex<Rest>,
    left: CancellationToken,
}

enum Rest {
    Here(BodyDataStream, Bytes),
    Elsewhere(reqwest::Response, Bytes),
}

impl Rest {
    async fn next(&mut self) -> Result<Bytes> {
        let lost = |problem: String| {
            Error::new(Code::AgentUnreachable, "the answer broke off")
                .help("try again")
                .driver(problem)
        };
        loop {
            let ahead = match self {
                Self::Here(_, ahead) | Self::Elsewhere(_, ahead) => ahead,
            };
            if !ahead.is_empty() {
                let most = ahead.len().min(MOST);
                return Ok(ahead.split_to(most));
            }
            let read = match self {
                Self::Here(stream, _) => stream
                    .next()
                    .await
                    .transpose()
                    .map_err(|problem| lost(problem.to_string()))?,
                Self::Elsewhere(answer, _) => answer
                    .chunk()
                    .await
                    .map_err(|problem| lost(problem.without_url().to_string()))?,
            };
            let Some(read) = read else { return Ok(Bytes::new()) };
            match self {
                Self::Here(_, ahead) | Self::Elsewhere(_, ahead) => *ahead = read,
            }
        }
    }
}

impl Bodies {
    /// Keeps a body of this process; `None` where it is known to be empty.
    pub(crate) fn here(&self, body: Body) -> Option<u32> {
        use axum::body::HttpBody as _;
        let empty = body.size_hint().exact() == Some(0);
        (!empty).then(|| self.keep(Rest::Here(body.into_data_stream(), Bytes::new())))
    }

    /// Keeps the body of an agent's answer.
    pub(crate) fn elsewhere(&self, answer: reqwest::Response) -> Option<u32> {
        let empty = answer.content_length() == Some(0);
        (!empty).then(|| self.keep(Rest::Elsewhere(answer, Bytes::new())))
    }

    fn keep(&self, rest: Rest) -> u32 {
        let mut open = self.open();
        open.last = open.last.wrapping_add(1);
        let body = Reading {
            rest: tokio::sync::Mutex::new(rest),
            left: CancellationToken::new(),
        };
        let number = open.last;
        open.bodies.insert(number, Arc::new(body));
        number
    }

    /// The next piece of a body, which is waited for; none at its end, when it is gone.
    pub(crate) async fn pull(&self, number: u32) -> Result<Bytes> {
        let Some(body) = self.open().bodies.get(&number).cloned() else {
            return Ok(Bytes::new());
        };
        let piece = tokio::select! {
            piece = async { body.rest.lock().await.next().await } => piece,
            () = body.left.cancelled() => Ok(Bytes::new()),
        };
        if piece.as_ref().is_ok_and(|piece| !piece.is_empty()) {
            return piece;
        }
        self.leave(number);
        piece
    }

    /// Drops a body before its end.
    pub(crate) fn leave(&self, number: u32) {
        if let Some(body) = self.open().bodies.remove(&number) {
            body.left.cancel();
        }
    }

    /// Drops all of them: the page that had them is gone.
    pub(crate) fn leave_all(&self) {
        for (_, body) in self.open().bodies.drain() {
            body.left.cancel();
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
