//! A Prometheus asks an agent, and is asked.

use std::cell::RefCell;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::Value as Json;
use syncapp_tests::agent::Agent;
use syncapp_tests::server::port;
use syncapp_tests::server::prometheus::Prometheus;
use syncapp_tests::syncapp::Syncapp;

use super::CANARY;
use crate::agent::{copying, furnish};

/// The sum of what a query finds.
fn sum(found: &[(Json, f64)]) -> f64 {
    found.iter().map(|(_, value)| value).sum()
}

/// Whether that is its sum: all are whole numbers.
fn is_sum(found: &[(Json, f64)], expected: f64) -> bool {
    (sum(found) - expected).abs() < 0.5
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prometheus_asks_an_agent() {
    let at = format!("127.0.0.1:{}", port::free());
    let mut syncapp = Syncapp::default();
    furnish(&syncapp);
    syncapp.set("SYNCAPP_TOKEN", &format!("{CANARY}-{CANARY}"));
    let agent = Agent::started_with(syncapp, &format!("[telemetry]\nlisten = \"{at}\"")).await;
    let prometheus = Prometheus::start(std::slice::from_ref(&at)).await;
    agent.push("shop", &copying(""), None).await.done();
    let bad = copying("").replace("from.db", "missing.db");
    agent.push("bad", &bad, None).await.done();
    let mut code = String::new();
    for (project, state) in [("shop", "done"), ("shop", "done"), ("bad", "failed")] {
        let run = agent.run(project, "copy").await;
        let over = agent.over(&run).await;
        assert_eq!(over["state"], state);
        code = over["streams"][0]["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
    }
    assert!(!code.is_empty());
    agent.get("/projects/none-of-that-name").await;
    // Prometheus has the figures some time after the agent has them.
    let is = async |query: &str, expected: f64| {
        prometheus
            .until(query, |found| !found.is_empty() && is_sum(found, expected))
            .await
    };
    is(
        "syncapp_runs_started_total{project=\"shop\",sync=\"copy\",trigger=\"manual\"}",
        2.0,
    )
    .await;
    is("syncapp_runs_ended_total{project=\"shop\",state=\"done\"}", 2.0).await;
    is("syncapp_runs_ended_total{project=\"bad\",state=\"failed\"}", 1.0).await;
    is("syncapp_run_seconds_count", 3.0).await;
    is("syncapp_attempts_total{outcome=\"done\"}", 2.0).await;
    is("syncapp_rows_read_total{project=\"shop\"}", 4.0).await;
    is("syncapp_rows_written_total{project=\"shop\"}", 4.0).await;
    is("syncapp_rows_committed_total{project=\"shop\"}", 4.0).await;
    is("syncapp_attempts_total{outcome=\"failed\"}", 1.0).await;
    is("syncapp_attempt_seconds_count{outcome=\"done\"}", 2.0).await;
    is("syncapp_attempt_seconds_count{outcome=\"failed\"}", 1.0).await;
    is("syncapp_hints_total{outcome=\"confirmed\"}", 3.0).await;
    is(&format!("syncapp_errors_total{{code=\"{code}\"}}"), 1.0).await;
    is("syncapp_queue_depth{pool=\"default\"}", 0.0).await;
    is("syncapp_attempts_started_total", 3.0).await;
    is(
        "syncapp_api_requests_total{method=\"GET\",route=\"/api/v1/projects/{project}\",status=\"404\"}",
        1.0,
    )
    .await;
    is(
        "syncapp_api_request_seconds_count{method=\"GET\",route=\"/api/v1/projects/{project}\"}",
        1.0,
    )
    .await;
    for figure in [
        "syncapp_bytes_read_total{project=\"shop\",sync=\"copy\"}",
        "syncapp_attempt_seconds_sum{outcome=\"done\"}",
        "syncapp_api_request_seconds_sum",
    ] {
        prometheus.until(figure, |found| sum(found) > 0.0).await;
    }
    let lags = prometheus
        .until("syncapp_stream_lag_seconds", |found| !found.is_empty())
        .await;
    assert_eq!(lags.len(), 1, "only what has landed lags: {lags:?}");
    assert_eq!(lags[0].0["stream"], "t");
    assert!((0.0..120.0).contains(&lags[0].1), "{lags:?}");
    for figure in [
        "cpu_seconds_total",
        "resident_memory_bytes",
        "open_fds",
        "start_time_seconds",
    ] {
        prometheus
            .until(&format!("process_{figure}"), |found| sum(found) > 0.0)
            .await;
    }
    let text = get(&at, "/metrics").await.1;
    assert!(!text.contains("canary"), "{text}");
    assert!(!text.contains("none-of-that-name"), "no path is a label: {text}");
}

/// It is ready while what it needs is there, alive as long as it answers, and tells neither to whoever asks for more.
#[tokio::test(flavor = "multi_thread")]
async fn whether_it_is_ready() {
    use syncapp_tests::fleet::{Fleet, Servers};

    let [at, beside] = [(); 2].map(|()| format!("127.0.0.1:{}", port::free()));
    let places = RefCell::new(vec![beside.clone(), at.clone()]);
    let mut fleet = Fleet::start(Servers::start().await, &["api", "scheduler"], "", |syncapp| {
        let own = places.borrow_mut().pop().unwrap();
        syncapp.set("SYNCAPP_TELEMETRY_LISTEN", &own);
    })
    .await;
    assert_eq!(get(&at, "/healthz").await, (StatusCode::OK, "ok\n".into()));
    let ready = (StatusCode::OK, "store: ok\nqueue: ok\n".to_owned());
    for place in [&at, &beside] {
        assert_eq!(until(place, StatusCode::OK).await, ready.1);
    }
    assert_eq!(get(&at, "/api/v1/projects").await.0, StatusCode::NOT_FOUND);
    fleet.servers.broker.crash().await;
    assert_eq!(
        until(&at, StatusCode::SERVICE_UNAVAILABLE).await,
        "store: ok\nqueue: unreachable\n"
    );
    fleet.servers.postgres.crash();
    let text = until(&at, StatusCode::SERVICE_UNAVAILABLE).await;
    assert!(!text.contains("ok\nqueue: ok"), "{text}");
    assert_eq!(get(&at, "/healthz").await.0, StatusCode::OK);
    // Who keeps the times cannot: each of the steps fails, is counted, and is tried again.
    for step in ["tick", "relay", "sweep", "figures"] {
        let line = format!("syncapp_steps_failed_total{{step=\"{step}\"}} ");
        told(&beside, |text| text.contains(&line)).await;
    }
}

/// Waits until its figures are so.
async fn told(at: &str, so: impl Fn(&str) -> bool) {
    let mut text = String::new();
    for _ in 0..600 {
        text = get(at, "/metrics").await.1;
        if so(&text) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is never so: {text}");
}

async fn get(at: &str, path: &str) -> (StatusCode, String) {
    try_get(at, path).await.unwrap()
}

async fn try_get(at: &str, path: &str) -> reqwest::Result<(StatusCode, String)> {
    let answer = Client::new().get(format!("http://{at}{path}")).send().await?;
    Ok((answer.status(), answer.text().await?))
}

/// What is said of its readiness once it is that.
async fn until(at: &str, status: StatusCode) -> String {
    for _ in 0..600 {
        // It may not listen yet.
        match try_get(at, "/readyz").await {
            Ok((answered, text)) if answered == status => return text,
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is never {status}");
}
