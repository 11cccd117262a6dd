//! The description of the interface, as it is served.

use axum::Extension;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::describe::Described;

/// What the agent can be asked
///
/// This description: `OpenAPI` 3.1. Needs no token. `/api/docs` shows it in a browser.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "describe",
    tag = "about",
    responses(
        (status = 200, description = "The description.", body = serde_json::Value),
        (status = 304, description = "It is the one of `If-None-Match`.")
    )
)]
pub(crate) async fn describe(Extension(described): Extension<Described>, asked: HeaderMap) -> Response {
    described.answer(&asked)
}
