//! Signing in at an identity provider: there and back.

use axum::Extension;
use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use serde::Deserialize;
use syncapp_control::access::{Brought, Entered};
use syncapp_model::{Code, Error, Secret};
use utoipa::IntoParams;

use crate::access::{Origin, shown};
use crate::extract::Asked;
use crate::sessions::too_often;
use crate::{Api, Problem};

/// For how long somebody may be at the provider, in seconds.
const AWAY: u64 = 600;

/// Sends a browser to the identity provider
///
/// It comes back to `/sign-on/callback`, within ten minutes.
#[utoipa::path(
    get,
    path = "/sign-on",
    operation_id = "sign_on",
    tag = "sessions",
    responses(
        (status = 303, description = "Where the provider is."),
        (status = 404, description = "This agent has no provider: `oidc_issuer` of agent.toml.")
    )
)]
pub(crate) async fn leave(State(api): State<Api>) -> Result<Response, Problem> {
    let door = api.accounts.leave_for_provider().await?;
    let door = door.ok_or_else(|| {
        let error = Error::new(Code::UnknownName, "this agent has no identity provider");
        Problem::new(StatusCode::NOT_FOUND, error.help("sign in by name and password"))
    })?;
    let kept = shown::leaving(door.secret.reveal(), AWAY);
    Ok((StatusCode::SEE_OTHER, [(SET_COOKIE, kept)], [(LOCATION, door.address)]).into_response())
}

/// What a browser brings back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BackQuery {
    /// What the provider gives a token for.
    #[param(value_type = Option<String>)]
    code: Option<Secret>,
    /// What the browser left with.
    state: Option<String>,
    /// The provider that sends it back.
    iss: Option<String>,
}

/// Signs in whoever comes back from the identity provider
///
/// In the browser that has left for it. Without a role of any of its groups nobody comes in.
#[utoipa::path(
    get,
    path = "/sign-on/callback",
    operation_id = "come_back_from_sign_on",
    tag = "sessions",
    params(BackQuery),
    responses(
        (status = 303, description = "The session is in a cookie."),
        (status = 401, description = "The provider does not vouch for whoever comes back, or gives no role here."),
        (status = 429, description = "Too many were refused at this address: wait for `Retry-After` seconds.")
    )
)]
pub(crate) async fn come_back(
    State(api): State<Api>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    Asked(query): Asked<BackQuery>,
) -> Result<Response, Problem> {
    let origin = origin.text();
    if let Some(wait) = api.accounts.limits.come_back_in(&origin).await? {
        return Ok(too_often(wait.as_secs() + 1));
    }
    let entered = match (shown::trip(&headers), query.code, query.state) {
        (Some(secret), Some(code), Some(state)) => {
            let issuer = query.iss;
            let brought = Brought { state, code, issuer };
            api.accounts.come_from_provider(&secret, &brought, &origin).await?
        }
        _ => Entered::Wrong,
    };
    // Whatever comes of it, the way back is gone once.
    let over = (SET_COOKIE, shown::leaving("", 0));
    let Entered::Session(session) = entered else {
        api.accounts.limits.was_refused(&origin).await?;
        let error = Error::new(Code::Unauthenticated, "nobody was signed in")
            .help("try once more; if it stays so, an admin finds the reason in the agent's log");
        let mut refused = Problem::new(StatusCode::UNAUTHORIZED, error).into_response();
        refused.headers_mut().insert(over.0, over.1);
        return Ok(refused);
    };
    let kept = shown::kept(session.reveal(), api.accounts.sessions.life.as_secs());
    let cookies = AppendHeaders([(SET_COOKIE, kept), over]);
    Ok((StatusCode::SEE_OTHER, cookies, [(LOCATION, "/")]).into_response())
}
