//! The first start: a project that runs in one click, where there is none.

use std::fs;
use std::path::Path;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Value, json};
use syncapp::desk::Desk;
use syncapp_model::{Code, Error, Result};

/// What the project, its folder and its file are called.
const NAME: &str = "quickstart";
/// The quick start of the command line. Its files are in a folder `out` there.
const FILE: &str = include_str!("../../examples/quickstart/quickstart.yaml");
const FLIGHTS: &[u8] = include_bytes!("../../examples/quickstart/data/evening.csv");
/// The longest answer that is read.
const LONGEST: usize = 1 << 20;

/// Puts the quick start into a folder without a project. Nothing runs.
pub(crate) async fn fill(desk: &Desk, folder: &Path) -> Result<()> {
    #[derive(Deserialize)]
    struct Projects {
        items: Vec<Value>,
    }
    let Projects { items } = ask(desk, Method::GET, "/api/v1/projects?limit=1", Body::empty()).await?;
    if !items.is_empty() {
        return Ok(());
    }
    let data = folder.join(NAME);
    let written = fs::create_dir_all(&data).and_then(|()| fs::write(data.join("flights.csv"), FLIGHTS));
    written.map_err(|problem| {
        let error = Error::new(Code::UnreadableFile, "the quick start's data cannot be written");
        error
            .file(data.display())
            .help("make the folder writable")
            .driver(problem)
    })?;
    let push = json!({ "file": file(), "name": format!("{NAME}.yaml") });
    let path = format!("/api/v1/projects/{NAME}");
    let _: Value = ask(desk, Method::PUT, &path, Body::from(push.to_string())).await?;
    Ok(())
}

/// The file, as it runs in the folder of data.
fn file() -> String {
    FILE.replace("path: ./out", &format!("path: ./{NAME}"))
}

async fn ask<T: serde::de::DeserializeOwned>(desk: &Desk, method: Method, path: &str, body: Body) -> Result<T> {
    let odd = |problem: &dyn std::fmt::Display| Error::internal("the quick start cannot be put in").driver(problem);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|problem| odd(&problem))?;
    let answer = desk.ask(request).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), LONGEST)
        .await
        .map_err(|problem| odd(&problem))?;
    if !status.is_success() {
        return Err(odd(&String::from_utf8_lossy(&body)));
    }
    serde_json::from_slice(&body).map_err(|problem| odd(&problem))
}
