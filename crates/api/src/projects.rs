//! Projects: what is pushed, and what it would change.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use syncapp_control::access::{By, Digest, Permission};
use syncapp_control::{Change, ChangeKind, Push, Pushed, Version, changes};
use syncapp_model::{Code, Error};
use utoipa::{IntoParams, ToSchema};

use crate::access::Admitted;
use crate::condition::{self, tagged, with_tag};
use crate::extract::{Asked, Names, Sent};
use crate::page::{Page, PageQuery};
use crate::view::instant;
use crate::words::ChangeWord;
use crate::{Api, Compiled, Problem, custody};

/// A project, in the list of all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedProject)]
pub(crate) struct Listed {
    /// Its name.
    project: String,
    /// Its newest version.
    version: u32,
}

/// Lists the projects
///
/// In the order of their names.
#[utoipa::path(
    get,
    path = "/projects",
    operation_id = "list_projects",
    tag = "projects",
    params(PageQuery),
    responses((status = 200, description = "A page of projects.", body = Page<Listed>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<Listed>>, Problem> {
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Project)]
pub(crate) struct Shown {
    /// Its name.
    project: String,
    /// Its newest version; counts from 1.
    version: u32,
    /// When that was pushed.
    #[schema(format = DateTime)]
    applied_at: String,
    /// The names of its syncs.
    syncs: Vec<String>,
}

/// Shows a project
///
/// Its newest version. The answer's tag is the version's number.
#[utoipa::path(
    get,
    path = "/projects/{project}",
    operation_id = "show_project",
    tag = "projects",
    params(("project" = String, Path, description = "The project's name.")),
    responses(
        (status = 200, description = "The newest version.", body = Shown),
        (status = 304, description = "It is the one of `If-None-Match`.")
    )
)]
pub(crate) async fn show(
    State(api): State<Api>,
    Names(project): Names<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let newest = api.control.store.newest(&project).await?;
    let version = newest.ok_or_else(|| Problem::missing("project", &project))?;
    let tag = version.number.to_string();
    let shown = Shown {
        project,
        version: version.number,
        applied_at: instant(version.applied_at),
        syncs: version.syncs.into_iter().map(|sync| sync.name).collect(),
    };
    Ok(tagged(&asked, &tag, Json(shown)))
}

/// What is pushed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Push)]
pub(crate) struct PushBody {
    /// The sync file, YAML or JSON. A secret in plain text is refused.
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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PushQuery {
    /// Only says what would change.
    #[serde(default)]
    dry_run: bool,
}

/// What a push did, or would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pushed)]
pub(crate) struct PushAnswer {
    /// The project's name.
    project: String,
    /// The version that holds now; with `dry_run` the one that would be replaced. None where there is none.
    version: Option<u32>,
    /// How the file differs from the version before, in plain words.
    changes: Vec<ChangeView>,
}

/// One difference between two versions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(crate) struct ChangeView {
    /// Its kind.
    #[schema(value_type = ChangeWord)]
    change: ChangeKind,
    /// What it is about, and how it differs.
    what: String,
}

impl PushAnswer {
    pub(crate) fn response(self) -> Response {
        let tag = self.version.map(|version| version.to_string());
        let answer = Json(self).into_response();
        match tag {
            Some(tag) => with_tag(&tag, answer),
            None => answer,
        }
    }
}

