//! Projects: what is pushed, and what it would change.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use syncapp_control::access::{Digest, Permission};
use syncapp_control::{Change, Push, Pushed, changes};
use syncapp_model::{Code, Error};

use crate::access::Admitted;
use crate::page::{Page, PageQuery};
use crate::view::instant;
use crate::{Api, Problem};

/// A project, in the list of all.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    project: String,
    version: u32,
}

pub(crate) async fn list(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<Page<Listed>>, Problem> {
    let Query(page) = query?;
    let limit = page.limit()?;
    let rows = match admitted.caller.projects(Permission::View) {
        None => api.control.store.projects(page.after.as_deref(), limit + 1).await?,
        Some(own) => among(&api, own, page.after.as_deref(), limit + 1).await?,
    };
    let view = |(project, version)| Listed { project, version };
    Ok(Json(Page::of(rows, limit, |(project, _)| project.clone(), view)))
}

/// The projects among these, which are in the order of their names, after a name.
async fn among(api: &Api, own: Vec<String>, after: Option<&str>, limit: usize) -> Result<Vec<(String, u32)>, Problem> {
    let mut rows = Vec::new();
    for project in own {
        if rows.len() == limit {
            break;
        }
        if after.is_some_and(|after| project.as_str() <= after) {
            continue;
        }
        if let Some(version) = api.control.store.newest(&project).await? {
            rows.push((project, version.number));
        }
    }
    Ok(rows)
}

/// A project's newest version.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    project: String,
    version: u32,
    applied_at: String,
    syncs: Vec<String>,
}

pub(crate) async fn show(State(api): State<Api>, Path(project): Path<String>) -> Result<Json<Shown>, Problem> {
    let newest = api.control.store.newest(&project).await?;
    let version = newest.ok_or_else(|| Problem::missing("project", &project))?;
    Ok(Json(Shown {
        project,
        version: version.number,
        applied_at: instant(version.applied_at),
        syncs: version.syncs.into_iter().map(|sync| sync.name).collect(),
    }))
}

/// What is pushed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushBody {
    /// The sync file.
    file: String,
    /// What errors call it.
    #[serde(default = "unnamed")]
    name: String,
    /// The version that is to be replaced, as whoever pushes has seen it; none for a new project.
    expected_version: Option<u32>,
}

fn unnamed() -> String {
    "sync.yaml".into()
}

#[derive(Debug, Deserialize)]
pub(crate) struct PushQuery {
    #[serde(default)]
    dry_run: bool,
}

/// What a push did, or would do.
#[derive(Debug, Serialize)]
pub(crate) struct PushAnswer {
    project: String,
    /// The version that holds now; with `dry_run` the one that would be replaced. None where there is none.
    version: Option<u32>,
    changes: Vec<Change>,
}

pub(crate) async fn push(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Path(project): Path<String>,
    query: Result<Query<PushQuery>, QueryRejection>,
    body: Result<Json<PushBody>, JsonRejection>,
) -> Result<Json<PushAnswer>, Problem> {
    let (Query(query), Json(body)) = (query?, body?);
    let compiled = api.compiler.compile(&project, &body.file, &body.name)?;
    let newest = api.control.store.newest(&project).await?;
    let before = newest.as_ref().and_then(|version| api.compiler.read(&version.text));
    let changes = changes(before.as_ref(), &compiled.file);
    let version = newest.as_ref().map(|version| version.number);
    if query.dry_run {
        return Ok(Json(PushAnswer {
            project,
            version,
            changes,
        }));
    }
    // The same text once more is what is there already: a push whose answer was lost may be made again.
    if newest.as_ref().is_some_and(|version| version.text == body.file) {
        return Ok(Json(PushAnswer {
            project,
            version,
            changes: Vec::new(),
        }));
    }
    let print = |text: &str| Digest::of(text).fingerprint();
    let was = newest
        .as_ref()
        .map(|version| json!({ "version": version.number, "file": print(&version.text) }).to_string());
    let becomes = json!({ "file": print(&body.file), "changes": changes }).to_string();
    let object = format!("projects/{project}");
    let written = api
        .accounts
        .audit(&admitted.by, "project.push", &object, was, Some(becomes));
    written.await?;
    let push = Push {
        project: project.clone(),
        text: body.file,
        syncs: compiled.syncs,
        expected: body.expected_version,
    };
    match api.control.apply(push, api.calendar.as_ref()).await? {
        Pushed::Applied(version) => Ok(Json(PushAnswer {
            project,
            version: Some(version),
            changes,
        })),
        Pushed::Moved(newest) => Err(Problem::new(StatusCode::CONFLICT, moved(&project, newest))),
        Pushed::Behind => Err(Error::internal("a push ended behind its schedules").into()),
    }
}

fn moved(project: &str, newest: Option<u32>) -> Error {
    let why = match newest {
        Some(number) => format!("`{project}` is at version {number} by now: somebody else has pushed it"),
        None => format!("`{project}` is not there any more"),
    };
    Error::new(Code::Conflict, why).help("look at what it would change now (`--dry-run`), and push again")
}
