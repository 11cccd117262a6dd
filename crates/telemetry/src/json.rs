//! Logs as JSON: an object a line, with what the spans around an event know (run, stream, request) and the ids of its trace.

use std::fmt::Debug;
use std::io::Write;
use std::time::SystemTime;

use opentelemetry::Context as Traced;
use opentelemetry::trace::TraceContextExt as _;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Writes events.
pub(crate) struct Json<W> {
    /// Where to.
    pub(crate) writer: W,
}

/// What a span was given.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        // Names such as `otel.kind` are for traces.
        if !field.name().contains('.') {
            self.0.insert(field.name().to_owned(), value.into());
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
}

impl<S, W> Layer<S> for Json<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> tracing_subscriber::fmt::MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Map::new();
        let time = jiff::Timestamp::try_from(SystemTime::now()).map(|now| now.to_string());
        line.insert("time".into(), time.unwrap_or_default().into());
        line.insert("level".into(), metadata.level().as_str().to_lowercase().into());
        line.insert("target".into(), metadata.target().into());
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = fields.0.remove("message").unwrap_or_default();
        line.insert("message".into(), message);
        let spans = context.event_scope(event).into_iter().flatten();
        let spans = spans.filter_map(|span| Some(span.extensions().get::<Fields>()?.0.clone()));
        for (name, value) in fields.0.into_iter().chain(spans.flatten()) {
            // The innermost span that knows it is right.
            line.entry(name).or_insert(value);
        }
        let traced = Traced::current();
        let span = traced.span();
        let trace = span.span_context();
        if trace.is_valid() {
            line.insert("trace_id".into(), trace.trace_id().to_string().into());
            line.insert("span_id".into(), trace.span_id().to_string().into());
        }
        // Nobody can be told that standard error is closed.
        let _ = writeln!(self.writer.make_writer(), "{}", Value::Object(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt as _;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_knows_what_its_spans_know() {
        let written = Written::default();
        let writer = {
            let written = written.clone();
            move || written.clone()
        };
        let subscriber = tracing_subscriber::registry().with(Json { writer });
        tracing::subscriber::with_default(subscriber, || {
            let _outer =
                tracing::info_span!("request", request = "r1", stream = "outer", otel.kind = "server").entered();
            let _inner = tracing::info_span!("attempt", run = %"a\r\nb", stream = "inner").entered();
            tracing::warn!(error = %"it \"broke\"\n", rows = 3_u64, "line one\nline two");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let mut line: Value = serde_json::from_str(&text).unwrap();
        let time = line["time"].take();
        assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
        let expected = serde_json::json!({
            "time": null, "level": "warn", "target": "syncapp_telemetry::json::tests", "message": "line one\nline two",
            "error": "it \"broke\"\n", "rows": 3, "run": "a\r\nb", "stream": "inner", "request": "r1",
        });
        assert_eq!(line, expected);
    }
}
