//! One run's trace arrives whole: from the call of the API through the broker to the last commit on another process.

use syncapp_tests::fleet::{Fleet, Servers};
use syncapp_tests::server::collector::{Collector, Kept, Span};
use syncapp_tests::syncapp::Syncapp;

use super::CANARY;

const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_from_the_call_to_the_commit() {
    let (servers, collector) = (Servers::start().await, Collector::start().await);
    let database = servers.postgres.database().await;
    database
        .run("create table public.t (id int primary key); insert into public.t select generate_series(1, 100)")
        .await;
    let furnish = |syncapp: &mut Syncapp| {
        syncapp.set("READER", &database.reader.url());
        syncapp.set("WRITER", &database.writer.url());
        syncapp.set("OTEL_BSP_SCHEDULE_DELAY", "200");
        syncapp.set("OTEL_BLRP_SCHEDULE_DELAY", "200");
        syncapp.set("OTEL_METRIC_EXPORT_INTERVAL", "1000");
        syncapp.set("SYNCAPP_SECRET_COLLECTOR", &format!("authorization=Bearer {CANARY}"));
    };
    let settings = format!(
        "variables = [\"READER\", \"WRITER\"]\ntelemetry.otlp = {{ endpoint = \"{}\", headers = \"secret://collector\" }}",
        collector.url()
    );
    let fleet = Fleet::start(servers, &["api", "scheduler", "worker"], &settings, furnish).await;
    let agent = &fleet.members[0];
    let file = "version: 1\nconnections:\n  from: { connector: postgres, url: \"${READER}\" }\n  to: { connector: postgres, \
                url: \"${WRITER}\" }\nsyncs:\n  s:\n    source: from\n    destination: to\n    streams:\n      public.t: { into: \
                landing.t }\n";
    agent.push("p", file, None).await.done();
    let started = reqwest::Client::new()
        .post(format!("{}/api/v1/projects/p/syncs/s/runs", agent.url()))
        .bearer_auth(agent.token())
        .header("traceparent", CALLER)
        .json(&serde_json::json!({}))
        .send()
        .await
        .unwrap();
    let request = started.headers()["x-request-id"].to_str().unwrap().to_owned();
    let started: serde_json::Value = started.json().await.unwrap();
    let run = started["run"].as_str().unwrap();
    assert_eq!(agent.over(run).await["state"], "done");
    let trace = CALLER.split('-').nth(1).unwrap();
    let has = |kept: &Kept, name: &str| kept.spans.iter().any(|span| span.trace == trace && span.name == name);
    // A span is sent when it has ended: the outermost ones last.
    let kept = collector
        .until(|kept| {
            ["request", "submit", "publish", "claim", "attempt", "commit"]
                .iter()
                .all(|name| has(kept, name))
        })
        .await;
    let spans: Vec<&Span> = kept.spans.iter().filter(|span| span.trace == trace).collect();
    let path = path(&spans, "commit");
    assert_eq!(
        path,
        ["request", "submit", "publish", "claim", "attempt", "stream", "commit"]
    );
    for (inner, outer) in [("read", "stream"), ("write", "stream")] {
        assert_eq!(self::path(&spans, inner).iter().rev().nth(1).unwrap(), outer);
    }
    let span = |name: &str| *spans.iter().find(|span| span.name == name).unwrap();
    assert_eq!(span("request").parent, CALLER.split('-').nth(2).unwrap());
    let known = |span: &Span, key: &str| {
        let found = span.attributes.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(known(span("request"), "request"), request);
    assert_eq!(known(span("attempt"), "run"), run);
    assert_eq!(known(span("attempt"), "stream"), "public.t");
    assert_eq!(known(span("commit"), "rows"), "100");
    let processes = [span("request"), span("publish"), span("commit")].map(|span| span.process.clone());
    assert!(processes[0] != processes[1] && processes[1] != processes[2] && processes[0] != processes[2]);
    let kept = collector
        .until(|kept| {
            [
                "syncapp_runs_started_total",
                "syncapp_rows_read_total",
                "syncapp_queue_depth",
            ]
            .iter()
            .all(|name| kept.metrics.iter().any(|metric| metric == name))
        })
        .await;
    assert!(kept.shown.iter().all(|shown| *shown == format!("Bearer {CANARY}")));
    assert!(!kept.shown.is_empty());
    assert!(
        !String::from_utf8_lossy(&kept.bytes).contains("canary"),
        "a secret was sent"
    );
    for member in &fleet.members {
        assert!(
            !member.syncapp().said().contains("canary"),
            "{}",
            member.syncapp().said()
        );
    }
}

/// The names of a span and of all that caused it, the first cause first.
fn path(spans: &[&Span], name: &str) -> Vec<String> {
    let mut path = Vec::new();
    let mut next = spans.iter().find(|span| span.name == name);
    while let Some(span) = next {
        path.insert(0, span.name.clone());
        next = spans.iter().find(|cause| cause.id == span.parent);
    }
    path
}
