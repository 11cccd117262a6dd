//! A run as it goes on: server-sent events, one whenever something of it has changed, until it is over.
//!
//! The store is looked at twice a second; what workers tell meanwhile comes as it comes. Each event is the whole of the run, so
//! that nothing is lost by what was not heard: whoever comes back with the id of the last event it heard is told when the run is
//! another one than that, whichever process it asks.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::future::{Either, pending, select};
use futures_util::stream::unfold;
use futures_util::{Stream, pin_mut};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use syncapp_control::{Listener, LiveProgress, Run, RunId, Task};
use utoipa::ToSchema;

use crate::extract::Names;
use crate::runs::id;
use crate::view::WholeRun;
use crate::{Api, Problem};

/// How often the store is looked at.
const EVERY: Duration = Duration::from_millis(500);

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
    Names(run): Names<String>,
    asked: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let run = id(&run)?;
    // Before the store is looked at, so that nothing is told unheard between the two.
    let listener = api.cache.listen(&LiveProgress::topic(run)).await.ok();
    let known = look(&api, run).await?;
    let watched = Watch {
        known: known.ok_or_else(|| Problem::missing("run", run))?,
        look_at: api.control.clock.monotonic() + EVERY,
        live: BTreeMap::new(),
        listener,
        api,
        run,
        told: None,
        heard: asked
            .get("last-event-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned),
    };
    let events = unfold(Some(watched), |watched| async {
        let mut watched = watched?;
        let (event, over) = watched.next().await?;
        Some((Ok(event), (!over).then_some(watched)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

struct Watch {
    api: Api,
    run: RunId,
    /// What the store said last.
    known: (Run, Vec<Task>),
    /// When it is looked at again, in this process's monotonic time.
    look_at: Duration,
    /// What workers have told since, by task.
    live: BTreeMap<u32, LiveProgress>,
    listener: Option<Box<dyn Listener>>,
    told: Option<WholeRun>,
    /// The last event that the caller has heard before.
    heard: Option<String>,
}

impl Watch {
    /// The next event, and whether it is the last; `None` where the run is gone.
    async fn next(&mut self) -> Option<(Event, bool)> {
        loop {
            let now = self.now();
            if self.told.as_ref() != Some(&now) {
                let over = now.run.state.is_final();
                let data = serde_json::to_string(&now).ok()?;
                self.told = Some(now);
                let id = name(&data);
                let known = self.heard.take().is_some_and(|heard| heard == id);
                match (known, over) {
                    (false, _) => return Some((Event::default().event("run").id(id).data(data), over)),
                    (true, true) => return None,
                    (true, false) => {}
                }
            }
            if let Some(told) = self.hear().await {
                self.live.insert(told.task(), told);
                continue;
            }
            self.look_at = self.api.control.clock.monotonic() + EVERY;
            // What the store does not say now it says later.
            if let Ok(known) = look(&self.api, self.run).await {
                self.known = known?;
            }
        }
    }

    /// The run as it is known.
    fn now(&self) -> WholeRun {
        let (run, mut tasks) = self.known.clone();
        for task in &mut tasks {
            if let Some(live) = self.live.get(&task.id.number) {
                live.put_into(task);
            }
        }
        WholeRun::of(run, tasks)
    }

    /// What a worker tells next; `None` when it is time to look at the store.
    async fn hear(&mut self) -> Option<LiveProgress> {
        let told = async {
            match &mut self.listener {
                Some(listener) => LiveProgress::from_bytes(&listener.next().await),
                None => pending().await,
            }
        };
        let clock = &self.api.control.clock;
        let time = clock.sleep(self.look_at.saturating_sub(clock.monotonic()));
        pin_mut!(told);
        match select(told, time).await {
            Either::Left((told, _)) => told,
            Either::Right(_) => None,
        }
    }
}

/// What a state of a run is called: the same in every process.
fn name(data: &str) -> String {
    let hash = Sha256::digest(data);
    hex::encode(&hash[..8])
}

/// What the store says of a run; `None` where it knows none.
async fn look(api: &Api, id: RunId) -> Result<Option<(Run, Vec<Task>)>, Problem> {
    let Some(run) = api.control.store.run(id).await? else {
        return Ok(None);
    };
    Ok(Some((run, api.control.store.tasks(id).await?)))
}
