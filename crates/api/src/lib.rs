//! The agent's HTTP interface, under `/api/v1`, and the pages beside it. Desktop, command line and browser speak to this one router.
//!
//! Invariants:
//! - A handler calls one use case of `control`, and knows no database, broker or connector.
//! - Who may ask for what is one table (`access/rules.rs`); only the description of this interface is for all. What is refused
//!   is refused before the body is read.
//! - An error is `application/problem+json` with SyncApp's own code, cause and remedy ([`Problem`]).
//! - Identifiers and 64-bit numbers travel as strings, times as RFC 3339 in UTC.
//! - The description is made from the routes ([`openapi`]); the file `openapi.json` of this crate is held to it by a test.
//! - A GET changes nothing.

mod about;
mod access;
mod audit;
mod auth;
mod body;
mod condition;
mod connections;
mod connectors;
mod custody;
mod describe;
mod docs;
mod extract;
mod fleet;
mod front;
mod hooks;
mod jobs;
mod limit;
mod logs;
mod measure;
mod page;
mod problem;
mod projects;
mod request;
mod runs;
mod schedules;
mod secrets;
mod sessions;
mod sign_on;
mod syncs;
mod tokens;
mod users;
mod versions;
mod view;
mod watch;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::{Extension, Router, middleware};
use syncapp_control::access::Accounts;
use syncapp_control::{Cache, Calendar, Control, PlannedSync, Vault};
use syncapp_model::Error;
use syncapp_model::sync_file::{Sending, SyncFile};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use describe::Described;
use front::Door;

pub use access::{AddressRange, Callers, Local};
pub use auth::Token;
pub use connectors::ConnectorView;
pub use front::{Asset, Front};
pub use hooks::{Hooks, SHORTEST_KEEP};
pub use jobs::Jobs;
pub use measure::describe_metrics;
pub use problem::Problem;
pub use request::RequestId;

/// The longest body that is read, in bytes.
pub const MAX_BODY: usize = 8 << 20;

/// What the routes need of their host.
#[derive(Clone)]
pub struct Api {
    /// The use cases.
    pub control: Control,
    /// Where workers tell how far they are.
    pub cache: Arc<dyn Cache>,
    /// What schedules mean.
    pub calendar: Arc<dyn Calendar>,
    /// Keeps secrets.
    pub vault: Arc<dyn Vault>,
    /// Reads sync files.
    pub compiler: Arc<dyn Compiler>,
    /// What takes its time.
    pub jobs: Jobs,
    /// What webhooks are signed with; none is taken where there is none.
    pub hooks: Option<Hooks>,
    /// The systems that it can connect.
    pub connectors: Arc<[ConnectorView]>,
    /// Who may ask.
    pub accounts: Accounts,
    /// Where from.
    pub callers: Callers,
    /// How many requests one address may make in a minute; any number where it is not said.
    pub requests_per_minute: Option<u32>,
    /// What browsers are given outside the interface.
    pub front: Front,
}

/// Reads sync files as this host's connectors understand them.
#[async_trait]
pub trait Compiler: Send + Sync {
    /// The file, if it could run here; else all that is wrong with it. `name` is what errors call it.
    async fn compile(&self, project: &str, text: &str, name: &str) -> Result<Compiled, Vec<Error>>;

    /// A file that was accepted before, whether or not it could run today.
    fn read(&self, text: &str) -> Option<SyncFile>;

    /// Where a file sends which secrets, as far as whoever pushes it may not have them.
    fn sendings(&self, file: &SyncFile) -> Vec<Sending>;
}

/// A sync file that was understood.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The file.
    pub file: SyncFile,
    /// Its syncs.
    pub syncs: Vec<PlannedSync>,
}

/// All routes that are described, below this path.
const BASE: &str = "/api/v1";

