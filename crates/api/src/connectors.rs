//! The systems that this agent can connect, and what their connections look like.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::condition::tagged;

/// A kind of system, as the host's registry lists it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Connector)]
pub struct ConnectorView {
    /// The word of the sync file's `connector` key.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Whether it can be read.
    pub source: bool,
    /// Whether it can be written.
    pub destination: bool,
    /// The JSON Schema of a connection's keys, `connector` left out: a form is drawn from it.
    pub form: serde_json::Value,
}

/// Lists the connectors
///
/// What each can do, and the form of its connections. It changes only with the agent's program.
#[utoipa::path(
    get,
    path = "/connectors",
    operation_id = "list_connectors",
    tag = "connections",
    responses(
        (status = 200, description = "All of them.", body = Vec<ConnectorView>),
        (status = 304, description = "They are those of `If-None-Match`.")
    )
)]
pub(crate) async fn list(State(api): State<Api>, asked: HeaderMap) -> Response {
    tagged(&asked, env!("CARGO_PKG_VERSION"), Json(api.connectors.as_ref()))
}
