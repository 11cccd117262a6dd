//! Who hears of spans and events.

use std::io::{IsTerminal as _, stderr};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::export::{Exporters, resource};
use crate::json::Json;
use crate::lines::Lines;
use crate::{Config, LogFormat};

/// Begins to listen.
pub(crate) fn install(config: &Config, exporters: Option<&Exporters>) {
    let filter = || config.log_filter.made();
    let log: Box<dyn Layer<Registry> + Send + Sync> = match config.log_format {
        LogFormat::Text => {
            let colours = stderr().is_terminal();
            let lines = fmt::layer()
                .with_ansi(colours)
                .with_writer(move || Lines::new(stderr(), colours));
            lines.with_filter(filter()).boxed()
        }
        // What a warning belongs to is known by spans that are no warnings.
        LogFormat::Json => Json { writer: stderr }
            .with_filter(filter().or(filter_fn(|metadata| metadata.is_span() && is_ours(metadata))))
            .boxed(),
    };
    // Lines of JSON name their traces, whether or not these are sent.
    let traces = exporters.and_then(|exporters| exporters.traces.clone());
    let traces = traces.or_else(|| {
        let untold = || SdkTracerProvider::builder().with_resource(resource(config)).build();
        (config.log_format == LogFormat::Json).then(untold)
    });
    let traces = traces.map(|provider| {
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("syncapp"));
        layer
            .with_location(false)
            .with_threads(false)
            .with_filter(filter_fn(is_ours))
    });
    let logs = exporters.and_then(|exporters| exporters.logs.as_ref());
    let logs = logs.map(|provider| OpenTelemetryTracingBridge::new(provider).with_filter(filter_fn(is_ours)));
    let listening = tracing_subscriber::registry().with(log).with(traces).with(logs);
    // Somebody who listens already goes on.
    let _ = listening.try_init();
}

/// What is said by us, and matters to others.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("syncapp") && *metadata.level() <= Level::INFO
}
