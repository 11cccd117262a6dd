//! Who may ask for what: every request passes here before its body is read.
//!
//! ```text
//! peer ─► origin ─► allow list ─► what is shown ─► Caller ─► the route's rule ─► audit log ─► handler
//! ```
//!
//! Invariants:
//! - A route without a [row](rules::RULES) is answered to nobody.
//! - Whoever may not see a project is told that it is not there.
//! - What changes something is in the audit log before it is done.
//! - A request in a browser's session comes from a page of ours.
//! - Whoever sits in front of this process is known by [`Local`] alone; whatever comes over a network has to show something.

mod local;
mod network;
mod rules;
pub(crate) mod shown;
mod stream;

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, MatchedPath, RawPathParams, Request, State};
use axum::http::header::STRICT_TRANSPORT_SECURITY;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, RequestExt as _};
use syncapp_control::access::{By, Caller, Permission, Shown, Target};
use syncapp_model::{Code, Error};

use crate::problem::{no_method, unauthenticated};
use crate::{Api, Problem};
use local::Here;
pub use local::Local;
pub use network::{AddressRange, Callers};
pub(crate) use rules::is_open;
use rules::{Known, Needs, Told};

/// What browsers that came by TLS are told: to come by it alone, for a year.
const ONLY_ENCRYPTED: &str = "max-age=31536000";

/// Whose request it is: what handlers know of it.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    /// Who asks.
    pub(crate) caller: Caller,
    /// It, for the audit log.
    pub(crate) by: By,
}

/// Where a request comes from. What limits are counted by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin {
    /// This process.
    Here,
    /// That address.
    Address(IpAddr),
}

impl Origin {
    /// It as text.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Here => "local".to_owned(),
            Self::Address(address) => address.to_string(),
        }
    }
}

/// What somebody was let in by, to be looked at again.
#[derive(Clone)]
pub(crate) struct Admission {
    api: Api,
    /// Nothing of whoever sits in front of this process.
    shown: Option<Shown>,
    needs: Needs,
    project: Option<String>,
}

impl Admission {
    /// Whether whoever was let in would be let in now. What the store does not say now it says later.
    async fn holds(&self) -> bool {
        let Some(shown) = &self.shown else { return true };
        match self.api.accounts.recognise(shown).await {
            Ok(Some(caller)) => judge(&caller, self.needs, self.project.as_deref()).is_ok(),
            Ok(None) => false,
            Err(_) => true,
        }
    }
}

/// Lets in whoever is on the list of addresses, and says where a request comes from to all that follows.
pub(crate) async fn located(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    if request.extensions().get::<Here>().is_some() {
        request.extensions_mut().insert(Origin::Here);
        return next.run(request).await;
    }
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() else {
        return Problem::from(Error::internal("a request comes from nowhere")).into_response();
    };
    let origin = api.callers.origin(peer.ip(), request.headers());
    if !api.callers.admits(origin) {
        tracing::warn!(%origin, "a request from an address that is not on the list");
        return forbidden("this address is not on the agent's list").into_response();
    }
    let encrypted = api.callers.is_encrypted(peer.ip(), request.headers());
    request.extensions_mut().insert(Origin::Address(origin));
    let mut answer = next.run(request).await;
    if encrypted {
        answer
            .headers_mut()
            .insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_ENCRYPTED));
    }
    answer
}

/// Lets a request through to its handler, or not.
pub(crate) async fn guard(
    State(api): State<Api>,
    Extension(origin): Extension<Origin>,
    request: Request,
    next: Next,
) -> Response {
    match admit(api, origin, request, next).await {
        Ok(response) | Err(response) => response,
    }
}

