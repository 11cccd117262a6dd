//! A run as it goes on: server-sent events, one whenever something of it has changed, until it is over.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use syncapp_control::RunId;

use crate::runs::{id, whole};
use crate::view::WholeRun;
use crate::{Api, Problem};

/// How often the store is looked at.
const EVERY: Duration = Duration::from_millis(500);

pub(crate) async fn watch(
    State(api): State<Api>,
    Path(run): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let run = id(&run)?;
    let first = whole(&api, run).await?;
    let watched = Watch {
        api,
        run,
        told: None,
        next: Some(first),
        over: false,
    };
    let events = unfold(watched, |mut watched| async {
        let event = watched.next().await?;
        Some((Ok(event), watched))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

struct Watch {
    api: Api,
    run: RunId,
    told: Option<WholeRun>,
    next: Option<WholeRun>,
    over: bool,
}

impl Watch {
    /// The next event; `None` where the last one was told.
    async fn next(&mut self) -> Option<Event> {
        while !self.over {
            let now = match self.next.take() {
                Some(first) => first,
                None => {
                    self.api.control.clock.sleep(EVERY).await;
                    match whole(&self.api, self.run).await {
                        Ok(now) => now,
                        Err(problem) if problem.is_missing() => return None,
                        // What the store does not say now it says later.
                        Err(_) => continue,
                    }
                }
            };
            if self.told.as_ref() == Some(&now) {
                continue;
            }
            self.over = now.run.state.is_final();
            let event = Event::default().event("run").json_data(&now);
            self.told = Some(now);
            return event.ok();
        }
        None
    }
}
