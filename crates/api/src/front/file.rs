//! A file as it is given: in the form and the encoding that a browser takes, and for as long as its name holds.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use crate::condition::tagged;

/// Where names have a hash of what they hold in them.
const HASHED: &str = "assets/";
/// A year: another file has another name.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// What files are, by the ends of their names.
const FORMS: [(&str, &str); 12] = [
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("webmanifest", "application/manifest+json"),
    ("woff2", "font/woff2"),
    ("xml", "application/xml"),
];

/// One file of the built front end.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its name below `/`.
    pub path: Cow<'static, str>,
    /// What it holds.
    pub bytes: Bytes,
    /// The same by gzip, where that is worth it.
    pub gzip: Option<Bytes>,
}

pub(super) struct File {
    asset: Asset,
    form: HeaderValue,
    tag: String,
}

impl File {
    pub(super) fn new(asset: Asset) -> Self {
        let form = form(&asset.path).unwrap_or("application/octet-stream");
        Self {
            form: HeaderValue::from_static(form),
            tag: hex::encode(&Sha256::digest(&asset.bytes)[..16]),
            asset,
        }
    }

    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let zipped = self.asset.gzip.as_ref().filter(|_| takes_gzip(asked));
        let (bytes, tag) = match zipped {
            Some(zipped) => (zipped, format!("{}-gzip", self.tag)),
            None => (&self.asset.bytes, self.tag.clone()),
        };
        let mut answer = tagged(asked, &tag, bytes.clone().into_response());
        let has_body = answer.status().is_success();
        let headers = answer.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if has_body {
            headers.insert(CONTENT_TYPE, self.form.clone());
            if zipped.is_some() {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        if self.asset.path.starts_with(HASHED) {
            headers.insert(CACHE_CONTROL, FOREVER);
        }
        answer
    }
}

/// What a file of that name is, if the web knows such files.
pub(super) fn form(name: &str) -> Option<&'static str> {
    let (_, end) = name.rsplit_once('.')?;
    let known = FORMS.iter().find(|(known, _)| end.eq_ignore_ascii_case(known));
    known.map(|(_, form)| *form)
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let lines = asked.get_all(ACCEPT_ENCODING).iter();
    let mut ways = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    ways.any(|way| {
        let mut parts = way.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        is_gzip && weight.is_none_or(|weight| weight.parse().is_ok_and(|weight: f32| weight > 0.0))
    })
}
