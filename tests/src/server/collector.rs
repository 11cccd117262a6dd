//! A private receiver of OpenTelemetry's protocol: OTLP as protobuf over HTTP. It keeps what it is sent.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running receiver.
#[derive(Debug)]
pub struct Collector {
    address: String,
    kept: Arc<Mutex<Kept>>,
    _answering: AbortOnDropHandle<()>,
}

/// What was sent.
#[derive(Debug, Default, Clone)]
pub struct Kept {
    /// Spans that have ended.
    pub spans: Vec<Span>,
    /// Names of metrics.
    pub metrics: Vec<String>,
    /// What logs say, and their traces.
    pub logs: Vec<(String, String)>,
    /// All of it as it came.
    pub bytes: Vec<u8>,
    /// The headers `authorization` that came with it.
    pub shown: Vec<String>,
}

/// One step of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The trace.
    pub trace: String,
    /// Its name in it.
    pub id: String,
    /// The step that caused it; empty for the first.
    pub parent: String,
    /// What it did.
    pub name: String,
    /// Which process did it.
    pub process: String,
    /// What is known of it, as text.
    pub attributes: Vec<(String, String)>,
}

type Shared = State<Arc<Mutex<Kept>>>;

impl Collector {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let kept = Arc::<Mutex<Kept>>::default();
        let routes = Router::new()
            .route("/v1/traces", post(traces))
            .route("/v1/metrics", post(metrics))
            .route("/v1/logs", post(logs))
            .with_state(kept.clone());
        let answering = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("it answers");
        });
        Self {
            address: format!("http://{address}"),
            kept,
            _answering: AbortOnDropHandle::new(answering),
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.address
    }

    /// What was sent so far.
    pub fn kept(&self) -> Kept {
        lock(&self.kept).clone()
    }

    /// What was sent when something is so.
    pub async fn until(&self, so: impl Fn(&Kept) -> bool) -> Kept {
        let begun = Instant::now();
        loop {
            let kept = self.kept();
            if so(&kept) {
                return kept;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "it is still not so: {:#?}, {:?}, {:?}",
                kept.spans,
                kept.metrics,
                kept.logs
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().expect("nobody panics with it")
}

/// Reads a request, and keeps it as it came.
fn read<M: Message + Default>(kept: &mut Kept, headers: &HeaderMap, body: &Bytes) -> M {
    kept.bytes.extend_from_slice(body);
    let shown = headers.get("authorization").and_then(|shown| shown.to_str().ok());
    kept.shown.extend(shown.map(str::to_owned));
    assert_eq!(headers["content-type"], "application/x-protobuf");
    M::decode(body.clone()).expect("it is OTLP")
}

async fn traces(State(kept): Shared, headers: HeaderMap, body: Bytes) {
    let kept = &mut *lock(&kept);
    let request: ExportTraceServiceRequest = read(kept, &headers, &body);
    for sent in request.resource_spans {
        let process = process(sent.resource.as_ref());
        for span in sent.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            kept.spans.push(Span {
                trace: hex::encode(span.trace_id),
                id: hex::encode(span.span_id),
                parent: hex::encode(span.parent_span_id),
                name: span.name,
                process: process.clone(),
                attributes: span
                    .attributes
                    .iter()
                    .map(|pair| (pair.key.clone(), text(pair)))
                    .collect(),
            });
        }
    }
}

async fn metrics(State(kept): Shared, headers: HeaderMap, body: Bytes) {
    let kept = &mut *lock(&kept);
    let request: ExportMetricsServiceRequest = read(kept, &headers, &body);
    let scopes = request.resource_metrics.into_iter().flat_map(|sent| sent.scope_metrics);
    let names = scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name);
    kept.metrics.extend(names);
}

async fn logs(State(kept): Shared, headers: HeaderMap, body: Bytes) {
    let kept = &mut *lock(&kept);
    let request: ExportLogsServiceRequest = read(kept, &headers, &body);
    let scopes = request.resource_logs.into_iter().flat_map(|sent| sent.scope_logs);
    let records = scopes.flat_map(|scope| scope.log_records);
    let lines = records.map(|record| (value(record.body.as_ref()), hex::encode(&record.trace_id)));
    kept.logs.extend(lines);
}

fn process(resource: Option<&Resource>) -> String {
    let attributes = resource
        .map(|resource| resource.attributes.as_slice())
        .unwrap_or_default();
    let instance = attributes.iter().find(|pair| pair.key == "service.instance.id");
    instance.map(text).unwrap_or_default()
}

fn text(pair: &KeyValue) -> String {
    value(pair.value.as_ref())
}

fn value(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(is)) => is.to_string(),
        other => format!("{other:?}"),
    }
}
