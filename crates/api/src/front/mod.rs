//! The front door: what a browser is given at this agent's address, outside `/api`.
//!
//! Invariants:
//! - Only files that were built into the program are given, by their exact names: no path leads to a disk.
//! - Each page has a nonce of its own. Browsers ask for it anew each time, since one that is remembered would come with an old nonce.
//! - A path that our pages do not spell in this way is not there. None of them is a second way to `/api`.
//! - What a page loads is a file or nothing: only whoever goes to a place called like one is given the page.
//! - Nobody has to be known here, and nothing of anybody is told.

mod file;
mod page;
mod path;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use syncapp_control::Random;

use crate::problem::{no_method, no_route};
pub use file::Asset;
use file::File;
use page::Page;

/// The file that is the page, wherever in it somebody is.
const INDEX: &str = "index.html";

/// What a browser is given.
#[derive(Clone)]
pub struct Front(Arc<Built>);

struct Built {
    files: HashMap<String, File>,
    page: Page,
    /// Whether the page finds by itself what a path means.
    routes: bool,
}

impl Front {
    /// These files. Where no page is among them a plain one leads to the description of the interface.
    pub fn new(assets: Vec<Asset>) -> Self {
        let is_page = |asset: &Asset| asset.path == INDEX;
        let page = assets.iter().find(|asset| is_page(asset));
        let page = page.map(|asset| Page::new(&String::from_utf8_lossy(&asset.bytes)));
        let files = assets.into_iter().filter(|asset| !is_page(asset));
        let files = files.map(|asset| (asset.path.to_string(), File::new(asset)));
        Self(Arc::new(Built {
            files: files.collect(),
            routes: page.is_some(),
            page: page.unwrap_or_else(Page::plain),
        }))
    }

    fn answer(&self, method: &Method, path: &str, asked: &HeaderMap, random: &dyn Random) -> Option<Response> {
        let Built { files, page, routes } = &*self.0;
        let name = path.strip_prefix('/')?;
        if *method != Method::GET && *method != Method::HEAD {
            return None;
        }
        let is_page = || name.is_empty() || name == INDEX || (*routes && path::is_place(path, self.goes(name, asked)));
        match files.get(name) {
            Some(file) => Some(file.answer(asked)),
            None => is_page().then(|| page.answer(random)),
        }
    }

    /// Whether a browser goes there, and a page does not just want a file. Where files are, there is nothing else.
    fn goes(&self, name: &str, asked: &HeaderMap) -> bool {
        let folder = |name: &str| name.split_once('/').map(|(folder, _)| folder.to_owned());
        let is_files = || self.0.files.keys().any(|file| folder(file) == folder(name));
        let takes = asked.get_all(ACCEPT).iter().filter_map(|takes| takes.to_str().ok());
        takes.into_iter().any(|takes| takes.contains("text/html")) && !is_files()
    }

    fn has(&self, path: &str) -> bool {
        let name = path.strip_prefix('/').unwrap_or(path);
        self.0.files.contains_key(name) || name.is_empty() || name == INDEX
    }
}

/// What the door needs.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) front: Front,
    pub(crate) random: Arc<dyn Random>,
}

/// Answers whatever is not asked of the interface.
pub(crate) async fn door(State(door): State<Door>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path::is_api(path) {
        return next.run(request).await;
    }
    let answer = door
        .front
        .answer(request.method(), path, request.headers(), &*door.random);
    match answer {
        Some(answer) => answer,
        None if door.front.has(path) => {
            let looking = HeaderValue::from_static("GET, HEAD");
            ([(ALLOW, looking)], no_method().await).into_response()
        }
        None => no_route().await.into_response(),
    }
}

#[cfg(test)]
mod tests;
