//! What is asked for as a job: of a connection, of a sync, of a run.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use syncapp_control::Question;
use syncapp_model::sync_file::Sync;
use syncapp_model::{Code, Error};
use utoipa::ToSchema;

use super::begin::{begin, bounded, connected, listed, synced};
use super::record::JobView;
use crate::access::Admitted;
use crate::extract::{Names, Sent};
use crate::runs::id;
use crate::{Api, Problem, custody};

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
    /// How many are told, at most; 500 where they are looked at.
    #[schema(minimum = 1, maximum = 20_000)]
    limit: u32,
    /// Tells their names alone, and looks at none of them.
    only_names: bool,
    /// Looks again, whatever was found in the last five minutes.
    fresh: bool,
}

impl Default for DiscoverBody {
    fn default() -> Self {
        Self {
            pattern: "*".into(),
            offset: 0,
            limit: 100,
            only_names: false,
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
        limit: listed(body.limit, body.only_names)?,
        only_names: body.only_names,
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
        (status = 409, description = "The run goes on."),
        (status = 422, description = "Its version would send a secret elsewhere than the newest one does.")
    )
)]
pub(crate) async fn undo(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
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
    let uses = |sync: &Sync, name: &str| sync.destination == name;
    custody::holds_again(&api, &admitted.by, &run, &version, uses).await?;
    let question = Question::Undo {
        sync: run.sync,
        run: known,
        dry_run: body.dry_run,
    };
    begin(&api, version, question, true).await
}
