//! What a process tells about itself: logs, traces and figures. It uses nothing of ours: a host plugs it in, and what is measured
//! goes through the facades `tracing`, `metrics` and `opentelemetry`.
//!
//! ```text
//!   metrics::counter! ─► Capped ─┬─► Prometheus ─► GET /metrics
//!                                └─► OTLP
//!   tracing spans ──────────────────► OTLP
//!   tracing events ─┬─► standard error, as text or JSON
//!                   └─► OTLP
//! ```
//!
//! Invariants:
//! - Nothing leaves the process that was not asked for: without an address and an endpoint there are only logs.
//! - The number of series of a metric is bounded, whatever names users give ([`capped`]); what is told for several of them is their sum,
//!   or the longest of their times ([`folded`]).
//! - A line of a log is one line: control characters are encoded.
//! - Whoever is measured never waits: what cannot be sent in time is dropped.

mod capped;
mod export;
mod fan;
mod filter;
mod folded;
mod json;
mod lines;
mod listener;
mod otlp;
mod process;
mod subscriber;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use tokio::net::TcpListener;

use capped::Capped;
use fan::Fan;

pub use filter::LogFilter;
pub use listener::Ready;
pub use otlp::Otlp;

/// How often the process's own figures are read.
const EVERY: Duration = Duration::from_secs(5);
/// After how long without news a gauge is told no more: what it was about may be gone.
const STALE: Duration = Duration::from_mins(1);
/// The bounds of histograms, in seconds.
pub(crate) const SECONDS: &[f64] = &[
    0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0,
];

/// How logs look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// What is told, and to whom.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// How logs look.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_filter: LogFilter,
    /// Where Prometheus asks.
    pub listen: Option<SocketAddr>,
    /// Where telemetry is sent.
    pub otlp: Option<Otlp>,
    /// What the process is called.
    pub instance: String,
    /// The program's version.
    pub version: String,
}

/// Why telemetry cannot begin.
#[derive(Debug)]
pub struct Problem(pub(crate) String);

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

/// A process's telemetry, as long as it goes on.
pub struct Telemetry {
    prometheus: Option<PrometheusHandle>,
    exporters: Option<export::Exporters>,
}

impl Telemetry {
    /// Begins. It is called once, in a runtime of tokio.
    pub fn start(config: &Config) -> Result<Self, Problem> {
        let exporters = config.otlp.as_ref().map(|otlp| export::Exporters::open(otlp, config));
        let exporters = exporters.transpose()?;
        subscriber::install(config, exporters.as_ref());
        let prometheus = config.listen.map(|_| prometheus()).transpose()?;
        let handle = prometheus
            .as_ref()
            .map(metrics_exporter_prometheus::PrometheusRecorder::handle);
        let meters = exporters
            .as_ref()
            .and_then(export::Exporters::meter)
            .map(otlp::Meters::new);
        let told = Fan { prometheus, meters };
        if !told.is_empty() {
            metrics::set_global_recorder(Capped::new(told)).map_err(|problem| Problem(problem.to_string()))?;
            process::describe();
        }
        Ok(Self {
            prometheus: handle,
            exporters,
        })
    }

    /// Whether anybody hears of figures.
    pub fn measures(&self) -> bool {
        self.prometheus.is_some()
            || self
                .exporters
                .as_ref()
                .is_some_and(|exporters| exporters.meter().is_some())
    }

    /// Reads the process's figures, for ever.
    pub async fn keep(&self) {
        if !self.measures() {
            return std::future::pending().await;
        }
        loop {
            process::read();
            if let Some(prometheus) = &self.prometheus {
                prometheus.run_upkeep();
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Answers `/metrics`, `/healthz` and `/readyz`, for ever.
    pub async fn answer(&self, listener: TcpListener, ready: Arc<dyn Ready>) -> std::io::Result<()> {
        listener::answer(listener, self.prometheus.clone(), ready).await
    }

    /// Sends what is not sent yet, for a few seconds at most.
    pub async fn stop(self) {
        if let Some(exporters) = self.exporters {
            exporters.close().await;
        }
    }
}

fn prometheus() -> Result<metrics_exporter_prometheus::PrometheusRecorder, Problem> {
    let builder = PrometheusBuilder::new()
        .idle_timeout(MetricKindMask::GAUGE, Some(STALE))
        .set_buckets(SECONDS)
        .map_err(|problem| Problem(problem.to_string()))?;
    Ok(builder.build_recorder())
}
