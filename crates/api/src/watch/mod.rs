//! A run as it goes on: server-sent events, one whenever something of it has changed, until it is over.
//!
//! Each event is the whole of the run, so that nothing is lost by what was not heard: whoever comes back with the id of the last
//! event it heard is told when the run is another one than that, whichever process it asks.

mod look;
mod shared;

use std::convert::Infallible;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Names;
use crate::runs::id;
use crate::{Api, Problem};
use shared::Seen;
pub(crate) use shared::Watches;

/// An event, as it is sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunEvent {
    /// Names what the run is at this event: `Last-Event-ID` of whoever comes back.
    id: String,
    /// Always `run`.
    event: &'static str,
    /// The run with its streams, as `show_run` answers it.
    data: String,
}

/// Watches a run
///
/// Server-sent events named `run`, each the whole of it as `show_run` answers, whenever something has changed, until it is
/// over. Who comes back with `Last-Event-ID` hears nothing of what it knows already.
#[utoipa::path(
    get,
    path = "/runs/{run}/events",
    operation_id = "watch_run",
    tag = "runs",
    params(
        ("run" = String, Path, description = "The run's name.", format = "uuid"),
        ("last-event-id" = Option<String>, Header, description = "The `id` of the last event that was heard.")
    ),
    responses((status = 200, description = "Events as they happen.", body = RunEvent, content_type = "text/event-stream"))
)]
pub(crate) async fn watch(
    State(api): State<Api>,
    Extension(watches): Extension<Watches>,
    Names(run): Names<String>,
    asked: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let run = id(&run)?;
    let seen = watches.of(&api, run).await?;
    let seen = seen.ok_or_else(|| Problem::missing("run", run))?;
    let heard = asked.get("last-event-id").and_then(|id| id.to_str().ok());
    let hearing = Hearing {
        seen,
        heard: heard.map(str::to_owned),
    };
    let events = unfold(Some(hearing), |hearing| async {
        let mut hearing = hearing?;
        let (event, over) = hearing.next().await?;
        Some((Ok(event), (!over).then_some(hearing)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Somebody who watches.
struct Hearing {
    seen: Seen,
    /// The last event that was heard, here or before.
    heard: Option<String>,
}

impl Hearing {
    /// The next event, and whether it is the last; `None` where the run is gone.
    async fn next(&mut self) -> Option<(Event, bool)> {
        loop {
            let told = self.seen.next().await?;
            if self.heard.as_ref() != Some(&told.id) {
                self.heard = Some(told.id.clone());
                let event = Event::default().event("run").id(&told.id).data(&told.data);
                return Some((event, told.over));
            }
            if told.over {
                return None;
            }
        }
    }
}