async fn admit(api: Api, origin: Origin, mut request: Request, next: Next) -> Result<Response, Response> {
    let problem = |problem: Problem| problem.into_response();
    let failed = |error: Error| Problem::from(error).into_response();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let known = matched
        .as_ref()
        .map(|path| rules::known(request.method(), path.as_str()));
    if let Some(Known::Rule(rule)) = known
        && rule.needs == Needs::Nothing
    {
        // A browser comes back from its provider's site by a GET: what it brings is looked at instead.
        if request.method() != Method::GET && shown::is_foreign(request.headers()) {
            return Err(problem(forbidden("another site has asked for this")));
        }
        return Ok(next.run(request).await);
    }
    let (caller, shown) = match origin {
        Origin::Here => (Caller::local(), None),
        Origin::Address(_) => {
            let (caller, shown) = recognised(&api, request.method(), request.headers()).await?;
            (caller, Some(shown))
        }
    };
    let rule = match known {
        // Nothing is there: who asks is known, and told so.
        None => return Ok(next.run(request).await),
        Some(Known::NoMethod) => return Err(no_method().await.into_response()),
        Some(Known::Unknown) => {
            tracing::error!(?matched, "a route has no rule, and is answered to nobody");
            return Err(problem(forbidden("nobody may do this")));
        }
        Some(Known::Rule(rule)) => rule,
    };
    let named = named(&api, &mut request, rule.needs).await.map_err(problem)?;
    let project = named.project.as_deref();
    if let Err(refused) = judge(&caller, rule.needs, project) {
        tracing::warn!(
            caller = caller.from("").actor,
            rule.method,
            rule.path,
            "a request was refused"
        );
        return Err(problem(match refused {
            Refused::Unseen => Problem::missing(named.kind, named.name),
            Refused::Forbidden => forbidden("this account may not do this"),
        }));
    }
    let by = caller.from(origin.text());
    if let Told::As(action) = rule.told {
        let object = path_of(&request);
        let written = api.accounts.audit(&by, action, &object, None, None).await;
        written.map_err(failed)?;
    }
    request.extensions_mut().insert(Admitted { caller, by });
    let admission = Admission {
        needs: rule.needs,
        project: named.project,
        shown,
        api,
    };
    Ok(stream::ending(next.run(request).await, admission))
}

/// Who has come over a network, by what it shows.
async fn recognised(api: &Api, method: &Method, headers: &HeaderMap) -> Result<(Caller, Shown), Response> {
    let shown = shown::shown(headers).ok_or_else(unauthenticated)?;
    let known = api.accounts.recognise(&shown).await;
    let known = known.map_err(|error| Problem::from(error).into_response())?;
    let caller = known.ok_or_else(unauthenticated)?;
    if let Shown::Session(session) = &shown
        && !shown::is_ours(method, headers, session)
    {
        return Err(forbidden("this session was not used by a page of this agent").into_response());
    }
    Ok((caller, shown))
}

/// What a path names.
#[derive(Default)]
struct Named {
    /// The project that is asked about.
    project: Option<String>,
    kind: &'static str,
    name: String,
}

async fn named(api: &Api, request: &mut Request, needs: Needs) -> Result<Named, Problem> {
    let (kind, key) = match needs {
        Needs::Project(_) => ("project", "project"),
        Needs::Run(_) => ("run", "run"),
        Needs::Nothing | Needs::Somebody | Needs::Agent(_) => return Ok(Named::default()),
    };
    let parameters = request.extract_parts::<RawPathParams>().await;
    let name = match &parameters {
        Ok(parameters) => parameters
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.to_owned()),
        Err(_) => None,
    };
    let name = name.ok_or_else(|| Problem::missing(kind, ""))?;
    let project = match needs {
        Needs::Run(_) => {
            let run = api.control.store.run(crate::runs::id(&name)?).await?;
            run.ok_or_else(|| Problem::missing(kind, &name))?.project
        }
        _ => name.clone(),
    };
    Ok(Named {
        project: Some(project),
        kind,
        name,
    })
}

enum Refused {
    Unseen,
    Forbidden,
}

fn judge(caller: &Caller, needs: Needs, project: Option<&str>) -> Result<(), Refused> {
    let (permission, target) = match (needs, project) {
        (Needs::Nothing | Needs::Somebody, _) => return Ok(()),
        (Needs::Agent(permission), _) => (permission, Target::Agent),
        (Needs::Project(permission) | Needs::Run(permission), Some(project)) => (permission, Target::Project(project)),
        (Needs::Project(_) | Needs::Run(_), None) => return Err(Refused::Forbidden),
    };
    if caller.may(permission, target) {
        return Ok(());
    }
    let sees = matches!(target, Target::Agent) || caller.may(Permission::View, target);
    Err(if sees { Refused::Forbidden } else { Refused::Unseen })
}

/// What is done something to, as the audit log names it.
fn path_of(request: &Request) -> String {
    let path = request.uri().path();
    path.strip_prefix(crate::BASE)
        .unwrap_or(path)
        .trim_start_matches('/')
        .to_owned()
}

/// Who asks is known, and may not.
pub(crate) fn forbidden(why: &str) -> Problem {
    let error = Error::new(Code::Forbidden, why).help("ask an admin of this agent; `GET /api/v1/me` says what you may");
    Problem::new(StatusCode::FORBIDDEN, error)
}
