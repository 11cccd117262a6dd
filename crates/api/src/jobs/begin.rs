//! What all have in common that begin a job.

use axum::Json;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use syncapp_control::{Question, Version};
use syncapp_model::{Code, Error, nearest};

use crate::page::invalid;
use crate::{Api, Problem};

/// The most that a job discovers, or rows that it previews, at once.
const LONGEST: u64 = 500;
/// How many names of streams are told at once.
const MOST_NAMES: u64 = 20_000;
/// What a name in a path does not hold as it is (RFC 3986).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Begins a job, or tells what one has found lately where it need not be `fresh`; and says where it is told.
pub(super) async fn begin(api: &Api, version: Version, question: Question, fresh: bool) -> Result<Response, Problem> {
    let job = api.jobs.begin(version, question, fresh).await?;
    let project = utf8_percent_encode(&job.project, ESCAPED);
    let place = format!("/api/v1/projects/{project}/jobs/{}", job.id);
    let mut answer = (StatusCode::ACCEPTED, Json(job)).into_response();
    if let Ok(place) = HeaderValue::from_str(&place) {
        answer.headers_mut().insert(LOCATION, place);
    }
    Ok(answer)
}

pub(super) fn bounded(limit: u64) -> Result<u64, Problem> {
    within(limit, LONGEST)
}

/// How many streams are told: more of them where their names are all.
pub(super) fn listed(limit: u32, only_names: bool) -> Result<usize, Problem> {
    let longest = if only_names { MOST_NAMES } else { LONGEST };
    Ok(within(limit.into(), longest)? as usize)
}

fn within(limit: u64, longest: u64) -> Result<u64, Problem> {
    if (1..=longest).contains(&limit) {
        return Ok(limit);
    }
    Err(invalid("limit", &format!("give a number from 1 to {longest}")))
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
pub(super) async fn connected(api: &Api, project: &str, connection: &str) -> Result<Version, Problem> {
    let version = newest(api, project).await?;
    let file = api.compiler.read(&version.text);
    let connections = file.iter().flat_map(|file| file.connections.keys());
    match unknown(("project", "connection"), connection, connections.map(String::as_str)) {
        Some(error) => Err(error.into()),
        None => Ok(version),
    }
}

async fn newest(api: &Api, project: &str) -> Result<Version, Problem> {
    let newest = api.control.store.newest(project).await?;
    newest.ok_or_else(|| Problem::missing("project", project))
}

/// The error of a name that is none of these: of what in what.
pub(super) fn unknown<'a>(
    (place, what): (&str, &str),
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<Error> {
    let names: Vec<&str> = names.into_iter().collect();
    if names.contains(&name) {
        return None;
    }
    let near = nearest(name, names).map(|near| format!("did you mean `{near}`?"));
    let help = near.unwrap_or_else(|| format!("name one that the {place} has"));
    Some(Error::new(Code::UnknownName, format!("the {place} has no {what} `{name}`")).help(help))
}
