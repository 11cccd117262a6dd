//! API tokens: made, listed and revoked by admins, each in the projects that it administers. A token's text is answered once.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use syncapp_control::access::{AccountChange, ApiToken, Caller, Changed, Grant, Permission, Role, Target, TokenId};
use syncapp_model::{Code, Error};
use utoipa::ToSchema;

use crate::access::{Admitted, forbidden};
use crate::extract::{Asked, Names, Sent};
use crate::page::{Page, PageQuery, invalid};
use crate::users::may_give;
use crate::view::instant;
use crate::words::RoleWord;
use crate::{Api, Problem};

/// For how many days a token is good where nothing is said, and at most.
const DAYS: u32 = 90;
const MOST_DAYS: u32 = 3650;
/// How many rows are looked through at once.
const ROWS: usize = 200;

/// A token; not its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenView {
    /// Its number; no secret.
    #[schema(format = "uuid")]
    id: String,
    /// What people call it.
    name: String,
    /// What it may at most.
    #[schema(value_type = RoleWord)]
    role: Role,
    /// Where; in all projects, and for the agent itself, where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// Since when it is there.
    #[schema(format = DateTime)]
    created_at: String,
    /// From when on it is not good any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When it was used last, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            role: token.grant.role,
            project: token.grant.project,
            created_at: instant(token.created_at),
            expires_at: token.expires_at.map(instant),
            last_used_at: token.last_used_at.map(instant),
        }
    }
}

/// Lists API tokens
///
/// Those that the caller administers; no text of any.
#[utoipa::path(
    get,
    path = "/tokens",
    operation_id = "list_tokens",
    tag = "tokens",
    params(PageQuery),
    responses((status = 200, description = "A page of tokens.", body = Page<TokenView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Asked(page): Asked<PageQuery>,
) -> Result<Json<Page<TokenView>>, Problem> {
    let limit = page.limit()?;
    let after = page
        .after
        .as_deref()
        .map(|text| id(text).ok_or_else(|| invalid("after", "give the `next` of the page before")));
    let mut after = after.transpose()?;
    let mut found = Vec::new();
    while found.len() <= limit {
        let rows = api.accounts.store.tokens(after, ROWS).await?;
        let last = rows.len() < ROWS;
        after = rows.last().map(|token| token.id).or(after);
        found.extend(
            rows.into_iter()
                .filter(|token| administers(&admitted.caller, &token.grant)),
        );
        if last {
            break;
        }
    }
    Ok(Json(Page::of(
        found,
        limit,
        |token| token.id.to_string(),
        TokenView::from,
    )))
}

/// A token to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub(crate) struct NewTokenBody {
    /// What people call it: 1 to 100 characters.
    name: String,
    /// What it may at most.
    #[schema(value_type = RoleWord)]
    role: Role,
    /// Where it may; in all projects, and for the agent itself, where none is named.
    project: Option<String>,
    /// 90 where it is not said.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<u32>,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// Its text: it is told this once.
    token: String,
    #[serde(flatten)]
    view: TokenView,
}

/// Makes an API token
///
/// Its text is answered this once. It may no more than the user who makes it, and nothing while that user is disabled.
#[utoipa::path(
    post,
    path = "/tokens",
    operation_id = "create_token",
    tag = "tokens",
    request_body = NewTokenBody,
    responses((status = 201, description = "The token, with its text.", body = MadeToken))
)]
pub(crate) async fn create(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Sent(body): Sent<NewTokenBody>,
) -> Result<(StatusCode, Json<MadeToken>), Problem> {
    let grant = Grant {
        role: body.role,
        project: body.project,
    };
    if !administers(&admitted.caller, &grant) {
        return Err(forbidden("this account may make no such token"));
    }
    may_give(&admitted, std::slice::from_ref(&grant))?;
    let days = body.expires_in_days.unwrap_or(DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        let error = Error::new(Code::InvalidValue, "`expires_in_days` is out of range");
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            error.help(format!("give a number from 1 to {MOST_DAYS}")),
        ));
    }
    let life = Some(Duration::from_hours(24 * u64::from(days)));
    let made = api
        .accounts
        .add_token(&body.name, grant, life, &admitted.caller, &admitted.by);
    let (id, text, changed) = made.await?;
    let token = match changed {
        Changed::Done(_) => api.accounts.store.token_of(id).await?,
        _ => return Err(forbidden("whoever makes this token may not any more")),
    };
    let view = token.ok_or_else(|| Problem::missing("token", id))?.into();
    let token = text.reveal().to_owned();
    Ok((StatusCode::CREATED, Json(MadeToken { token, view })))
}

/// Revokes an API token
///
/// It is good for nothing from the next request on.
#[utoipa::path(
    delete,
    path = "/tokens/{token}",
    operation_id = "revoke_token",
    tag = "tokens",
    params(("token" = String, Path, description = "The token's `id`.", format = "uuid")),
    responses((status = 204, description = "It is revoked."))
)]
pub(crate) async fn revoke(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Names(token): Names<String>,
) -> Result<StatusCode, Problem> {
    let known = match id(&token) {
        Some(id) => api.accounts.store.token_of(id).await?,
        None => None,
    };
    let known = known.filter(|token| administers(&admitted.caller, &token.grant));
    let known = known.ok_or_else(|| Problem::missing("token", &token))?;
    match api
        .accounts
        .change(&AccountChange::RevokeToken(known.id), &admitted.by)
        .await?
    {
        Changed::Missing => Err(Problem::missing("token", &token)),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

fn administers(caller: &Caller, grant: &Grant) -> bool {
    let target = grant.project.as_deref().map_or(Target::Agent, Target::Project);
    caller.may(Permission::Tokens, target)
}

fn id(text: &str) -> Option<TokenId> {
    text.parse().ok()
}
