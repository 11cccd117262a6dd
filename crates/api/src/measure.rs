//! What the API counts and traces: each request, by the route it took and never by its path.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, describe_counter, describe_histogram, histogram};
use syncapp_control::TraceParent;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::RequestId;

/// Says what each number is.
pub fn describe_metrics() {
    describe_counter!("syncapp_api_requests_total", "Requests that were answered");
    describe_histogram!(
        "syncapp_api_request_seconds",
        "From a request to the head of its answer"
    );
}

/// Joins the trace that the request's caller tells of, and counts it.
pub(crate) async fn measured(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = word(request.method().as_str());
    let id = request.extensions().get::<RequestId>().cloned();
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        request = id.as_ref().map(RequestId::as_str),
        method,
        route,
        status = Empty
    );
    let parent = request
        .headers()
        .get("traceparent")
        .and_then(|parent| parent.to_str().ok());
    if let Some(parent) = parent.and_then(TraceParent::parse) {
        parent.adopt(&span);
    }
    let begun = std::time::Instant::now();
    let answer = next.run(request).instrument(span.clone()).await;
    let status = answer.status().as_u16();
    span.record("status", status);
    let took = begun.elapsed();
    span.in_scope(|| tracing::info!(seconds = took.as_secs_f64(), "a request was answered"));
    counter!("syncapp_api_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    histogram!("syncapp_api_request_seconds", "method" => method, "route" => route).record(took);
    answer
}

/// A method as a label: callers may send any word.
fn word(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}
