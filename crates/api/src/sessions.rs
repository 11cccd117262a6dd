//! Signing in and out, and what somebody is.

use axum::extract::State;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use syncapp_control::access::{AccountChange, Accounts, Digest, Entered, Grant, Who};
use syncapp_model::{Code, Error, Secret};
use utoipa::ToSchema;

use crate::access::{Admitted, Origin, shown};
use crate::extract::Sent;
use crate::words::GrantWord;
use crate::{Api, Problem};

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
pub(crate) struct EnterBody {
    /// The user's name.
    name: String,
    /// Its password.
    #[schema(value_type = String, format = Password, write_only)]
    password: Secret,
}

/// Signs a user in
///
/// The browser keeps a session that is new, whatever it kept before. There are so many tries in a quarter of an hour.
#[utoipa::path(
    post,
    path = "/session",
    operation_id = "sign_in",
    tag = "sessions",
    request_body = EnterBody,
    responses((status = 200, description = "The session is in a cookie.", body = EnteredView), (status = 401, description = "The name or the password is wrong."), (status = 429, description = "There were too many tries: wait for `Retry-After` seconds."))
)]
pub(crate) async fn enter(
    State(api): State<Api>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Sent(body): Sent<EnterBody>,
) -> Result<Response, Problem> {
    let session = match api.accounts.enter(&body.name, &body.password, &origin.text()).await? {
        Entered::Session(session) => session,
        Entered::Wrong => {
            let error = Error::new(Code::Unauthenticated, "the name or the password is wrong");
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                error.help("an admin can set another password"),
            ));
        }
        Entered::TooOften(wait) => return Ok(too_often(wait.as_secs() + 1)),
    };
    if let Some(before) = shown::session(&headers) {
        close(&api, &before, origin).await?;
    }
    let seconds = api.accounts.sessions.life.as_secs();
    let kept = shown::kept(session.reveal(), seconds);
    let page = Accounts::page_token(&session);
    Ok(([(SET_COOKIE, kept)], Json(EnteredView { csrf_token: page })).into_response())
}

/// What a page of ours shows from now on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(crate) struct EnteredView {
    /// It, as `X-CSRF-Token`.
    csrf_token: String,
}

/// There were too many tries.
pub(crate) fn too_often(seconds: u64) -> Response {
    let error = Error::new(Code::TooManyRequests, "there were too many tries to sign in")
        .help(format!("try again in {seconds} s; nobody is locked out for longer"));
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, error).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Signs out
///
/// Ends the session of this browser.
#[utoipa::path(
    delete,
    path = "/session",
    operation_id = "sign_out",
    tag = "sessions",
    responses((status = 204, description = "It is over."), (status = 409, description = "What is shown is a token."))
)]
pub(crate) async fn leave(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (Who::User(..), Some(session)) = (&admitted.caller.who, shown::session(&headers)) else {
        let error = Error::new(Code::Conflict, "a token has no session").help("revoke the token instead");
        return Err(Problem::new(StatusCode::CONFLICT, error));
    };
    let change = AccountChange::Close(Digest::of(session.reveal()));
    api.accounts.change(&change, &admitted.by).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, shown::kept("", 0))]).into_response())
}

async fn close(api: &Api, session: &Secret, origin: Origin) -> Result<(), Problem> {
    let shown = syncapp_control::access::Shown::Session(session.clone());
    if let Some(caller) = api.accounts.recognise(&shown).await? {
        let change = AccountChange::Close(Digest::of(session.reveal()));
        api.accounts.change(&change, &caller.from(origin.text())).await?;
    }
    Ok(())
}

/// The first admin to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FirstAdmin)]
pub(crate) struct FirstBody {
    /// What the agent has printed.
    #[schema(value_type = String, write_only)]
    token: Secret,
    /// The admin's name.
    name: String,
    /// Its password: 12 characters or more.
    #[schema(value_type = String, format = Password, write_only)]
    password: Secret,
}

