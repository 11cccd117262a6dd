//! The secrets of a project: set, listed by name, forgotten. Write-only: no route answers a value.

use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use syncapp_control::{SecretEntry, SecretId};
use syncapp_model::Secret;
use utoipa::ToSchema;

use crate::access::Admitted;
use crate::extract::{Asked, Names, Sent};
use crate::page::{Page, PageQuery};
use crate::view::instant;
use crate::{Api, Problem};

/// A secret, in the list of a project's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedSecret)]
pub(crate) struct Listed {
    /// Its name.
    name: String,
    /// How often it was set.
    version: u32,
    /// What the master key is called that it is under.
    key: String,
    /// When it was set last.
    #[schema(format = DateTime)]
    set_at: String,
}

/// Lists the secrets of a project
///
/// In the order of their names. No request answers a value.
#[utoipa::path(
    get,
    path = "/projects/{project}/secrets",
    operation_id = "list_secrets",
    tag = "secrets",
    params(("project" = String, Path, description = "The project's name."), PageQuery),
    responses((status = 200, description = "A page of secrets.", body = Page<Listed>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Names(project): Names<String>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<Listed>>, Problem> {
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
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SetSecret)]
pub(crate) struct SetBody {
    /// The value, of 1 to 65,536 bytes.
    #[schema(value_type = String, format = Password, write_only)]
    value: Secret,
}

/// What was set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecretSet)]
pub(crate) struct SetAnswer {
    /// Its name.
    name: String,
    /// How often it was set.
    version: u32,
}

/// Sets a secret
///
/// The project need not be there yet. Whoever uses the secret from now on uses this value.
#[utoipa::path(
    put,
    path = "/projects/{project}/secrets/{name}",
    operation_id = "set_secret",
    tag = "secrets",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("name" = String, Path, description = "The secret's name; a `/` in it is written `%2F`.")
    ),
    request_body(content = SetBody, description = "The value."),
    responses((status = 200, description = "It is set.", body = SetAnswer))
)]
pub(crate) async fn set(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names((project, name)): Names<(String, String)>,
    Sent(body): Sent<SetBody>,
) -> Result<Json<SetAnswer>, Problem> {
    let id = SecretId::new(&project, &name)?;
    let (log, by) = (api.accounts.log(), &admitted.by);
    log.secret(by, api.vault.as_ref(), &id, Some(&body.value)).await?;
    let version = api.vault.put(&id, &body.value, &by.actor).await?;
    Ok(Json(SetAnswer { name, version }))
}

/// What was forgotten.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecretDeleted)]
pub(crate) struct DeleteAnswer {
    /// Its name.
    name: String,
}

/// Forgets a secret
///
/// The value is gone from the store; what uses it fails from now on, unless it finds it elsewhere.
#[utoipa::path(
    delete,
    path = "/projects/{project}/secrets/{name}",
    operation_id = "delete_secret",
    tag = "secrets",
    params(
        ("project" = String, Path, description = "The project's name."),
        ("name" = String, Path, description = "The secret's name; a `/` in it is written `%2F`.")
    ),
    responses(
        (status = 200, description = "It is forgotten.", body = DeleteAnswer),
        (status = 422, description = "No secret can be called that.")
    )
)]
pub(crate) async fn delete(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names((project, name)): Names<(String, String)>,
) -> Result<Json<DeleteAnswer>, Problem> {
    let (id, log) = (SecretId::new(&project, &name)?, api.accounts.log());
    log.secret(&admitted.by, api.vault.as_ref(), &id, None).await?;
    if api.vault.delete(&id).await? {
        return Ok(Json(DeleteAnswer { name }));
    }
    Err(Problem::missing("secret", &name))
}
