//! What is asked for as a job, and what is told of one.

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use syncapp_control::{Question, Version};
use syncapp_model::{Code, Error, nearest};
use utoipa::ToSchema;

use super::record::{JobView, stop_topic};
use crate::extract::{Names, Sent};
use crate::page::invalid;
use crate::runs::id;
use crate::{Api, Problem};

/// The most that a job discovers, or rows that it previews, at once.
const LONGEST: u64 = 500;

/// Checks a connection
///
/// Connects as a run would, from this agent: each step that was taken is told, with its time, up to the one that failed. No step is
/// taken that a run's would not be.
#[utoipa::path(
    post,
    path = "/projects/{project}/connections/{connection}/check",
    operation_id = "check_connection",
    tag = "connections",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("connection" = String, Path, description = "The connection's name.")
    ),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn check(
    State(api): State<Api>,
    Names((project, connection)): Names<(String, String)>,
) -> Result<Response, Problem> {
    let version = connected(&api, &project, &connection).await?;
    begin(&api, version, Question::Check { connection }, true).await
}

/// What is to be discovered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Discover)]
pub(crate) struct DiscoverBody {
    /// Which streams: their names, with `*` for any text.
    pattern: String,
    /// How many of them are passed by.
    offset: u32,
    /// How many are told, at most.
    #[schema(minimum = 1, maximum = 500)]
    limit: u32,
    /// Looks again, whatever was found in the last five minutes.
    fresh: bool,
}

impl Default for DiscoverBody {
    fn default() -> Self {
        Self {
            pattern: "*".into(),
            offset: 0,
            limit: 100,
            fresh: false,
        }
    }
}

/// Discovers what a connection holds
///
/// Its tables, files or objects with their columns. What was found in the last five minutes is told again at once, unless
/// `fresh` asks for a look. `next` of the result is the next page's `offset`.
#[utoipa::path(
    post,
    path = "/projects/{project}/connections/{connection}/discover",
    operation_id = "discover_connection",
    tag = "connections",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("connection" = String, Path, description = "The connection's name.")
    ),
    request_body(content = DiscoverBody, description = "Which of it; `{}` for the first page of all."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn discover(
    State(api): State<Api>,
    Names((project, connection)): Names<(String, String)>,
    Sent(body): Sent<DiscoverBody>,
) -> Result<Response, Problem> {
    let version = connected(&api, &project, &connection).await?;
    let question = Question::Discover {
        connection,
        pattern: body.pattern,
        offset: body.offset as usize,
        limit: bounded(body.limit.into())? as usize,
    };
    begin(&api, version, question, body.fresh).await
}

/// What is to be previewed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewStream)]
pub(crate) struct PreviewBody {
    /// The stream, by its name in the source.
    stream: String,
    /// How many rows, at most.
    #[serde(default = "few")]
    #[schema(minimum = 1, maximum = 500)]
    limit: u32,
}

fn few() -> u32 {
    20
}

/// Previews a stream
///
/// Its first rows, as they are read and as they would land, with a profile of each column on both sides. What a mapping masks is not told. Writes nothing.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/preview",
    operation_id = "preview_stream",
    tag = "syncs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name.")
    ),
    request_body(content = PreviewBody, description = "Which stream."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn preview(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
    Sent(body): Sent<PreviewBody>,
) -> Result<Response, Problem> {
    let version = synced(&api, &project, &sync).await?;
    let (stream, limit) = (body.stream, bounded(body.limit.into())?);
    begin(
        &api,
        version,
        Question::Preview {
            sync,
            stream,
            limit,
            leniently: false,
        },
        true,
    )
    .await
}

/// Which streams of a sync.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Streams {
    /// By their names in the source; all where none is named.
    streams: Vec<String>,
}

/// Plans a run
///
/// What a run would read, write and change on the target's tables, stream by stream. Writes nothing.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/plan",
    operation_id = "plan_sync",
    tag = "syncs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name.")
    ),
    request_body(content = Streams, description = "Which streams; `{}` for all."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn plan(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
    Sent(body): Sent<Streams>,
) -> Result<Response, Problem> {
    let version = synced(&api, &project, &sync).await?;
    let streams = body.streams;
    begin(&api, version, Question::Plan { sync, streams }, true).await
}

/// Compares source and target
///
/// Whether the target holds what it should; the first hundred differences are told. Writes nothing.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/verify",
    operation_id = "verify_sync",
    tag = "syncs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name.")
    ),
    request_body(content = Streams, description = "Which streams; `{}` for all."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn verify(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
    Sent(body): Sent<Streams>,
) -> Result<Response, Problem> {
    let version = synced(&api, &project, &sync).await?;
    let streams = body.streams;
    begin(&api, version, Question::Verify { sync, streams }, true).await
}

/// Which stream.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneStream {
    /// Its name in the source.
    stream: String,
}

