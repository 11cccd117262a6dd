use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use syncapp_control::Signal;
use syncapp_telemetry::{Config, Telemetry};

use super::*;

const PROJECT: &str = "/api/v1/projects/quickstart";
const SYNC: &str = "/api/v1/projects/quickstart/syncs/flights/runs";
/// How long a run may take.
const PATIENCE: Duration = Duration::from_mins(1);

async fn open(folder: &Path) -> Shell {
    Shell::open(folder, Preferences::open(folder).unwrap()).await.unwrap()
}

async fn ask(desk: &Desk, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let answer = desk.ask(request.body(body).unwrap()).await;
    let status = answer.status();
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Waits until a run has ended, and says how.
async fn ended(desk: &Desk, run: &str) -> Value {
    let begun = Instant::now();
    loop {
        let (_, shown) = ask(desk, Method::GET, &format!("/api/v1/runs/{run}"), None).await;
        if ["done", "partial", "failed", "cancelled"].contains(&shown["state"].as_str().unwrap()) {
            return shown;
        }
        assert!(begun.elapsed() < PATIENCE, "{shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_is_there_once_and_runs_whoever_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let telemetry = Telemetry::start(&Config::default()).unwrap();

    // Asked for, and closed before anything was done.
    let run = {
        let shell = open(folder.path()).await;
        let (status, shown) = ask(&shell.desk, Method::GET, PROJECT, None).await;
        assert_eq!((status, &shown["version"]), (StatusCode::OK, &json!(1)), "{shown}");
        let (status, started) = ask(&shell.desk, Method::POST, SYNC, Some(json!({}))).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{started}");
        started["run"].as_str().unwrap().to_owned()
    };

    // It goes on, and all comes to rest.
    let shell = open(folder.path()).await;
    let (_, shown) = ask(&shell.desk, Method::GET, PROJECT, None).await;
    assert_eq!(shown["version"], 1, "it is not put in twice");
    let stop = Signal::new();
    let (ended, worked) = tokio::join!(
        async {
            let ended = ended(&shell.desk, &run).await;
            stop.raise();
            ended
        },
        Box::pin(shell.desk.work(&telemetry, &stop))
    );
    worked.unwrap();
    assert_eq!(ended["state"], "done", "{ended}");
    assert!(folder.path().join("quickstart/flights.db").exists());
    let rows = include_str!("../../../examples/quickstart/data/evening.csv")
        .lines()
        .count()
        - 1;
    assert_eq!(
        ended["streams"][0]["rows_committed"],
        json!(rows.to_string()),
        "{ended}"
    );
}
