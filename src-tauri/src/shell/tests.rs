use std::fs;
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

/// Works until runs have ended, and says how.
async fn carried(desk: &Desk, runs: &[String]) -> Vec<Value> {
    let telemetry = Telemetry::start(&Config::default()).unwrap();
    let stop = Signal::new();
    let all_ended = async {
        let mut all = Vec::new();
        for run in runs {
            all.push(ended(desk, run).await);
        }
        stop.raise();
        all
    };
    let (all, worked) = tokio::join!(all_ended, Box::pin(desk.work(&telemetry, &stop)));
    worked.unwrap();
    all
}

async fn start(desk: &Desk, path: &str) -> String {
    let (status, started) = ask(desk, Method::POST, path, Some(json!({}))).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{started}");
    started["run"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_is_there_once_and_runs_whoever_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();

    // Asked for, and closed before anything was done.
    let run = {
        let shell = open(folder.path()).await;
        let (status, shown) = ask(&shell.desk, Method::GET, PROJECT, None).await;
        assert_eq!((status, &shown["version"]), (StatusCode::OK, &json!(1)), "{shown}");
        start(&shell.desk, SYNC).await
    };

    // It goes on, and all comes to rest.
    let shell = open(folder.path()).await;
    let (_, shown) = ask(&shell.desk, Method::GET, PROJECT, None).await;
    assert_eq!(shown["version"], 1, "it is not put in twice");
    let ended = carried(&shell.desk, &[run]).await.remove(0);
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

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_holds_in_the_files_that_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    fs::write(folder.path().join("preferences.json"), r#"{ "environment": " dev " }"#).unwrap();
    let shell = open(folder.path()).await;
    let mut runs = Vec::new();
    for (project, environment) in [("shop", "dev"), ("store", "prod")] {
        let file = include_str!("../../../examples/quickstart/quickstart.yaml")
            .replace("project: quickstart", &format!("project: {project}"))
            .replace("path: ./out", "path: ./quickstart");
        let overlay = format!("connections: {{ warehouse: {{ path: ./{environment}.db }} }}");
        let file = format!("{file}\nenvironments:\n  {environment}:\n    {overlay}\n");
        let path = format!("/api/v1/projects/{project}");
        let push = json!({ "file": file, "name": "shop.yaml" });
        let (status, shown) = ask(&shell.desk, Method::PUT, &path, Some(push)).await;
        assert!(status.is_success(), "{shown}");
        runs.push(start(&shell.desk, &format!("{path}/syncs/flights/runs")).await);
    }
    for ended in carried(&shell.desk, &runs).await {
        assert_eq!(ended["state"], "done", "{ended}");
    }
    assert!(folder.path().join("dev.db").exists());
    assert!(
        folder.path().join("quickstart/flights.db").exists(),
        "without `dev`, as it is"
    );
    assert!(!folder.path().join("prod.db").exists());
}
