//! The versions of a project: what was pushed, when, and the way back.

use std::time::SystemTime;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Extension, Json};
use serde::Serialize;
use syncapp_control::Version;
use utoipa::ToSchema;

use crate::access::Admitted;
use crate::condition::{self, tagged};
use crate::extract::{Asked, Names};
use crate::page::{Page, PageQuery, invalid};
use crate::projects::{PushAnswer, ToPush};
use crate::view::instant;
use crate::{Api, Problem, custody};

/// A version, in the list of a project's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedVersion)]
pub(crate) struct Listed {
    /// Its number; counts from 1.
    version: u32,
    /// When it was pushed.
    #[schema(format = DateTime)]
    applied_at: String,
}

/// A version, with what was pushed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Version)]
pub(crate) struct Shown {
    /// The project.
    project: String,
    /// Its number; counts from 1.
    version: u32,
    /// When it was pushed.
    #[schema(format = DateTime)]
    applied_at: String,
    /// The sync file, as it was pushed.
    file: String,
}

/// Lists the versions of a project
///
/// The newest first.
#[utoipa::path(
    get,
    path = "/projects/{project}/versions",
    operation_id = "list_versions",
    tag = "projects",
    params(("project" = String, Path, description = "The project's name."), PageQuery),
    responses((status = 200, description = "A page of versions.", body = Page<Listed>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Names(project): Names<String>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<Listed>>, Problem> {
    let limit = page.limit()?;
    let before = page.after.map(|after| after.parse());
    let before = before
        .transpose()
        .map_err(|_| invalid("after", "give the `next` of the page before"))?;
    let rows = api.control.store.versions(&project, before, limit + 1).await?;
    if rows.is_empty() && before.is_none() {
        return Err(Problem::missing("project", &project));
    }
    let view = |(version, at): (u32, SystemTime)| Listed {
        version,
        applied_at: instant(at),
    };
    Ok(Json(Page::of(rows, limit, |(version, _)| version.to_string(), view)))
}

/// Shows a version
///
/// With its sync file, as it was pushed. It never changes.
#[utoipa::path(
    get,
    path = "/projects/{project}/versions/{version}",
    operation_id = "show_version",
    tag = "projects",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("version" = u32, Path, description = "The version's number.")
    ),
    responses(
        (status = 200, description = "The version.", body = Shown),
        (status = 304, description = "It is the one of `If-None-Match`.")
    )
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Names((project, version)): Names<(String, u32)>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let version = one(&api, &project, version).await?;
    let tag = version.number.to_string();
    let shown = Shown {
        project,
        version: version.number,
        applied_at: instant(version.applied_at),
        file: version.text,
    };
    Ok(tagged(&asked, &tag, Json(shown)))
}

/// Goes back to a version
///
/// Pushes its sync file once more: it becomes a new version, after the same checks as any other. `If-Match` names the version that
/// is to be replaced; without it that is the newest one, whichever it is.
#[utoipa::path(
    post,
    path = "/projects/{project}/versions/{version}/restore",
    operation_id = "restore_version",
    tag = "projects",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("version" = u32, Path, description = "The number of the version to go back to."),
        ("if-match" = Option<String>, Header, description = "The tag of the version that is to be replaced.")
    ),
    responses(
        (status = 200, description = "Its file is the newest version now.", body = PushAnswer),
        (status = 409, description = "Somebody else has pushed meanwhile."),
        (status = 412, description = "Another version is there than the request's condition says."),
        (status = 422, description = "The file could not run here any more.")
    )
)]
pub(crate) async fn restore(
    State(api): State<Api>,
    Names((project, version)): Names<(String, u32)>,
    Extension(admitted): Extension<Admitted>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let version = one(&api, &project, version).await?;
    let shown = format!("{project} {}", version.number);
    let compiled = api.compiler.compile(&project, &version.text, &shown).await?;
    let newest = api.control.store.newest(&project).await?;
    let expected = newest.as_ref().map(|newest| newest.number);
    condition::holds(&asked, expected.map(|number| number.to_string()).as_deref())?;
    custody::holds(&api, &admitted.by, &project, newest.as_ref(), &compiled.file).await?;
    let push = ToPush {
        by: &admitted.by,
        project: &project,
        compiled,
        text: version.text,
        newest,
        expected,
    };
    Ok(push.apply(&api).await?.response())
}

async fn one(api: &Api, project: &str, number: u32) -> Result<Version, Problem> {
    let version = api.control.store.version(project, number).await?;
    version.ok_or_else(|| Problem::missing("version", format!("{project} {number}")))
}
