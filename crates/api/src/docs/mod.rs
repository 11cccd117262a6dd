//! The page that shows the description in a browser: made of this program's own files, and of nothing from elsewhere.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

/// Where it is.
pub(crate) const PAGE: &str = "/api/docs";

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// The page, its script and its looks.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            PAGE,
            get(|| file("text/html; charset=utf-8", include_str!("page.html"))),
        )
        .route(
            "/api/docs/page.js",
            get(|| file("text/javascript; charset=utf-8", include_str!("page.js"))),
        )
        .route(
            "/api/docs/page.css",
            get(|| file("text/css; charset=utf-8", include_str!("page.css"))),
        )
}

fn file(form: &'static str, text: &'static str) -> std::future::Ready<impl IntoResponse + use<>> {
    std::future::ready(([(CONTENT_TYPE, form), (CONTENT_SECURITY_POLICY, POLICY)], text))
}