/// Pushes a project
///
/// Makes a sync file the project's newest version, as a whole or not at all. `expected_version`, or `If-Match`, names the version
/// that it is to replace; `If-None-Match: *` says that there is to be none. The file that is there already is not pushed again.
#[utoipa::path(
    put,
    path = "/projects/{project}",
    operation_id = "push_project",
    tag = "projects",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("if-match" = Option<String>, Header, description = "The tag of the version that is to be replaced."),
        PushQuery
    ),
    request_body(content = PushBody, description = "The whole of the project."),
    responses(
        (status = 200, description = "It is pushed, or would be.", body = PushAnswer),
        (status = 409, description = "Another version is there than the expected one."),
        (status = 412, description = "Another version is there than the request's condition says.")
    )
)]
pub(crate) async fn push(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(project): Names<String>,
    Asked(query): Asked<PushQuery>,
    asked: HeaderMap,
    Sent(body): Sent<PushBody>,
) -> Result<Response, Problem> {
    let compiled = api.compiler.compile(&project, &body.file, &body.name).await?;
    let newest = api.control.store.newest(&project).await?;
    let version = newest.as_ref().map(|version| version.number);
    condition::holds(&asked, version.map(|version| version.to_string()).as_deref())?;
    custody::holds(&api, &admitted.by, &project, newest.as_ref(), &compiled.file).await?;
    let push = ToPush {
        by: &admitted.by,
        project: &project,
        compiled,
        text: body.file,
        // A condition that holds names the version that is there.
        expected: body
            .expected_version
            .or(version.filter(|_| condition::is_conditional(&asked))),
        newest,
    };
    if query.dry_run {
        return Ok(push.answer(&api, version).response());
    }
    Ok(push.apply(&api).await?.response())
}

/// What is to become a project's newest version.
pub(crate) struct ToPush<'a> {
    /// Who pushes it.
    pub(crate) by: &'a By,
    pub(crate) project: &'a str,
    pub(crate) compiled: Compiled,
    pub(crate) text: String,
    /// The newest version now.
    pub(crate) newest: Option<Version>,
    /// The version that it may take the place of.
    pub(crate) expected: Option<u32>,
}

impl ToPush<'_> {
    fn answer(&self, api: &Api, version: Option<u32>) -> PushAnswer {
        let before = self.newest.as_ref();
        let before = before.and_then(|version| api.compiler.read(&version.text));
        let view = |Change { change, what }| ChangeView { change, what };
        PushAnswer {
            project: self.project.to_owned(),
            version,
            changes: changes(before.as_ref(), &self.compiled.file)
                .into_iter()
                .map(view)
                .collect(),
        }
    }

    /// The audit log hears of it before it is done.
    async fn tell(&self, api: &Api, answer: &PushAnswer) -> Result<(), Problem> {
        let print = |text: &str| Digest::of(text).fingerprint();
        let was = |version: &Version| json!({ "version": version.number, "file": print(&version.text) }).to_string();
        let was = self.newest.as_ref().map(was);
        let becomes = json!({ "file": print(&self.text), "changes": answer.changes }).to_string();
        let object = format!("projects/{}", self.project);
        let audit = api.accounts.audit(self.by, "project.push", &object, was, Some(becomes));
        Ok(audit.await?)
    }

    pub(crate) async fn apply(self, api: &Api) -> Result<PushAnswer, Problem> {
        // The same text once more is what is there already: a push whose answer was lost may be made again.
        if let Some(newest) = self.newest.as_ref().filter(|newest| newest.text == self.text) {
            return Ok(PushAnswer {
                project: self.project.to_owned(),
                version: Some(newest.number),
                changes: Vec::new(),
            });
        }
        let answer = self.answer(api, None);
        self.tell(api, &answer).await?;
        let push = Push {
            project: answer.project.clone(),
            text: self.text,
            syncs: self.compiled.syncs,
            expected: self.expected,
        };
        match api.control.apply(push, api.calendar.as_ref()).await? {
            Pushed::Applied(version) => Ok(PushAnswer {
                version: Some(version),
                ..answer
            }),
            Pushed::Moved(newest) => Err(Problem::new(StatusCode::CONFLICT, moved(&answer.project, newest))),
        }
    }
}

fn moved(project: &str, newest: Option<u32>) -> Error {
    let why = match newest {
        Some(number) => format!("`{project}` is at version {number} by now: somebody else has pushed it"),
        None => format!("`{project}` is not there any more"),
    };
    Error::new(Code::Conflict, why).help("look at what it would change now (`--dry-run`), and push again")
}