/// Resets a stream's state
///
/// It forgets how far it has come: its next run reads all of it again. The target's rows stay as they are.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/reset",
    operation_id = "reset_stream",
    tag = "syncs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name.")
    ),
    request_body(content = OneStream, description = "Which stream."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn reset(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
    Sent(body): Sent<OneStream>,
) -> Result<Response, Problem> {
    let version = synced(&api, &project, &sync).await?;
    let stream = body.stream;
    begin(&api, version, Question::Reset { sync, stream }, true).await
}

/// How a run is taken back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Undo)]
pub(crate) struct UndoBody {
    /// Only says what would become of the rows.
    dry_run: bool,
}

/// Takes a run back
///
/// By the journal that it kept in its targets, where its streams say `undo`. Rows that were changed since stay as they are, and are
/// counted.
#[utoipa::path(
    post,
    path = "/runs/{run}/undo",
    operation_id = "undo_run",
    tag = "runs",
    params(
        ("run" = String, Path, description = "The run's name.", format = "uuid")
    ),
    request_body(content = UndoBody, description = "`{}` to do it."),
    responses(
        (status = 202, description = "The job that was begun.", body = JobView),
        (status = 409, description = "The run goes on.")
    )
)]
pub(crate) async fn undo(
    State(api): State<Api>,
    Names(run): Names<String>,
    Sent(body): Sent<UndoBody>,
) -> Result<Response, Problem> {
    let known = id(&run)?;
    let run = api.control.store.run(known).await?;
    let run = run.ok_or_else(|| Problem::missing("run", known))?;
    if !run.state.is_final() {
        let error = Error::new(Code::Conflict, "the run goes on").help("stop it, or wait for its end");
        return Err(Problem::new(StatusCode::CONFLICT, error));
    }
    let version = api.control.store.version(&run.project, run.version).await?;
    let version = version.ok_or_else(|| Problem::missing("project", &run.project))?;
    let question = Question::Undo {
        sync: run.sync,
        run: known,
        dry_run: body.dry_run,
    };
    begin(&api, version, question, true).await
}

/// Shows a job
///
/// It is remembered for an hour after its end. That of a process that died is forgotten in half a minute.
#[utoipa::path(
    get,
    path = "/projects/{project}/jobs/{job}",
    operation_id = "show_job",
    tag = "jobs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("job" = String, Path, description = "The job's name.", format = "uuid")
    ),
    responses((status = 200, description = "The job.", body = JobView))
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Names((project, job)): Names<(String, String)>,
) -> Result<Json<JobView>, Problem> {
    one(&api, &project, &job).await.map(Json)
}

/// Stops a job
///
/// It is `cancelled` soon, unless it was over before.
#[utoipa::path(
    delete,
    path = "/projects/{project}/jobs/{job}",
    operation_id = "stop_job",
    tag = "jobs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("job" = String, Path, description = "The job's name.", format = "uuid")
    ),
    responses((status = 202, description = "The job as it was.", body = JobView))
)]
pub(crate) async fn stop(
    State(api): State<Api>,
    Names((project, job)): Names<(String, String)>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let known = one(&api, &project, &job).await?;
    if !known.state.is_final() {
        api.jobs.cache().publish(&stop_topic(&known.id), b"stop").await?;
    }
    Ok((StatusCode::ACCEPTED, Json(known)))
}

async fn one(api: &Api, project: &str, job: &str) -> Result<JobView, Problem> {
    let name: Option<uuid::Uuid> = job.parse().ok();
    let name = name.ok_or_else(|| Problem::missing("job", job))?.to_string();
    let known = JobView::known(api.jobs.cache(), &name).await?;
    known
        .filter(|known| known.project == project)
        .ok_or_else(|| Problem::missing("job", job))
}

/// Begins a job, or tells what one has found lately where it need not be `fresh`; and says where it is told.
pub(super) async fn begin(api: &Api, version: Version, question: Question, fresh: bool) -> Result<Response, Problem> {
    let job = api.jobs.begin(version, question, fresh).await?;
    let place = format!("/api/v1/projects/{}/jobs/{}", escaped(&job.project), job.id);
    let mut answer = (StatusCode::ACCEPTED, Json(job)).into_response();
    if let Ok(place) = HeaderValue::from_str(&place) {
        answer.headers_mut().insert(LOCATION, place);
    }
    Ok(answer)
}

/// A name as a path has it.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let one = |byte: u8| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    name.bytes().map(one).collect()
}

pub(super) fn bounded(limit: u64) -> Result<u64, Problem> {
    match limit {
        1..=LONGEST => Ok(limit),
        _ => Err(invalid("limit", &format!("give a number from 1 to {LONGEST}"))),
    }
}

/// The newest version of a project that has to be there, with a sync.
pub(super) async fn synced(api: &Api, project: &str, sync: &str) -> Result<Version, Problem> {
    let version = newest(api, project).await?;
    match version.sync(sync) {
        Some(_) => Ok(version),
        None => Err(Problem::missing("sync", format!("{project}/{sync}"))),
    }
}

/// The same, with a connection.
async fn connected(api: &Api, project: &str, connection: &str) -> Result<Version, Problem> {
    let version = newest(api, project).await?;
    let file = api.compiler.read(&version.text);
    let known = file.iter().flat_map(|file| file.connections.keys());
    let known: Vec<&str> = known.map(String::as_str).collect();
    if known.contains(&connection) {
        return Ok(version);
    }
    let error = Error::new(
        Code::UnknownName,
        format!("the project has no connection `{connection}`"),
    );
    let near = nearest(connection, known).map(|near| format!("did you mean `{near}`?"));
    let help = near.unwrap_or_else(|| "push the sync file that names it first".into());
    Err(error.help(help).into())
}

async fn newest(api: &Api, project: &str) -> Result<Version, Problem> {
    let newest = api.control.store.newest(project).await?;
    newest.ok_or_else(|| Problem::missing("project", project))
}
