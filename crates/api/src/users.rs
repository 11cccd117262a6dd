//! Users, as admins see and change them. No answer holds anything of a password.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use syncapp_control::access::{AccountChange, Changed, Grant, User, UserId};
use syncapp_model::{Code, Error, Secret};
use utoipa::ToSchema;

use crate::access::{Admitted, forbidden};
use crate::extract::{Asked, Names, Sent};
use crate::page::{Page, PageQuery};
use crate::view::instant;
use crate::words::GrantWord;
use crate::{Api, Problem};

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    /// Its name.
    name: String,
    /// What it may.
    #[schema(value_type = Vec<GrantWord>)]
    roles: Vec<Grant>,
    /// Whether it is kept out.
    disabled: bool,
    /// Since when it is there.
    #[schema(format = DateTime)]
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

/// Lists the users
///
/// In the order of their names.
#[utoipa::path(
    get,
    path = "/users",
    operation_id = "list_users",
    tag = "users",
    params(PageQuery),
    responses((status = 200, description = "A page of users.", body = Page<UserView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<UserView>>, Problem> {
    let limit = page.limit()?;
    let rows = api.accounts.store.users(page.after.as_deref(), limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |user| user.name.clone(), UserView::from)))
}

/// Shows a user
#[utoipa::path(
    get,
    path = "/users/{user}",
    operation_id = "show_user",
    tag = "users",
    params(("user" = String, Path, description = "The user's name.")),
    responses((status = 200, description = "The user.", body = UserView))
)]
pub(crate) async fn show(State(api): State<Api>, Names(user): Names<String>) -> Result<Json<UserView>, Problem> {
    one(&api, &user).await.map(|user| Json(user.into()))
}

/// A user to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub(crate) struct NewUserBody {
    /// 1 to 100 of the letters a to z, digits, and `.`, `_`, `-`, `+`, `@`.
    name: String,
    /// 12 characters or more.
    #[schema(value_type = String, format = Password, write_only)]
    password: Secret,
    /// What it may.
    #[schema(value_type = Vec<GrantWord>)]
    roles: Vec<Grant>,
}

/// Makes a user
///
/// With at most the roles that the caller has.
#[utoipa::path(
    post,
    path = "/users",
    operation_id = "create_user",
    tag = "users",
    request_body = NewUserBody,
    responses((status = 201, description = "The user.", body = UserView), (status = 409, description = "There is a user of this name."))
)]
pub(crate) async fn create(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Sent(body): Sent<NewUserBody>,
) -> Result<(StatusCode, Json<UserView>), Problem> {
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
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Roles)]
pub(crate) struct RolesBody {
    /// All of it.
    #[schema(value_type = Vec<GrantWord>)]
    roles: Vec<Grant>,
}

/// Says what a user may
///
/// From the next request on.
#[utoipa::path(
    put,
    path = "/users/{user}/roles",
    operation_id = "set_user_roles",
    tag = "users",
    params(("user" = String, Path, description = "The user's name.")),
    request_body = RolesBody,
    responses((status = 200, description = "The user as it is now.", body = UserView))
)]
pub(crate) async fn set_roles(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(user): Names<String>,
    Sent(body): Sent<RolesBody>,
) -> Result<Json<UserView>, Problem> {
    let RolesBody { roles: grants } = body;
    may_give(&admitted, &grants)?;
    changed(&api, &admitted, &user, |user| AccountChange::SetGrants { user, grants }).await
}

/// A user's password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Password)]
pub(crate) struct PasswordBody {
    /// 12 characters or more.
    #[schema(value_type = String, format = Password, write_only)]
    password: Secret,
}

/// Gives a user another password
///
/// Its sessions end.
#[utoipa::path(
    put,
    path = "/users/{user}/password",
    operation_id = "set_user_password",
    tag = "users",
    params(("user" = String, Path, description = "The user's name.")),
    request_body = PasswordBody,
    responses((status = 204, description = "It is another one."), (status = 409, description = "A provider vouches for this user: it has no password here."))
)]
pub(crate) async fn set_password(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(user): Names<String>,
    Sent(body): Sent<PasswordBody>,
) -> Result<StatusCode, Problem> {
    let user = one(&api, &user).await?;
    let set = api.accounts.set_password(user.id, &body.password, &admitted.by);
    if set.await? == Changed::Refused {
        let error = Error::new(
            Code::Conflict,
            "a provider vouches for this user: it has no password here",
        );
        return Err(Problem::new(StatusCode::CONFLICT, error));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a user out
///
/// Its sessions and tokens are good for nothing from then on.
#[utoipa::path(
    post,
    path = "/users/{user}/disable",
    operation_id = "disable_user",
    tag = "users",
    params(("user" = String, Path, description = "The user's name.")),
    responses((status = 200, description = "The user as it is now.", body = UserView))
)]
pub(crate) async fn disable(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(user): Names<String>,
) -> Result<Json<UserView>, Problem> {
    let disabled = true;
    changed(&api, &admitted, &user, |user| AccountChange::SetDisabled {
        user,
        disabled,
    })
    .await
}

/// Lets a user in again
///
/// Its sessions stay over.
#[utoipa::path(
    post,
    path = "/users/{user}/enable",
    operation_id = "enable_user",
    tag = "users",
    params(("user" = String, Path, description = "The user's name.")),
    responses((status = 200, description = "The user as it is now.", body = UserView))
)]
pub(crate) async fn enable(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(user): Names<String>,
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
