//! Rows that could not land: told, and sent again.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use syncapp_control::{Question, RejectsAsked, ReplayAsked};
use utoipa::ToSchema;

use super::begin::{begin, bounded, synced};
use super::record::JobView;
use crate::extract::{Names, Sent};
use crate::runs::id;
use crate::{Api, Problem};

/// Which rows are told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ListRejects)]
pub(crate) struct ListBody {
    /// Only this stream's, by its name in the source.
    stream: Option<String>,
    /// Only those that this run met last.
    #[schema(format = "uuid")]
    run: Option<String>,
    /// `next` of the page before.
    from: Option<RejectPlace>,
    /// How many, at most: 100 where it is not said.
    #[schema(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A row's place in the list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectPlace {
    /// Its stream.
    stream: String,
    /// Its id.
    id: String,
}

/// Lists rows that could not land
///
/// As the targets of the sync keep them, whole but for what a mapping masks, each with the reason. Each value is a text, or null.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/rejects",
    operation_id = "list_rejects",
    tag = "syncs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name.")
    ),
    request_body(content = ListBody, description = "Which of them; `{}` for the first of all."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
    Sent(body): Sent<ListBody>,
) -> Result<Response, Problem> {
    let limit = bounded(body.limit.unwrap_or(100).into())? as usize;
    let run = body.run.as_deref().map(id).transpose()?;
    let version = synced(&api, &project, &sync).await?;
    let question = Question::Rejects(RejectsAsked {
        sync,
        stream: body.stream,
        run,
        from: body.from.map(|place| (place.stream, place.id)),
        limit,
    });
    begin(&api, version, question, true).await
}

/// Which rows are sent again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ReplayRejects)]
pub(crate) struct ReplayBody {
    /// Only this stream's, by its name in the source.
    stream: Option<String>,
    /// Only these; all that are kept where none is named.
    ids: Vec<String>,
    /// What takes the place of columns of the source: SQL expressions over its rows.
    fixes: BTreeMap<String, String>,
}

/// Sends rows again that could not land
///
/// Mended by `fixes` or not, and never over a newer version. Those that land, or are superseded, are kept no more.
#[utoipa::path(
    post,
    path = "/projects/{project}/syncs/{sync}/rejects/replay",
    operation_id = "replay_rejects",
    tag = "syncs",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("sync" = String, Path, description = "The sync's name.")
    ),
    request_body(content = ReplayBody, description = "Which of them; `{}` for all."),
    responses((status = 202, description = "The job that was begun.", body = JobView))
)]
pub(crate) async fn replay(
    State(api): State<Api>,
    Names((project, sync)): Names<(String, String)>,
    Sent(body): Sent<ReplayBody>,
) -> Result<Response, Problem> {
    let version = synced(&api, &project, &sync).await?;
    let question = Question::Replay(ReplayAsked {
        sync,
        stream: body.stream,
        ids: body.ids,
        fixes: body.fixes.into_iter().collect(),
    });
    begin(&api, version, question, true).await
}
