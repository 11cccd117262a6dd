//! The interface: the one of this process as the local user, or a stored agent's. Bodies of answers are pulled.

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use serde::Serialize;
use tauri::State;
use tauri::ipc::Response;

use super::Answer;
use crate::request::Asked;
use crate::shell::Shell;

/// How an answer begins.
#[derive(Serialize)]
pub(crate) struct Begun {
    status: u16,
    headers: Vec<(String, String)>,
    /// What its body is pulled by; nothing where it has none.
    body: Option<u32>,
}

#[tauri::command]
pub(crate) async fn ask(
    shell: State<'_, Shell>,
    agent: Option<String>,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
) -> Answer<Begun> {
    let asked = Asked::new(&method, &path, &headers)?;
    match agent {
        None => {
            let mut request = Request::new(body.map_or_else(Body::empty, Body::from));
            *request.method_mut() = asked.method;
            *request.uri_mut() = asked.path;
            *request.headers_mut() = asked.headers;
            let answer = Box::pin(shell.desk.ask(request)).await;
            Ok(Begun {
                status: answer.status().as_u16(),
                headers: told(answer.headers()),
                body: shell.bodies.here(answer.into_body()),
            })
        }
        Some(agent) => {
            let way = shell.preferences.way();
            let answer = shell.agents.ask(&agent, asked, body, &way).await?;
            Ok(Begun {
                status: answer.status().as_u16(),
                headers: told(answer.headers()),
                body: shell.bodies.elsewhere(answer),
            })
        }
    }
}

/// The next piece of a body: bytes, or none at its end.
#[tauri::command]
pub(crate) async fn pull(shell: State<'_, Shell>, body: u32) -> Answer<Response> {
    let piece = shell.bodies.pull(body).await?;
    Ok(Response::new(piece.to_vec()))
}

#[tauri::command]
pub(crate) fn leave(shell: State<'_, Shell>, body: u32) {
    shell.bodies.leave(body);
}

/// What a page is told of an answer's headers: no cookie, whoever wants one kept.
fn told(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = headers.iter().filter(|(name, _)| *name != SET_COOKIE);
    shown
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}
