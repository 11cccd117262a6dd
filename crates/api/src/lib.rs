//! The agent's HTTP interface, under `/api/v1`. Desktop, command line and browser speak to this one router.
//!
//! Invariants:
//! - A handler calls one use case of `control`, and knows no database, broker or connector.
//! - Who may ask for what is one table (`access/rules.rs`); what is refused is refused before the body is read.
//! - An error is `application/problem+json` with SyncApp's own code, cause and remedy ([`Problem`]).
//! - Identifiers and 64-bit numbers travel as strings, times as RFC 3339 in UTC.

mod access;
mod audit;
mod auth;
mod page;
mod problem;
mod projects;
mod runs;
mod sessions;
mod syncs;
mod tokens;
mod users;
mod view;
mod watch;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post, put};
use axum::{Router, middleware};
use syncapp_control::access::Accounts;
use syncapp_control::{Cache, Calendar, Control, PlannedSync};
use syncapp_model::Error;
use syncapp_model::sync_file::SyncFile;

pub use access::{AddressRange, Network};
pub use auth::Token;
pub use problem::Problem;

/// The longest body that is read, in bytes.
pub const MAX_BODY: usize = 8 << 20;

/// What all routes begin with.
const PREFIX: &str = "/api/v1";

/// What the routes need of their host.
#[derive(Clone)]
pub struct Api {
    /// The use cases.
    pub control: Control,
    /// Where workers tell how far they are.
    pub cache: Arc<dyn Cache>,
    /// What schedules mean.
    pub calendar: Arc<dyn Calendar>,
    /// Reads sync files.
    pub compiler: Arc<dyn Compiler>,
    /// Who may ask.
    pub accounts: Accounts,
    /// Where from.
    pub network: Network,
}

/// Reads sync files as this host's connectors understand them.
pub trait Compiler: Send + Sync {
    /// The file, if it could run here; else all that is wrong with it. `name` is what errors call it.
    fn compile(&self, project: &str, text: &str, name: &str) -> Result<Compiled, Vec<Error>>;

    /// A file that was accepted before, whether or not it could run today.
    fn read(&self, text: &str) -> Option<SyncFile>;
}

/// A sync file that was understood.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The file.
    pub file: SyncFile,
    /// Its syncs.
    pub syncs: Vec<PlannedSync>,
}

/// Each route that is answered to anybody: its method, and its path under `/api/v1`.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    access::RULES.iter().map(|rule| (rule.method, rule.path))
}

/// The routes.
pub fn router(api: Api) -> Router {
    let routes = Router::new()
        .route("/first-admin", post(sessions::begin))
        .route("/session", post(sessions::enter).delete(sessions::leave))
        .route("/me", get(sessions::me))
        .route("/me/password", put(sessions::set_own_password))
        .route("/users", get(users::list).post(users::create))
        .route("/users/{user}", get(users::show))
        .route("/users/{user}/roles", put(users::set_roles))
        .route("/users/{user}/password", put(users::set_password))
        .route("/users/{user}/disable", post(users::disable))
        .route("/users/{user}/enable", post(users::enable))
        .route("/tokens", get(tokens::list).post(tokens::create))
        .route("/tokens/{token}", delete(tokens::revoke))
        .route("/audit", get(audit::list))
        .route("/projects", get(projects::list))
        .route("/projects/{project}", get(projects::show).put(projects::push))
        .route("/projects/{project}/syncs", get(syncs::list))
        .route("/projects/{project}/syncs/{sync}/runs", post(syncs::start))
        .route("/projects/{project}/syncs/{sync}/pause", post(syncs::pause))
        .route("/projects/{project}/syncs/{sync}/resume", post(syncs::resume))
        .route("/runs", get(runs::list))
        .route("/runs/{run}", get(runs::show))
        .route("/runs/{run}/events", get(watch::watch))
        .route("/runs/{run}/cancel", post(runs::cancel))
        .route("/runs/{run}/retry", post(runs::retry));
    Router::new()
        .nest(PREFIX, routes)
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(api.clone(), access::guard))
        .with_state(api)
}
