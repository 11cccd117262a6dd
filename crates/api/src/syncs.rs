//! The syncs of a project: when they run, and runs that are started by hand.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use syncapp_control::access::By;
use syncapp_control::schedule::{Instant, Overlap, Schedule};
use syncapp_control::{PlannedSync, ScheduleId, Submission, Submitted};
use syncapp_model::{Code, Error};
use utoipa::ToSchema;

use crate::access::Admitted;
use crate::extract::{Names, Sent};
use crate::words::OverlapWord;
use crate::{Api, Problem};

/// How many runs to come are told.
const TO_COME: usize = 5;

/// A sync, and when it runs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sync)]
pub(crate) struct SyncView {
    /// Its name.
    sync: String,
    /// Its streams, as the file names them.
    streams: Vec<String>,
    /// Whether somebody has paused it here; what its file says of that stands in `runs`.
    paused: bool,
    /// When it runs, in plain words.
    runs: String,
    /// The next runs, as the clock of the schedule's zone shows them.
    next: Vec<String>,
}

/// Lists the syncs of a project
///
/// When each of them runs, in plain words, and its next five runs.
#[utoipa::path(
    get,
    path = "/projects/{project}/syncs",
    operation_id = "list_syncs",
    tag = "syncs",
    params(("project" = String, Path, description = "The project's name.")),
    responses((status = 200, description = "The syncs, in the file's order.", body = Vec<SyncView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Names(project): Names<String>,
) -> Result<Json<Vec<SyncView>>, Problem> {
    let newest = api.control.store.newest(&project).await?;
    let version = newest.ok_or_else(|| Problem::missing("project", &project))?;
    let paused = api.control.store.paused(&project).await?;
    let now = now(&api).await?;
    let view = |sync: PlannedSync| {
        let paused = paused.contains(&sync.name);
        SyncView::of(sync, paused, now)
    };
    Ok(Json(
        version.syncs.into_iter().map(view).collect::<Result<_, Problem>>()?,
    ))
}

/// Pauses a sync
///
/// Nothing of it starts by itself from now on, whatever is pushed. Runs by hand go, and so does what was accepted before.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/pause",
    operation_id = "pause_sync",
    tag = "syncs",
    params(("project" = String, Path, description = "The project's name."), ("sync" = String, Path, description = "The sync's name.")),
    responses((status = 200, description = "The sync as it is now.", body = SyncView))
)]
pub(crate) async fn pause(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
) -> Result<Json<SyncView>, Problem> {
    let id = ScheduleId { project, sync };
    api.control.pause(&id).await?;
    one(&api, id).await
}

/// Lets a paused sync go on
///
/// What it was paused for is not made up for.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/resume",
    operation_id = "resume_sync",
    tag = "syncs",
    params(("project" = String, Path, description = "The project's name."), ("sync" = String, Path, description = "The sync's name.")),
    responses((status = 200, description = "The sync as it is now.", body = SyncView))
)]
pub(crate) async fn resume(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
) -> Result<Json<SyncView>, Problem> {
    let id = ScheduleId { project, sync };
    api.control.resume(&id, api.calendar.as_ref()).await?;
    one(&api, id).await
}

/// A sync as it is now.
async fn one(api: &Api, id: ScheduleId) -> Result<Json<SyncView>, Problem> {
    let newest = api.control.store.newest(&id.project).await?;
    let syncs = newest.map(|version| version.syncs).unwrap_or_default();
    let sync = syncs.into_iter().find(|sync| sync.name == id.sync);
    let sync = sync.ok_or_else(|| Problem::missing("sync", &id))?;
    let paused = api.control.store.paused(&id.project).await?.contains(&id.sync);
    SyncView::of(sync, paused, now(api).await?).map(Json)
}

pub(crate) async fn now(api: &Api) -> Result<Instant, Problem> {
    let now = Instant::try_from(api.control.store.now().await?);
    now.map_err(|problem| {
        Error::internal("the store's time cannot be told")
            .driver(problem)
            .into()
    })
}

/// A schedule as it is kept.
pub(crate) fn read(definition: &str) -> Result<Schedule, Problem> {
    serde_json::from_str(definition).map_err(|problem| {
        Error::internal("a schedule as it is kept cannot be read")
            .driver(problem)
            .into()
    })
}

