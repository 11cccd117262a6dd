//! The secrets of a project: set, listed by name, forgotten. Write-only: no route answers a value.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use syncapp_control::{SecretEntry, SecretId};
use syncapp_model::{Code, Error, Secret};

use crate::page::{Page, PageQuery};
use crate::view::instant;
use crate::{Api, Problem};

/// A secret, in the list of a project's.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    name: String,
    version: u32,
    /// What the master key is called that it is under.
    key: String,
    set_at: String,
}

pub(crate) async fn list(
    State(api): State<Api>,
    Path(project): Path<String>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<Page<Listed>>, Problem> {
    let Query(page) = query?;
    let limit = page.limit()?;
    // Whatever a name may be, its project and the place in the list are texts that a store can hold.
    let SecretId { project, .. } = SecretId::new(&project, "any")?;
    let after = page.after.map(|after| SecretId::new(&project, &after)).transpose()?;
    let after = after.as_ref().map(|after| after.name.as_str());
    let rows = api.vault.list(&project, after, limit + 1).await?;
    let view = |entry: SecretEntry| Listed {
        name: entry.name,
        version: entry.version,
        key: entry.key.0,
        set_at: instant(entry.set_at),
    };
    Ok(Json(Page::of(rows, limit, |entry| entry.name.clone(), view)))
}

/// What a secret is set to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetBody {
    value: Secret,
}

/// What was set.
#[derive(Debug, Serialize)]
pub(crate) struct SetAnswer {
    name: String,
    /// How often it was set.
    version: u32,
}

pub(crate) async fn set(
    State(api): State<Api>,
    Path((project, name)): Path<(String, String)>,
    body: Result<Json<SetBody>, JsonRejection>,
) -> Result<Json<SetAnswer>, Problem> {
    let Json(body) = body.map_err(|rejection| unreadable(&rejection))?;
    let id = SecretId::new(&project, &name)?;
    let version = api.vault.put(&id, &body.value).await?;
    Ok(Json(SetAnswer { name, version }))
}

/// What was forgotten.
#[derive(Debug, Serialize)]
pub(crate) struct DeleteAnswer {
    name: String,
}

pub(crate) async fn delete(
    State(api): State<Api>,
    Path((project, name)): Path<(String, String)>,
) -> Result<Json<DeleteAnswer>, Problem> {
    if api.vault.delete(&SecretId::new(&project, &name)?).await? {
        return Ok(Json(DeleteAnswer { name }));
    }
    Err(Problem::missing("secret", &name))
}

/// The parser's own words may quote what was sent.
fn unreadable(rejection: &JsonRejection) -> Problem {
    let error = Error::new(Code::InvalidValue, "the body is not what this request takes");
    Problem::new(rejection.status(), error.help("send `{ \"value\": \"…\" }` as JSON"))
}