/// Makes the first admin
///
/// By the one-time token that the agent prints while there is no user.
#[utoipa::path(
    post,
    path = "/first-admin",
    operation_id = "make_first_admin",
    tag = "sessions",
    request_body = FirstBody,
    responses((status = 201, description = "There is an admin."), (status = 401, description = "The token is good for nothing, or not any more."), (status = 429, description = "There were too many tries: wait for `Retry-After` seconds."))
)]
pub(crate) async fn begin(
    State(api): State<Api>,
    Extension(origin): Extension<Origin>,
    Sent(body): Sent<FirstBody>,
) -> Result<Response, Problem> {
    if let Some(wait) = api.accounts.limits.show_again_in(&origin.text()).await? {
        return Ok(too_often(wait.as_secs() + 1));
    }
    let begun = api
        .accounts
        .begin(&body.token, &body.name, &body.password, &origin.text())
        .await?;
    if begun.is_none() {
        let error = Error::new(Code::Unauthenticated, "this token makes no first admin (any more)")
            .help("start the agent again for another one; where there is a user already, ask an admin");
        return Err(Problem::new(StatusCode::UNAUTHORIZED, error));
    }
    Ok(StatusCode::CREATED.into_response())
}

/// Who somebody is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct MeView {
    /// `agent`, `local`, `user` or `token`.
    kind: &'static str,
    /// What it is called; the agent's own token and the local user have no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What it may.
    #[schema(value_type = Vec<GrantWord>)]
    roles: Vec<Grant>,
    /// What a page shows besides its browser's session, as `X-CSRF-Token`, with whatever it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
}

/// Shows who asks
///
/// And what it may.
#[utoipa::path(
    get,
    path = "/me",
    operation_id = "show_me",
    tag = "sessions",
    responses((status = 200, description = "Who asks.", body = MeView))
)]
pub(crate) async fn me(Extension(admitted): Extension<Admitted>, headers: HeaderMap) -> Json<MeView> {
    let session = admitted.caller.user().and_then(|_| shown::session(&headers));
    let (kind, name) = match &admitted.caller.who {
        Who::Agent => ("agent", None),
        Who::Local => ("local", None),
        Who::User(_, name) => ("user", Some(name.clone())),
        Who::Token(_, name) => ("token", Some(name.clone())),
    };
    Json(MeView {
        kind,
        name,
        roles: admitted.caller.grants(),
        csrf_token: session.map(|session| Accounts::page_token(&session)),
    })
}

/// A password, and the one before it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OwnPassword)]
pub(crate) struct OwnPasswordBody {
    /// The one that holds.
    #[schema(value_type = String, format = Password, write_only)]
    old: Secret,
    /// The one that is to hold: 12 characters or more.
    #[schema(value_type = String, format = Password, write_only)]
    new: Secret,
}

/// Changes one's own password
///
/// All sessions of the user end.
#[utoipa::path(
    put,
    path = "/me/password",
    operation_id = "set_own_password",
    tag = "sessions",
    request_body = OwnPasswordBody,
    responses((status = 204, description = "It is another one."), (status = 409, description = "What is shown is a token."), (status = 429, description = "There were too many tries: wait for `Retry-After` seconds."))
)]
pub(crate) async fn set_own_password(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Extension(origin): Extension<Origin>,
    Sent(body): Sent<OwnPasswordBody>,
) -> Result<Response, Problem> {
    let Some(user) = admitted.caller.user() else {
        let error = Error::new(Code::Conflict, "a token has no password").help("sign in as a user");
        return Err(Problem::new(StatusCode::CONFLICT, error));
    };
    match api.accounts.confirms(user, &body.old, &origin.text()).await? {
        Entered::Session(_) => {}
        Entered::TooOften(wait) => return Ok(too_often(wait.as_secs() + 1)),
        Entered::Wrong => {
            let error = Error::new(Code::InvalidValue, "the old password is wrong");
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error));
        }
    }
    api.accounts.set_password(user, &body.new, &admitted.by).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
