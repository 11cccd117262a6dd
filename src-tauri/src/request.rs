//! What a page may ask for: the interface, and nothing beside it.
//!
//! Invariant: a path that is let through means the same to whoever reads it, however often it decodes it: no part of it is empty or
//! leads upwards, so that it stays below `/api/`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use percent_encoding::percent_decode_str;
use syncapp_model::{Code, Error, Result};

/// What every path begins with.
const BASE: &str = "/api/";
/// How often a path is decoded before its author is taken for somebody who plays tricks.
const DECODED: usize = 3;
/// What a page does not say: who asks, of whom, from where, and how the bytes travel.
const DROPPED: [&str; 13] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "origin",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// What such names begin with, besides.
const DROPPED_STARTS: [&str; 4] = ["proxy-", "sec-", "x-forwarded-", "x-real-"];

/// A request that may be made.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Its method.
    pub(crate) method: Method,
    /// Its path and query.
    pub(crate) path: Uri,
    /// What goes with it.
    pub(crate) headers: HeaderMap,
}

impl Asked {
    /// Takes what a page asks for, if it is the interface's.
    pub(crate) fn new(method: &str, path: &str, headers: &[(String, String)]) -> Result<Self> {
        let method = Method::from_bytes(method.as_bytes());
        let method = method.map_err(|_| Error::new(Code::InvalidValue, "this is no method"))?;
        Ok(Self {
            method,
            path: checked(path)?,
            headers: kept(headers)?,
        })
    }
}

fn checked(text: &str) -> Result<Uri> {
    let refused = || {
        Error::new(
            Code::InvalidValue,
            "only the interface is asked: paths that begin with `/api/`",
        )
    };
    let path = text.split_once('?').map_or(text, |(path, _)| path);
    let graphic = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if !graphic || !path.starts_with(BASE) || !stays(path) {
        return Err(refused());
    }
    let uri: Uri = text.parse().map_err(|_| refused())?;
    (uri.path() == path && uri.authority().is_none())
        .then_some(uri)
        .ok_or_else(refused)
}

/// Whether a path stays where it seems to be.
fn stays(path: &str) -> bool {
    let mut path = path.to_owned();
    for _ in 0..DECODED {
        let mut parts = path.split(['/', '\\']).skip(1);
        if parts.any(|part| matches!(part, "" | "." | "..") || part.contains(char::is_control)) {
            return false;
        }
        let Ok(decoded) = percent_decode_str(&path).decode_utf8() else {
            return false;
        };
        if decoded == path {
            return true;
        }
        path = decoded.into_owned();
    }
    false
}

fn kept(headers: &[(String, String)]) -> Result<HeaderMap> {
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let starts = |start: &&str| lower.starts_with(start);
        if DROPPED.contains(&lower.as_str()) || DROPPED_STARTS.iter().any(starts) {
            continue;
        }
        let wrong = || Error::new(Code::InvalidValue, format!("`{name}` is no header"));
        let name = HeaderName::from_bytes(lower.as_bytes()).map_err(|_| wrong())?;
        kept.append(name, HeaderValue::from_str(value).map_err(|_| wrong())?);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_interface_is_asked() {
        let cases = [
            ("/api/v1/runs", true),
            ("/api/v1/runs?limit=2&after=a%2Fb", true),
            ("/api/v1/projects/a%20b/secrets/prod%2Fdatabase", true),
            ("/api/v1/projects/a.b", true),
            ("/api/v1/projects/%C3%A4", true),
            ("/api/docs", true),
            ("", false),
            ("/", false),
            ("/api", false),
            ("/API/v1/runs", false),
            ("/apiary/x", false),
            ("api/v1/runs", false),
            ("//api/v1/runs", false),
            ("/metrics", false),
            ("/%61pi/v1/runs", false),
            ("/api//v1", false),
            ("/api/", false),
            ("/api/v1/", false),
            ("/api/../metrics", false),
            ("/api/./v1", false),
            ("/api/v1/..", false),
            ("/api/%2e%2e/metrics", false),
            ("/api/.%2E/metrics", false),
            ("/api/%2e/v1", false),
            ("/api/v1%2f..%2f..%2fmetrics", false),
            ("/api/v1/a%2F%2Fb", false),
            ("/api/v1\\..\\..\\metrics", false),
            ("/api/v1%5c..%5c..%5cmetrics", false),
            ("/api/%252e%252e/metrics", false),
            ("/api/%25252e%25252e/metrics", false),
            ("/api/v1/a%00b", false),
            ("/api/v1/a%ff", false),
            ("/api/v1/a b", false),
            ("/api/v1/a\r\nHost: x", false),
            ("/api/v1/a#b", false),
            ("http://elsewhere/api/v1/runs", false),
            ("@elsewhere/api/v1", false),
        ];
        for (path, expected) in cases {
            assert_eq!(Asked::new("GET", path, &[]).is_ok(), expected, "{path}");
        }
        assert!(Asked::new("GET it", "/api/v1/runs", &[]).is_err());
    }

    #[test]
    fn a_page_does_not_say_who_asks() {
        let said = [
            ("Accept", "text/event-stream"),
            ("if-match", "\"3\""),
            ("AUTHORIZATION", "Bearer x"),
            ("Cookie", "a=b"),
            ("Host", "elsewhere"),
            ("Origin", "https://elsewhere"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("Proxy-Authorization", "x"),
            ("Content-Length", "3"),
        ];
        let said = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let asked = Asked::new("GET", "/api/v1/runs", &said).unwrap();
        let names: Vec<&str> = asked.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["accept", "if-match"]);
        for (name, value) in [("a b", "x"), ("a", "x\r\ny: z")] {
            assert!(Asked::new("GET", "/api/v1/runs", &[(name.into(), value.into())]).is_err());
        }
    }
}
