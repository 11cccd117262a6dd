use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::ServiceExt as _;

use super::*;

/// Counts: no two are the same.
#[derive(Default)]
struct Counting(AtomicU64);

impl Random for Counting {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

fn asset(path: &'static str, bytes: &'static str, gzip: Option<&'static str>) -> Asset {
    Asset {
        path: path.into(),
        bytes: Bytes::from_static(bytes.as_bytes()),
        gzip: gzip.map(|bytes| Bytes::from_static(bytes.as_bytes())),
    }
}

fn routes(assets: Vec<Asset>) -> Router {
    let door = Door {
        front: Front::new(assets),
        random: Arc::new(Counting::default()),
    };
    Router::new()
        .route("/api/v1/known", get(|| async { "the interface" }))
        .layer(from_fn_with_state(door, super::door))
}

fn built() -> Router {
    routes(vec![
        asset(
            INDEX,
            "<head><title>x</title><meta name=\"csp-nonce\" content=\"old\" /></head><body>app</body>",
            None,
        ),
        asset("assets/main-1a2b3c4d.js", "script", Some("zipped")),
        asset("favicon.svg", "<svg/>", None),
    ])
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(routes: &Router, method: &str, path: &str, headers: &[(axum::http::HeaderName, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let answer = routes
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (parts, body) = answer.into_parts();
    let text = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text: String::from_utf8(text.to_vec()).unwrap(),
    }
}

#[tokio::test]
async fn a_page_has_a_nonce_of_its_own_each_time() {
    let routes = built();
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/", "/index.html", "/runs", "/projects/my%20shop", "/?tab=1"] {
        let answer = ask(&routes, "GET", path, &[]).await;
        assert_eq!(
            (answer.status, answer.header(CACHE_CONTROL)),
            (200, "no-cache"),
            "{path}"
        );
        assert_eq!((answer.header(ETAG), answer.text.matches("csp-nonce").count()), ("", 1));
        let (_, rest) = answer.text.split_once("csp-nonce\" content=\"").unwrap();
        let nonce = rest.split('"').next().unwrap();
        assert_eq!(nonce.len(), 32, "{nonce}");
        let policy = answer.header(CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains(&format!("style-src 'self' 'nonce-{nonce}';")),
            "{policy}"
        );
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"));
        assert!(answer.text.ends_with("</head><body>app</body>"), "{}", answer.text);
        assert!(seen.insert(nonce.to_owned()), "{nonce} was given before");
    }
}

#[tokio::test]
async fn files_are_given_by_their_names() {
    let routes = built();
    for (path, zips, form, text, cached) in [
        (
            "/assets/main-1a2b3c4d.js",
            "br, gzip;q=0.5",
            "text/javascript; charset=utf-8",
            "zipped",
            true,
        ),
        (
            "/assets/main-1a2b3c4d.js",
            "gzip;q=0",
            "text/javascript; charset=utf-8",
            "script",
            true,
        ),
        (
            "/assets/main-1a2b3c4d.js",
            "br",
            "text/javascript; charset=utf-8",
            "script",
            true,
        ),
        ("/favicon.svg", "gzip", "image/svg+xml", "<svg/>", false),
    ] {
        let answer = ask(&routes, "GET", path, &[(ACCEPT_ENCODING, zips)]).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, text), "{path} {zips}");
        assert_eq!(
            (answer.header(CONTENT_TYPE), answer.header(VARY)),
            (form, "accept-encoding")
        );
        assert_eq!(answer.header(CONTENT_ENCODING) == "gzip", text == "zipped");
        assert_eq!(answer.header(CACHE_CONTROL).ends_with("immutable"), cached, "{path}");
        let tag = answer.header(ETAG).to_owned();
        let again = ask(&routes, "GET", path, &[(ACCEPT_ENCODING, zips), (IF_NONE_MATCH, &tag)]).await;
        assert_eq!(
            (again.status, again.text.as_str(), again.header(ETAG)),
            (304, "", tag.as_str())
        );
        assert_eq!(again.header(CACHE_CONTROL), answer.header(CACHE_CONTROL));
    }
}

#[tokio::test]
async fn nothing_else_is_there() {
    let (built, plain) = (built(), routes(Vec::new()));
    for (method, path, with, without) in [
        ("GET", "/", 200, 200),
        ("HEAD", "/", 200, 200),
        ("POST", "/", 405, 405),
        ("DELETE", "/favicon.svg", 405, 404),
        ("GET", "/favicon.svg", 200, 404),
        ("GET", "/runs", 200, 404),
        ("HEAD", "/runs", 200, 404),
        ("POST", "/runs", 404, 404),
        ("GET", "/assets/other-1a2b3c4d.js", 404, 404),
        ("GET", "/assets/../index.html", 404, 404),
        ("GET", "/Index.html", 404, 404),
        ("GET", "/%69ndex.html", 404, 404),
        ("GET", "//", 404, 404),
        ("GET", "/API/v1/known", 404, 404),
        ("GET", "//api/v1/known", 404, 404),
        ("GET", "/api/v1/known", 200, 200),
        ("GET", "/api/v1/other", 404, 404),
        ("GET", "/api/index.html", 404, 404),
    ] {
        assert_eq!(ask(&built, method, path, &[]).await.status, with, "{method} {path}");
        assert_eq!(ask(&plain, method, path, &[]).await.status, without, "{method} {path}");
    }
    // A browser that goes somewhere, and a page that wants a file.
    let goes = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for (path, going, wanting) in [
        ("/projects/shop/streams/in%2Forders.json", 200, 404),
        ("/projects/shop/streams/orders.json", 200, 404),
        ("/assets/other-1a2b3c4d.js", 404, 404),
        ("/other.js", 404, 404),
        ("/projects/..%2F..%2Fapi%2Fv1", 404, 404),
        ("/api%2Fv1/known", 404, 404),
        ("/api/v1/known.json", 404, 404),
        ("/favicon.svg", 200, 200),
    ] {
        for (takes, status) in [(goes, going), ("*/*", wanting)] {
            assert_eq!(
                ask(&built, "GET", path, &[(ACCEPT, takes)]).await.status,
                status,
                "{path} {takes}"
            );
        }
        let status = ask(&plain, "GET", path, &[(ACCEPT, goes)]).await.status;
        assert_eq!(status, 404, "{path}");
    }
    let answer = ask(&plain, "GET", "/", &[]).await;
    assert!(answer.text.contains("href=\"/api/docs\"") && answer.text.contains("csp-nonce"));
    assert!(!answer.text.contains("<style") && !answer.text.contains("<script"));
}
