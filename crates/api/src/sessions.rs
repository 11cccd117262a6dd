//! Signing in and out, and what somebody is.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use syncapp_control::access::{AccountChange, Accounts, Digest, Entered, Grant, Who};
use syncapp_model::{Code, Error, Secret};

use crate::access::{Admitted, Origin, shown};
use crate::{Api, Problem};

/// Who signs in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnterBody {
    name: String,
    password: Secret,
}

/// Signs a user in: the browser keeps a session that is new, whatever it kept before.
pub(crate) async fn enter(
    State(api): State<Api>,
    Extension(Origin(origin)): Extension<Origin>,
    headers: HeaderMap,
    body: Result<Json<EnterBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(body) = body?;
    let session = match api.accounts.enter(&body.name, &body.password, &origin).await? {
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
        close(&api, &before, &origin).await?;
    }
    let seconds = api.accounts.sessions.life.as_secs();
    let kept = shown::kept(session.reveal(), seconds);
    let page = Accounts::page_token(&session);
    Ok(([(SET_COOKIE, kept)], Json(EnteredView { csrf_token: page })).into_response())
}

/// What a page of ours shows from now on.
#[derive(Debug, Serialize)]
struct EnteredView {
    csrf_token: String,
}

/// There were too many tries.
pub(crate) fn too_often(seconds: u64) -> Response {
    let error = Error::new(Code::TooOften, "there were too many tries to sign in")
        .help(format!("try again in {seconds} s; nobody is locked out for longer"));
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, error).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// Ends the session of this browser.
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

async fn close(api: &Api, session: &Secret, origin: &str) -> Result<(), Problem> {
    let shown = syncapp_control::access::Shown::Session(session.clone());
    if let Some(caller) = api.accounts.recognise(&shown).await? {
        let change = AccountChange::Close(Digest::of(session.reveal()));
        api.accounts.change(&change, &caller.from(origin)).await?;
    }
    Ok(())
}

/// The first admin to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstBody {
    /// What the agent has printed.
    token: Secret,
    name: String,
    password: Secret,
}

/// Makes the first admin, by the one-time token that the agent printed.
pub(crate) async fn begin(
    State(api): State<Api>,
    Extension(Origin(origin)): Extension<Origin>,
    body: Result<Json<FirstBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(body) = body?;
    if let Some(wait) = api.accounts.limits.try_again_in("", &origin).await? {
        return Ok(too_often(wait.as_secs() + 1));
    }
    let begun = api
        .accounts
        .begin(&body.token, &body.name, &body.password, &origin)
        .await?;
    if begun.is_none() {
        let error = Error::new(Code::Unauthenticated, "this token makes no first admin (any more)")
            .help("start the agent again for another one; where there is a user already, ask an admin");
        return Err(Problem::new(StatusCode::UNAUTHORIZED, error));
    }
    Ok(StatusCode::CREATED.into_response())
}

/// Who somebody is.
#[derive(Debug, Serialize)]
pub(crate) struct MeView {
    /// `agent`, `user` or `token`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What it may.
    roles: Vec<Grant>,
    /// What a page shows besides its browser's session, as `X-CSRF-Token`, with whatever it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
}

pub(crate) async fn me(Extension(admitted): Extension<Admitted>, headers: HeaderMap) -> Json<MeView> {
    let session = admitted.caller.user().and_then(|_| shown::session(&headers));
    let (kind, name) = match &admitted.caller.who {
        Who::Agent => ("agent", None),
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnPasswordBody {
    old: Secret,
    new: Secret,
}

/// Changes the password of whoever is signed in. All of its sessions end.
pub(crate) async fn set_own_password(
    State(api): State<Api>,
    Extension(admitted): Extension<Admitted>,
    Extension(Origin(origin)): Extension<Origin>,
    body: Result<Json<OwnPasswordBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(body) = body?;
    let Some(user) = admitted.caller.user() else {
        let error = Error::new(Code::Conflict, "a token has no password").help("sign in as a user");
        return Err(Problem::new(StatusCode::CONFLICT, error));
    };
    match api.accounts.confirms(user, &body.old, &origin).await? {
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