/// What is answered to those who may: `access/rules.rs`.
fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sign_on::leave))
        .routes(routes!(sign_on::come_back))
        .routes(routes!(sessions::me))
        .routes(routes!(sessions::set_own_password))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::show))
        .routes(routes!(users::set_roles))
        .routes(routes!(users::set_password))
        .routes(routes!(users::disable))
        .routes(routes!(users::enable))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(projects::list))
        .routes(routes!(projects::show, projects::push))
        .routes(routes!(versions::list))
        .routes(routes!(versions::show))
        .routes(routes!(versions::restore))
        .routes(routes!(secrets::list))
        .routes(routes!(secrets::set, secrets::delete))
        .routes(routes!(schedules::list))
        .routes(routes!(schedules::preview))
        .routes(routes!(schedules::ticks))
        .routes(routes!(schedules::explain))
        .routes(routes!(connectors::list))
        .routes(routes!(connections::list))
        .routes(routes!(jobs::drafts::check))
        .routes(routes!(jobs::drafts::discover))
        .routes(routes!(jobs::drafts::preview))
        .routes(routes!(jobs::drafts::plan))
        .routes(routes!(jobs::rejects::list))
        .routes(routes!(jobs::rejects::replay))
        .routes(routes!(jobs::routes::check))
        .routes(routes!(jobs::routes::discover))
        .routes(routes!(jobs::routes::preview))
        .routes(routes!(jobs::routes::plan))
        .routes(routes!(jobs::routes::verify))
        .routes(routes!(jobs::routes::reset))
        .routes(routes!(jobs::routes::undo))
        .routes(routes!(jobs::show::show, jobs::show::stop))
        .routes(routes!(syncs::list))
        .routes(routes!(syncs::start))
        .routes(routes!(syncs::pause))
        .routes(routes!(syncs::resume))
        .routes(routes!(hooks::key))
        .routes(routes!(fleet::workers))
        .routes(routes!(fleet::queues))
        .routes(routes!(runs::list))
        .routes(routes!(runs::show))
        .routes(routes!(watch::watch))
        .routes(routes!(logs::list))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::retry))
        .merge(unknown())
}

/// What is asked by somebody who is not known yet, with little to say.
fn unknown() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(sessions::begin))
        .routes(routes!(sessions::enter, sessions::leave))
        .routes(routes!(hooks::call))
        .layer(DefaultBodyLimit::max(body::MAX_OPEN))
}

/// What is answered to anybody: what this program's own files say.
fn open() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(about::describe))
}

/// The routes, each with its description: those for all, and those for whoever may.
fn whole() -> (OpenApiRouter<Api>, OpenApiRouter<Api>) {
    let mut open = OpenApiRouter::with_openapi(describe::beginning()).merge(OpenApiRouter::new().nest(BASE, open()));
    let mut closed = OpenApiRouter::new().nest(BASE, described());
    let closed_description = closed.get_openapi_mut();
    let description = std::mem::take(closed_description);
    open.get_openapi_mut().merge(description);
    describe::complete(&mut open);
    (open, closed)
}

/// The description of the interface, as `OpenAPI` writes it.
pub fn openapi() -> String {
    describe::text(whole().0.get_openapi())
}

/// The routes.
pub fn router(api: Api) -> Router {
    let (open, closed) = whole();
    let (open, description) = open.split_for_parts();
    let (closed, _) = closed.split_for_parts();
    let open = open
        .merge(docs::routes())
        .layer(Extension(Described::new(&description)));
    let closed = closed
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(Extension(watch::Watches::default()))
        .layer(middleware::from_fn(body::bounded))
        .layer(middleware::from_fn_with_state(api.clone(), access::guard));
    let door = Door {
        front: api.front.clone(),
        random: api.control.random.clone(),
    };
    let mut routes = closed
        .merge(open.method_not_allowed_fallback(problem::no_method))
        .layer(middleware::from_fn_with_state(door, front::door))
        .layer(middleware::from_fn_with_state(api.clone(), limit::limited))
        .layer(middleware::from_fn_with_state(api.clone(), access::located));
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        routes = routes.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    routes
        .layer(middleware::from_fn(measure::measured))
        .layer(middleware::from_fn(request::named))
        .with_state(api)
}

/// What browsers are told of every answer that does not say otherwise.
const HEADERS: [(HeaderName, &str); 7] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];