impl SyncView {
    fn of(sync: PlannedSync, paused: bool, now: Instant) -> Result<Self, Problem> {
        let schedule = sync.schedule.as_ref().map(|spec| read(&spec.definition));
        let mut schedule = schedule.transpose()?;
        if let Some(schedule) = &mut schedule {
            // Whoever paused it: its ticks are skipped.
            schedule.paused |= paused;
        }
        let (runs, next) = match (&schedule, &sync.after) {
            (Some(schedule), _) => {
                let next = schedule.preview(now, TO_COME);
                (schedule.describe(), next.iter().map(ToString::to_string).collect())
            }
            (None, Some(before)) => (format!("after each success of {before}"), Vec::new()),
            (None, None) => ("by hand only".to_owned(), Vec::new()),
        };
        Ok(Self {
            sync: sync.name,
            streams: sync.streams.into_iter().map(|stream| stream.stream).collect(),
            paused,
            runs,
            next,
        })
    }
}

/// What is to run.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Start)]
pub(crate) struct StartBody {
    /// Only these streams, as the file names them; all where none is named.
    streams: Vec<String>,
    /// What becomes of it while another run of the sync goes on; it waits where nothing is said.
    #[schema(value_type = Option<OverlapWord>)]
    overlap: Option<Overlap>,
}

/// The run that was started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Started {
    /// Its name.
    #[schema(format = "uuid")]
    run: String,
    /// Whether a request with the same key had started it before.
    known: bool,
}

/// Starts a run
///
/// Asked for again with the same `Idempotency-Key` it is the same run.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/runs",
    operation_id = "start_run",
    tag = "syncs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name."),
        ("idempotency-key" = Option<String>, Header, description = "1 to 200 printable ASCII characters, such as a UUID.", min_length = 1, max_length = 200)
    ),
    request_body(content = StartBody, description = "What is to run; `{}` for the whole sync."),
    responses(
        (status = 202, description = "The run is durable: no fault loses it.", body = Started),
        (status = 409, description = "Another run of the sync goes on, and `overlap` is `skip`.")
    )
)]
pub(crate) async fn start(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names((project, sync)): Names<(String, String)>,
    headers: HeaderMap,
    Sent(body): Sent<StartBody>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let submission = Submission {
        project,
        sync,
        streams: body.streams,
        key: key(&headers)?,
        overlap: body.overlap.unwrap_or(Overlap::Queue),
    };
    accepted(submit(&api, &admitted.by, &submission).await?)
}

/// Starts a run, whose name the audit log hears before.
pub(crate) async fn submit(api: &Api, by: &By, submission: &Submission) -> Result<Submitted, Problem> {
    let id = api.control.run_id();
    let object = format!("projects/{}/syncs/{}", submission.project, submission.sync);
    let after = json!({ "run": id.to_string() }).to_string();
    api.accounts.audit(by, "run.start", &object, None, Some(after)).await?;
    Ok(api.control.submit_as(id, submission).await?)
}

pub(crate) fn accepted(submitted: Submitted) -> Result<(StatusCode, Json<Started>), Problem> {
    let started = |run: syncapp_control::RunId, known| {
        Ok((
            StatusCode::ACCEPTED,
            Json(Started {
                run: run.to_string(),
                known,
            }),
        ))
    };
    match submitted {
        Submitted::Accepted(run) => started(run, false),
        Submitted::Known(run) => started(run, true),
        Submitted::Overlaps(run) => {
            let error = Error::new(Code::Conflict, format!("run {run} of the sync still goes on"))
                .help("wait for it, or let this one wait: `overlap: queue`");
            Err(Problem::new(StatusCode::CONFLICT, error))
        }
    }
}

/// The key under which a request that is made again is the same one.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match key.to_str() {
        // A prefix of its own: the control plane has keys as well.
        Ok(key) if (1..=200).contains(&key.len()) => Ok(Some(format!("asked/{key}"))),
        _ => {
            let error = Error::new(Code::InvalidValue, "the `Idempotency-Key` cannot be used")
                .help("give 1 to 200 printable ASCII characters, such as a UUID");
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error))
        }
    }
}
