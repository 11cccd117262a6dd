//! `/metrics`, `/healthz` and `/readyz`: what monitoring asks, on an address of its own.
//!
//! Whoever reaches the address may ask: it says nothing of anybody's data, and is not for the open network.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::time::timeout;

/// How long the look at what the process needs may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a process needs to be of use.
#[async_trait]
pub trait Ready: Send + Sync {
    /// What it needs, and whether it is there.
    async fn ready(&self) -> Vec<(&'static str, bool)>;
}

#[derive(Clone)]
struct Asked {
    prometheus: Option<PrometheusHandle>,
    ready: Arc<dyn Ready>,
}

pub(crate) async fn answer(
    listener: TcpListener,
    prometheus: Option<PrometheusHandle>,
    ready: Arc<dyn Ready>,
) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .with_state(Asked { prometheus, ready });
    axum::serve(listener, routes).await
}

async fn metrics(State(asked): State<Asked>) -> impl IntoResponse {
    let text = asked.prometheus.map(|prometheus| prometheus.render());
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text.unwrap_or_default(),
    )
}

async fn readyz(State(asked): State<Asked>) -> impl IntoResponse {
    let Ok(needed) = timeout(PATIENCE, asked.ready.ready()).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "no answer in time\n".to_owned());
    };
    let mut text = String::new();
    for (what, is_there) in &needed {
        // A text takes whatever is written to it.
        let _ = writeln!(text, "{what}: {}", if *is_there { "ok" } else { "unreachable" });
    }
    if needed.iter().all(|(_, is_there)| *is_there) {
        return (StatusCode::OK, text);
    }
    (StatusCode::SERVICE_UNAVAILABLE, text)
}
