//! Traces, figures and logs on their way to a collector: OTLP as protobuf over HTTP.
//!
//! The standard variables hold: `OTEL_EXPORTER_OTLP_…`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`,
//! `OTEL_TRACES_EXPORTER=none` and its like, `OTEL_BSP_…`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;

use crate::{Config, Otlp, Problem};

/// How long the rest may take to be sent when the process ends.
const REST: Duration = Duration::from_secs(5);
/// How long a request may take.
const REQUEST: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const ANSWER: usize = 1 << 20;

/// The ways to the collector; `None` where one was turned off.
pub(crate) struct Exporters {
    pub(crate) traces: Option<SdkTracerProvider>,
    pub(crate) metrics: Option<SdkMeterProvider>,
    pub(crate) logs: Option<SdkLoggerProvider>,
}

impl Exporters {
    pub(crate) fn open(otlp: &Otlp, config: &Config) -> Result<Self, Problem> {
        if variable("OTEL_EXPORTER_OTLP_PROTOCOL").is_some_and(|protocol| protocol != "http/protobuf") {
            return Err(Problem(
                "OTEL_EXPORTER_OTLP_PROTOCOL can only be `http/protobuf`".into(),
            ));
        }
        let way = Way::new(otlp)?;
        let resource = resource(config);
        let failed = |problem: ExporterBuildError| Problem(problem.to_string());
        let traces = is_on("TRACES").then(|| way.to(SpanExporter::builder().with_http(), "TRACES", "traces").build());
        let metrics = is_on("METRICS").then(|| {
            way.to(MetricExporter::builder().with_http(), "METRICS", "metrics")
                .build()
        });
        let logs = is_on("LOGS").then(|| way.to(LogExporter::builder().with_http(), "LOGS", "logs").build());
        let traces = traces.transpose().map_err(failed)?.map(|exporter| {
            let provider = SdkTracerProvider::builder().with_resource(resource.clone());
            provider.with_batch_exporter(exporter).build()
        });
        let metrics = metrics.transpose().map_err(failed)?.map(|exporter| {
            let provider = SdkMeterProvider::builder().with_resource(resource.clone());
            provider.with_periodic_exporter(exporter).build()
        });
        let logs = logs.transpose().map_err(failed)?.map(|exporter| {
            let provider = SdkLoggerProvider::builder().with_resource(resource.clone());
            provider.with_batch_exporter(exporter).build()
        });
        Ok(Self { traces, metrics, logs })
    }

    pub(crate) fn meter(&self) -> Option<Meter> {
        self.metrics.as_ref().map(|provider| provider.meter("syncapp"))
    }

    /// Sends the rest. The providers wait for threads of their own, which wait for the runtime: so not on one of its threads.
    pub(crate) async fn close(self) {
        let closing = tokio::task::spawn_blocking(move || {
            let Self { traces, metrics, logs } = self;
            // What cannot be sent now is lost: nobody is left who could send it later.
            drop(traces.map(|provider| provider.shutdown_with_timeout(REST)));
            drop(metrics.map(|provider| provider.shutdown_with_timeout(REST)));
            drop(logs.map(|provider| provider.shutdown_with_timeout(REST)));
        });
        drop(tokio::time::timeout(REST, closing).await);
    }
}

/// Who speaks. What the variables say goes first.
pub(crate) fn resource(config: &Config) -> Resource {
    let told = Resource::builder().build();
    let name = told.get(&"service.name".into()).map(|name| name.to_string());
    let builder = Resource::builder().with_attributes([
        KeyValue::new("service.version", config.version.clone()),
        KeyValue::new("service.instance.id", config.instance.clone()),
    ]);
    match name.filter(|name| !name.starts_with("unknown_service")) {
        Some(name) => builder.with_service_name(name).build(),
        None => builder.with_service_name("syncapp").build(),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn is_on(signal: &str) -> bool {
    variable(&format!("OTEL_{signal}_EXPORTER")).is_none_or(|exporter| exporter != "none")
}

/// How requests get to the collector.
struct Way {
    endpoint: Option<String>,
    headers: HashMap<String, String>,
    client: Arc<Client>,
}

impl Way {
    fn new(otlp: &Otlp) -> Result<Self, Problem> {
        let headers = otlp.headers.as_deref().unwrap_or_default().split(',').map(str::trim);
        let headers = headers.filter(|header| !header.is_empty()).map(|header| {
            let (name, value) = header.split_once('=')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        });
        let headers: Option<HashMap<_, _>> = headers.collect();
        let headers = headers.ok_or_else(|| Problem("a header for telemetry is not written as `name=value`".into()))?;
        let client = reqwest::Client::builder()
            .timeout(REQUEST)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|problem| Problem(problem.to_string()))?;
        Ok(Self {
            endpoint: otlp.endpoint.clone(),
            headers,
            client: Arc::new(Client {
                inner: client,
                runtime: Handle::current(),
                is_failing: AtomicBool::new(false),
            }),
        })
    }

    fn to<B: WithExportConfig + WithHttpConfig>(&self, builder: B, signal: &str, path: &str) -> B {
        let says = |what: &str| {
            variable(&format!("OTEL_EXPORTER_OTLP_{what}")).is_some()
                || variable(&format!("OTEL_EXPORTER_OTLP_{signal}_{what}")).is_some()
        };
        let mut builder = builder
            .with_protocol(Protocol::HttpBinary)
            .with_shared_http_client(self.client.clone());
        if let Some(endpoint) = self.endpoint.as_ref().filter(|_| !says("ENDPOINT")) {
            builder = builder.with_endpoint(format!("{}/v1/{path}", endpoint.trim_end_matches('/')));
        }
        if !self.headers.is_empty() && !says("HEADERS") {
            builder = builder.with_headers(self.headers.clone());
        }
        builder
    }
}

/// Sends from the exporters' own threads through the process's runtime, and says once when that fails.
#[derive(Debug)]
struct Client {
    inner: reqwest::Client,
    runtime: Handle,
    is_failing: AtomicBool,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.inner.clone();
        let sent = self.runtime.spawn(send(client, request)).await?;
        let failed = match &sent {
            Ok(answer) => (!answer.status().is_success()).then(|| answer.status().to_string()),
            Err(problem) => Some(problem.to_string()),
        };
        if self.is_failing.swap(failed.is_some(), Ordering::Relaxed) != failed.is_some() {
            match failed {
                Some(why) => tracing::warn!(why, "telemetry cannot be sent; what is too much to be kept is dropped"),
                None => tracing::info!("telemetry can be sent again"),
            }
        }
        sent
    }
}

async fn send(client: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let mut answer = client
        .execute(request.try_into()?)
        .await
        .map_err(reqwest::Error::without_url)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Vec::new();
    while let Some(more) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + more.len() > ANSWER {
            return Err("the collector's answer is too long".into());
        }
        body.extend_from_slice(&more);
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
