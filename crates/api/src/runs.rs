//! Runs: listed, looked at, stopped and run again.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use syncapp_control::access::{Caller, Permission};
use syncapp_control::{Run, RunId, RunList, RunPlace, RunState, RunsOf, ScheduleId};
use syncapp_model::sync_file::Sync;
use syncapp_model::{Code, Error};
use utoipa::IntoParams;

use crate::access::Admitted;
use crate::extract::{Asked, Names};
use crate::page::{Page, PageQuery, invalid};
use crate::syncs::{Started, accepted};
use crate::view::{ListedRun, RunView, WholeRun};
use crate::words::RunStateWord;
use crate::{Api, Problem, custody};

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// Only this project's.
    project: Option<String>,
    /// Only this sync's; wants its `project` too.
    sync: Option<String>,
    /// Only those that stand there.
    #[param(value_type = Option<RunStateWord>)]
    state: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// How many, at most: 50 where it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// Whether each says how much it has moved.
    #[serde(default)]
    moved: bool,
}

/// Lists runs
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/runs",
    operation_id = "list_runs",
    tag = "runs",
    params(RunsQuery),
    responses((status = 200, description = "A page of runs.", body = Page<ListedRun>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Asked(query): Asked<RunsQuery>,
) -> Result<Json<Page<ListedRun>>, Problem> {
    let page = PageQuery::new(query.after, query.limit);
    let limit = page.limit()?;
    let of = match (query.project, query.sync) {
        (None, None) => RunsOf::All,
        (Some(project), None) => RunsOf::Project(project),
        (Some(project), Some(sync)) => RunsOf::Sync(ScheduleId { project, sync }),
        (None, Some(_)) => return Err(invalid("sync", "name its `project` too")),
    };
    let state = match query.state {
        None => None,
        Some(word) => Some(RunState::from_name(&word).ok_or_else(|| {
            let words: Vec<_> = RunState::ALL.iter().map(|state| state.name()).collect();
            invalid("state", &format!("give one of {}", words.join(", ")))
        })?),
    };
    let after = match &page.after {
        None => None,
        Some(text) => Some(place(text).ok_or_else(|| invalid("after", "give the `next` of the page before"))?),
    };
    let mut rows = Vec::new();
    for of in visible(&admitted.caller, of)? {
        rows.extend(api.control.store.runs(&RunList { of, state }, after, limit + 1).await?);
    }
    rows.sort_by_key(|run| Reverse(run.place()));
    rows.truncate(limit + 1);
    let mut moved = BTreeMap::new();
    if query.moved {
        let shown: Vec<_> = rows.iter().take(limit).map(|run| run.id).collect();
        moved = api.control.store.moved(&shown).await?;
    }
    let listed = |run: Run| ListedRun::of(moved.get(&run.id).copied(), run);
    Ok(Json(Page::of(rows, limit, written, listed)))
}

/// The lists that together are what the caller may see of this one.
fn visible(caller: &Caller, of: RunsOf) -> Result<Vec<RunsOf>, Problem> {
    let Some(own) = caller.projects(Permission::View) else {
        return Ok(vec![of]);
    };
    match of {
        RunsOf::All => Ok(own.into_iter().map(RunsOf::Project).collect()),
        RunsOf::Project(project) | RunsOf::Sync(ScheduleId { project, .. }) if !own.contains(&project) => {
            Err(Problem::missing("project", project))
        }
        of => Ok(vec![of]),
    }
}

/// A run's place in the list, as a page names it.
fn written(run: &Run) -> String {
    let since = run.submitted_at.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{}", since.as_micros(), run.id)
}

fn place(text: &str) -> Option<RunPlace> {
    let (micros, id) = text.split_once('.')?;
    Some(RunPlace {
        submitted_at: UNIX_EPOCH.checked_add(Duration::from_micros(micros.parse().ok()?))?,
        id: id.parse().ok()?,
    })
}

/// Shows a run
///
/// With its streams, and what each has come to.
#[utoipa::path(
    get,
    path = "/runs/{run}",
    operation_id = "show_run",
    tag = "runs",
    params(("run" = String, Path, description = "The run's name.", format = "uuid")),
    responses((status = 200, description = "The run.", body = WholeRun))
)]
pub(crate) async fn show(State(api): State<Api>, Names(run): Names<String>) -> Result<Json<WholeRun>, Problem> {
    whole(&api, id(&run)?).await.map(Json)
}

/// Stops a run
///
/// What waits is cancelled at once, what goes on within five seconds. A run that is over stays as it is.
#[utoipa::path(
    post,
    path = "/runs/{run}/cancel",
    operation_id = "cancel_run",
    tag = "runs",
    params(("run" = String, Path, description = "The run's name.", format = "uuid")),
    responses((status = 202, description = "The run as it is then.", body = RunView))
)]
pub(crate) async fn cancel(
    State(api): State<Api>,
    Names(run): Names<String>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    let cancelled = api.control.cancel(id(&run)?).await?;
    let cancelled = cancelled.ok_or_else(|| Problem::missing("run", &run))?;
    Ok((StatusCode::ACCEPTED, Json(cancelled.into())))
}

/// Runs the failed streams of a run again
///
/// In that run's version. However often it is asked for, it is one run.
#[utoipa::path(
    post,
    path = "/runs/{run}/retry",
    operation_id = "retry_run",
    tag = "runs",
    params(("run" = String, Path, description = "The run's name.", format = "uuid")),
    responses(
        (status = 202, description = "The run that was started.", body = Started),
        (status = 409, description = "No stream of it has failed or was cancelled."),
        (status = 422, description = "Its version would send a secret elsewhere than the newest one does.")
    )
)]
pub(crate) async fn retry(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(run): Names<String>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let known = id(&run)?;
    let before = api.control.store.run(known).await?;
    let before = before.ok_or_else(|| Problem::missing("run", &run))?;
    let version = api.control.store.version(&before.project, before.version).await?;
    let version = version.ok_or_else(|| Problem::missing("project", &before.project))?;
    let uses = |sync: &Sync, name: &str| sync.source == name || sync.destination == name;
    custody::holds_again(&api, &admitted.by, &before, &version, uses).await?;
    match api.control.retry(known).await? {
        Some(submitted) => accepted(submitted),
        None => {
            let error = Error::new(Code::Conflict, "the run has no stream that failed or was cancelled");
            Err(Problem::new(
                StatusCode::CONFLICT,
                error.help("start a new run of its sync"),
            ))
        }
    }
}

pub(crate) fn id(text: &str) -> Result<RunId, Problem> {
    text.parse().map_err(|_| Problem::missing("run", text))
}

/// A run and its streams as they are now.
pub(crate) async fn whole(api: &Api, id: RunId) -> Result<WholeRun, Problem> {
    let run = api.control.store.run(id).await?;
    let run = run.ok_or_else(|| Problem::missing("run", id))?;
    Ok(WholeRun::of(run, api.control.store.tasks(id).await?))
}
