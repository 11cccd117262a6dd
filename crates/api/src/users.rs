//! Users, as admins see and change them. No answer holds anything of a password.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use syncapp_control::access::{AccountChange, Changed, Grant, User, UserId};
use syncapp_model::{Code, Error, Secret};

use crate::access::{Admitted, forbidden};
use crate::page::{Page, PageQuery};
use crate::view::instant;
use crate::{Api, Problem};

/// A user.
#[derive(Debug, Serialize)]
pub(crate) struct UserView {
    name: String,
    roles: Vec<Grant>,
    disabled: bool,
    created_at: String,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            name: user.name,
            roles: user.grants,
            disabled: user.disabled,
            created_at: instant(user.created_at),
        }
    }
}

pub(crate) async fn list(
    State(api): State<Api>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<Page<UserView>>, Problem> {
    let Query(page) = query?;
    let limit = page.limit()?;
    let rows = api.accounts.store.users(page.after.as_deref(), limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |user| user.name.clone(), UserView::from)))
}

pub(crate) async fn show(State(api): State<Api>, Path(user): Path<String>) -> Result<Json<UserView>, Problem> {
    one(&api, &user).await.map(|user| Json(user.into()))
}

/// A user to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUserBody {
    name: String,
    password: Secret,
    roles: Vec<Grant>,
}

pub(crate) async fn create(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    body: Result<Json<NewUserBody>, JsonRejection>,
) -> Result<(StatusCode, Json<UserView>), Problem> {
    let Json(body) = body?;
    may_give(&admitted, &body.roles)?;
    let (id, changed) = api
        .accounts
        .add_user(&body.name, &body.password, body.roles, &admitted.by)
        .await?;
    if changed == Changed::Taken {
        let error = Error::new(Code::Conflict, "there is a user of this name").help("give another name");
        return Err(Problem::new(StatusCode::CONFLICT, error));
    }
    let user = api.accounts.store.user(id).await?;
    let user = user.ok_or_else(|| Problem::missing("user", &body.name))?;
    Ok((StatusCode::CREATED, Json(user.into())))
}

/// What a user may from now on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RolesBody {
    roles: Vec<Grant>,
}

pub(crate) async fn set_roles(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Path(user): Path<String>,
    body: Result<Json<RolesBody>, JsonRejection>,
) -> Result<Json<UserView>, Problem> {
    let Json(RolesBody { roles: grants }) = body?;
    may_give(&admitted, &grants)?;
    changed(&api, &admitted, &user, |user| AccountChange::SetGrants { user, grants }).await
}

/// A user's password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    password: Secret,
}

/// Gives a user another password; its sessions end.
pub(crate) async fn set_password(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Path(user): Path<String>,
    body: Result<Json<PasswordBody>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(body) = body?;
    let user = one(&api, &user).await?;
    api.accounts.set_password(user.id, &body.password, &admitted.by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a user out; its sessions and tokens are good for nothing from then on.
pub(crate) async fn disable(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Path(user): Path<String>,
) -> Result<Json<UserView>, Problem> {
    let disabled = true;
    changed(&api, &admitted, &user, |user| AccountChange::SetDisabled {
        user,
        disabled,
    })
    .await
}

pub(crate) async fn enable(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Path(user): Path<String>,
) -> Result<Json<UserView>, Problem> {
    let disabled = false;
    changed(&api, &admitted, &user, |user| AccountChange::SetDisabled {
        user,
        disabled,
    })
    .await
}

async fn changed(
    api: &Api,
    admitted: &Admitted,
    name: &str,
    change: impl FnOnce(UserId) -> AccountChange,
) -> Result<Json<UserView>, Problem> {
    let user = one(api, name).await?;
    api.accounts.change(&change(user.id), &admitted.by).await?;
    one(api, name).await.map(|user| Json(user.into()))
}

async fn one(api: &Api, name: &str) -> Result<User, Problem> {
    let user = api.accounts.store.user_named(&name.to_ascii_lowercase()).await?;
    user.ok_or_else(|| Problem::missing("user", name))
}

/// Nobody gives away what it has not.
pub(crate) fn may_give(admitted: &Admitted, grants: &[Grant]) -> Result<(), Problem> {
    if grants.len() > 1000 || grants.iter().any(|grant| grant.project.as_deref() == Some("")) {
        let error = Error::new(Code::InvalidValue, "these roles cannot be given")
            .help("give at most 1,000, each with a `role`, and a `project` where it is not for all");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error));
    }
    if grants.iter().all(|grant| admitted.caller.covers(grant)) {
        return Ok(());
    }
    Err(forbidden("nobody can give away more than it may itself"))
}
