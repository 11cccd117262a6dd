//! The agent's HTTP interface, under `/api/v1`. Desktop, command line and browser speak to this one router.
//!
//! Invariants:
//! - A handler calls one use case of `control`, and knows no database, broker or connector.
//! - Nothing is answered without the [`Token`]; what is refused is refused before the body is read.
//! - An error is `application/problem+json` with SyncApp's own code, cause and remedy ([`Problem`]).
//! - Identifiers and 64-bit numbers travel as strings, times as RFC 3339 in UTC.

mod auth;
mod body;
mod measure;
mod page;
mod problem;
mod projects;
mod runs;
mod secrets;
mod syncs;
mod view;
mod watch;

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};
use axum::{Router, middleware};
use syncapp_control::{Cache, Calendar, Control, PlannedSync, Vault};
use syncapp_model::Error;
use syncapp_model::sync_file::SyncFile;

pub use auth::Token;
pub use measure::describe_metrics;
pub use problem::Problem;

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
    /// What a caller has to show.
    pub token: Token,
}

/// Reads sync files as this host's connectors understand them.
#[async_trait]
pub trait Compiler: Send + Sync {
    /// The file, if it could run here; else all that is wrong with it. `name` is what errors call it.
    async fn compile(&self, project: &str, text: &str, name: &str) -> Result<Compiled, Vec<Error>>;

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

/// The routes.
pub fn router(api: Api) -> Router {
    let routes = Router::new()
        .route("/projects", get(projects::list))
        .route("/projects/{project}", get(projects::show).put(projects::push))
        .route("/projects/{project}/secrets", get(secrets::list))
        .route(
            "/projects/{project}/secrets/{name}",
            put(secrets::set).delete(secrets::delete),
        )
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
        .nest("/api/v1", routes)
        .fallback(problem::no_route)
        .method_not_allowed_fallback(problem::no_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(body::bounded))
        .layer(middleware::from_fn_with_state(api.clone(), auth::authenticated))
        .layer(middleware::from_fn(measure::measured))
        .with_state(api)
}
