//! The fleet: who is there to work, what each carries, and what waits.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use syncapp_control::{ABSENT, ClaimedTask, Depth, Heard, TaskState};
use utoipa::ToSchema;

use crate::view::instant;
use crate::{Api, Problem};

/// The most workers that are told.
const WORKERS: usize = 500;
/// The most claims that are told.
const CLAIMS: usize = 2000;

/// A worker.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Worker)]
pub(crate) struct WorkerView {
    /// Its name: its machine, and its process there.
    name: String,
    /// The pools whose streams it carries.
    pools: Vec<String>,
    /// How many of them at once.
    slots: u32,
    /// Since when it is there; none where it was not heard of lately, and still holds streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    since: Option<String>,
    /// When it was heard of last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    seen_at: Option<String>,
    /// The streams that it carries.
    claims: Vec<ClaimView>,
}

/// A stream that a worker carries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Claim)]
pub(crate) struct ClaimView {
    /// Its run.
    #[schema(format = "uuid")]
    run: String,
    /// The run's project.
    project: String,
    /// The run's sync.
    sync: String,
    /// The stream.
    stream: String,
    /// Its pool.
    pool: String,
    /// When this attempt at it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started_at: Option<String>,
}

impl From<ClaimedTask> for ClaimView {
    fn from(claim: ClaimedTask) -> Self {
        Self {
            run: claim.task.run.to_string(),
            project: claim.project,
            sync: claim.sync,
            stream: claim.stream,
            pool: claim.pool,
            started_at: claim.started_at.map(instant),
        }
    }
}

/// Lists the workers
///
/// Of the whole fleet, in the order of their names, each with the streams that it carries now. One that was not heard of for half a
/// minute is told as long as it holds any: they are taken from it when their leases run out.
#[utoipa::path(
    get,
    path = "/workers",
    operation_id = "list_workers",
    tag = "fleet",
    responses((status = 200, description = "The workers.", body = Vec<WorkerView>))
)]
pub(crate) async fn workers(State(api): State<Api>) -> Result<Json<Vec<WorkerView>>, Problem> {
    let store = &api.control.store;
    let heard = store.workers(ABSENT, WORKERS).await?;
    let mut carried: BTreeMap<String, Vec<ClaimView>> = BTreeMap::new();
    for claim in store.claims(CLAIMS).await? {
        carried
            .entry(claim.worker.clone())
            .or_default()
            .push(ClaimView::from(claim));
    }
    let mut views: BTreeMap<String, WorkerView> = BTreeMap::new();
    for Heard { worker, since, seen_at } in heard {
        let view = WorkerView {
            claims: carried.remove(&worker.name).unwrap_or_default(),
            name: worker.name.clone(),
            pools: worker.pools,
            slots: worker.slots,
            since: Some(instant(since)),
            seen_at: Some(instant(seen_at)),
        };
        views.insert(worker.name, view);
    }
    for (name, claims) in carried {
        let view = WorkerView {
            name: name.clone(),
            pools: Vec::new(),
            slots: 0,
            since: None,
            seen_at: None,
            claims,
        };
        views.insert(name, view);
    }
    Ok(Json(views.into_values().collect()))
}

/// What waits in a pool, and who could carry it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Queue)]
pub(crate) struct QueueView {
    /// The pool.
    pool: String,
    /// How many workers that were heard of carry its streams.
    workers: u32,
    /// How many streams those carry at once, of all their pools.
    slots: u32,
    /// How many of its streams stand where; those that are over do not count.
    streams: BTreeMap<&'static str, String>,
}

/// Lists the queues
///
/// Each pool that somebody carries, or that streams wait in, with how many of them stand where.
#[utoipa::path(
    get,
    path = "/queues",
    operation_id = "list_queues",
    tag = "fleet",
    responses((status = 200, description = "The queues.", body = Vec<QueueView>))
)]
pub(crate) async fn queues(State(api): State<Api>) -> Result<Json<Vec<QueueView>>, Problem> {
    let store = &api.control.store;
    let mut views: BTreeMap<String, QueueView> = BTreeMap::new();
    for Heard { worker, .. } in store.workers(ABSENT, WORKERS).await? {
        for pool in worker.pools {
            let view = views.entry(pool.clone()).or_insert_with(|| empty(pool));
            view.workers += 1;
            view.slots = view.slots.saturating_add(worker.slots);
        }
    }
    for Depth { pool, state, tasks } in store.depths().await? {
        let view = views.entry(pool.clone()).or_insert_with(|| empty(pool));
        view.streams.insert(state.name(), tasks.to_string());
    }
    Ok(Json(views.into_values().collect()))
}

fn empty(pool: String) -> QueueView {
    let open = TaskState::ALL.into_iter().filter(|state| !state.is_final());
    QueueView {
        pool,
        workers: 0,
        slots: 0,
        streams: open.map(|state| (state.name(), "0".to_owned())).collect(),
    }
}
