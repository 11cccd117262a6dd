//! A file that is not pushed, looked at as if it were: whoever edits one sees what it would do.
//!
//! It is held to what holds for pushed ones: its variables, secrets, files and addresses are those of its project, as this agent's operator
//! allows. Nothing of it is kept but what its jobs have found.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use syncapp_control::access::By;
use syncapp_control::{Question, Version};
use utoipa::ToSchema;

use super::begin::{begin, bounded, listed, unknown};
use super::record::JobView;
use crate::access::Admitted;
use crate::extract::{Names, Sent};
use crate::{Api, Compiled, Problem, custody};

/// A file that is not pushed, and one of its connections.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftConnection {
    /// The sync file, YAML or JSON. A secret in plain text is refused.
    file: String,
    /// The connection's name in it.
    connection: String,
}

/// Checks a connection of a draft
///
/// As a pushed one is checked: each step that was taken is told, with its time, up to the one that failed.
#[utoipa::path(
    post,
    path = "/projects/{project}/draft/check",
    operation_id = "check_draft",
    tag = "drafts",
    params(("project" = String, Path, description = "The project's name; it need not be there yet.")),
    request_body(content = DraftConnection, description = "Which connection."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn check(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(project): Names<String>,
    Sent(body): Sent<DraftConnection>,
) -> Result<Response, Problem> {
    let version = connected(&api, &admitted.by, project, body.file, &body.connection).await?;
    let question = Question::Check {
        connection: body.connection,
    };
    begin(&api, version, question, true).await
}

/// A file that is not pushed, and what of one of its connections is to be discovered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftDiscover {
    /// The sync file, YAML or JSON. A secret in plain text is refused.
    file: String,
    /// The connection's name in it.
    connection: String,
    /// Which streams: their names, with `*` for any text.
    #[serde(default = "any")]
    pattern: String,
    /// How many of them are passed by.
    #[serde(default)]
    offset: u32,
    /// How many are told, at most; 500 where they are looked at.
    #[serde(default = "many")]
    #[schema(minimum = 1, maximum = 20_000)]
    limit: u32,
    /// Tells their names alone, and looks at none of them.
    #[serde(default)]
    only_names: bool,
}

fn any() -> String {
    "*".into()
}

fn many() -> u32 {
    100
}

/// Discovers what a connection of a draft holds
///
/// Its tables, files or objects with their columns. `next` of the result is the next page's `offset`.
#[utoipa::path(
    post,
    path = "/projects/{project}/draft/discover",
    operation_id = "discover_draft",
    tag = "drafts",
    params(("project" = String, Path, description = "The project's name; it need not be there yet.")),
    request_body(content = DraftDiscover, description = "Which connection."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn discover(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(project): Names<String>,
    Sent(body): Sent<DraftDiscover>,
) -> Result<Response, Problem> {
    let limit = listed(body.limit, body.only_names)?;
    let version = connected(&api, &admitted.by, project, body.file, &body.connection).await?;
    let question = Question::Discover {
        connection: body.connection,
        pattern: body.pattern,
        offset: body.offset as usize,
        limit,
        only_names: body.only_names,
    };
    begin(&api, version, question, true).await
}

/// A file that is not pushed, and one of its streams.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftStream {
    /// The sync file, YAML or JSON. A secret in plain text is refused.
    file: String,
    /// The sync's name in it.
    sync: String,
    /// The stream, by its name in the source.
    stream: String,
    /// How many rows, at most.
    #[serde(default = "some")]
    #[schema(minimum = 1, maximum = 500)]
    limit: u32,
}

fn some() -> u32 {
    50
}

/// Previews a stream of a draft
///
/// Its first rows as they are read and as they would land, a profile of each column on both sides, and the rows that would not land
/// with the reason of each, also where the first of them would end a run (`on_error: fail`). What a mapping masks is not told. Writes
/// nothing.
#[utoipa::path(
    post,
    path = "/projects/{project}/draft/preview",
    operation_id = "preview_draft",
    tag = "drafts",
    params(("project" = String, Path, description = "The project's name; it need not be there yet.")),
    request_body(content = DraftStream, description = "Which stream."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn preview(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(project): Names<String>,
    Sent(body): Sent<DraftStream>,
) -> Result<Response, Problem> {
    let limit = bounded(body.limit.into())?;
    let version = synced(&api, &admitted.by, project, body.file, &body.sync).await?;
    let question = Question::Preview {
        sync: body.sync,
        stream: body.stream,
        limit,
        leniently: true,
    };
    begin(&api, version, question, true).await
}

/// A file that is not pushed, and streams of one of its syncs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftStreams {
    /// The sync file, YAML or JSON. A secret in plain text is refused.
    file: String,
    /// The sync's name in it.
    sync: String,
    /// By their names in the source; all where none is named.
    #[serde(default)]
    streams: Vec<String>,
}

/// Plans a run of a draft
///
/// What a run of it would read, write and change on the target's tables, stream by stream. Writes nothing.
#[utoipa::path(
    post,
    path = "/projects/{project}/draft/plan",
    operation_id = "plan_draft",
    tag = "drafts",
    params(("project" = String, Path, description = "The project's name; it need not be there yet.")),
    request_body(content = DraftStreams, description = "Which streams."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn plan(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(project): Names<String>,
    Sent(body): Sent<DraftStreams>,
) -> Result<Response, Problem> {
    let version = synced(&api, &admitted.by, project, body.file, &body.sync).await?;
    let question = Question::Plan {
        sync: body.sync,
        streams: body.streams,
    };
    begin(&api, version, question, true).await
}

/// The file as a push would take it.
async fn draft(api: &Api, by: &By, project: String, file: String) -> Result<(Version, Vec<String>), Problem> {
    let Compiled { file: read, syncs } = api.compiler.compile(&project, &file, "sync.yaml").await?;
    let newest = api.control.store.newest(&project).await?;
    custody::holds(api, by, &project, newest.as_ref(), &read).await?;
    let connections = read.connections.into_keys().collect();
    Ok((Version::draft(project, file, syncs), connections))
}

async fn connected(api: &Api, by: &By, project: String, file: String, connection: &str) -> Result<Version, Problem> {
    let (version, connections) = draft(api, by, project, file).await?;
    known("connection", connection, connections.iter().map(String::as_str))?;
    Ok(version)
}

async fn synced(api: &Api, by: &By, project: String, file: String, sync: &str) -> Result<Version, Problem> {
    let (version, _) = draft(api, by, project, file).await?;
    known("sync", sync, version.syncs.iter().map(|sync| sync.name.as_str()))?;
    Ok(version)
}

/// A name of the file, as the body says it: no part of the path.
fn known<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Problem> {
    match unknown(("file", what), name, names) {
        Some(error) => Err(vec![error].into()),
        None => Ok(()),
    }
}
