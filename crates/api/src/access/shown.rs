//! What a request shows: a token, or the session of a browser; and whether the browser was on a page of ours.

use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Method};
use subtle::ConstantTimeEq as _;
use syncapp_control::access::{Accounts, Shown};
use syncapp_model::Secret;

/// The cookie. Its name makes browsers take it only over TLS or from this machine, for this host and all its paths.
pub(crate) const NAME: &str = "__Host-syncapp";
/// The cookie of a browser that is at its provider.
const TRIP: &str = "__Host-syncapp-sign-on";
/// The header that a page of ours shows besides.
const PAGE: &str = "x-csrf-token";

/// What is shown. A token goes before a session: no other site can make a browser send one.
pub(crate) fn shown(headers: &HeaderMap) -> Option<Shown> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        return scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| Shown::Token(Secret::new(token)));
    }
    session(headers).map(Shown::Session)
}

/// The session that a browser keeps.
pub(crate) fn session(headers: &HeaderMap) -> Option<Secret> {
    cookie(headers, NAME)
}

/// What a browser keeps that is at its provider.
pub(crate) fn trip(headers: &HeaderMap) -> Option<Secret> {
    cookie(headers, TRIP)
}

fn cookie(headers: &HeaderMap, named: &str) -> Option<Secret> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    cookies
        .find(|(name, _)| *name == named)
        .map(|(_, value)| Secret::new(value))
}

/// What makes a browser keep a session for so long; nothing of it with an empty one.
pub(crate) fn kept(session: &str, seconds: u64) -> HeaderValue {
    keeping(NAME, session, seconds, "Strict")
}

/// What makes a browser that leaves for its provider keep this for so long. It comes back from another site: `Lax`.
pub(crate) fn leaving(secret: &str, seconds: u64) -> HeaderValue {
    keeping(TRIP, secret, seconds, "Lax")
}

fn keeping(name: &str, value: &str, seconds: u64, site: &str) -> HeaderValue {
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite={site}");
    HeaderValue::from_str(&cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Whether a browser says that another site has made it ask. Programs say nothing of the kind.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => false,
        Some(_) => true,
        None => match (text(ORIGIN.as_str()), text(HOST.as_str())) {
            (None, _) => false,
            (Some(origin), Some(host)) => origin
                .split_once("://")
                .is_none_or(|(_, of)| !of.eq_ignore_ascii_case(host)),
            (Some(_), None) => true,
        },
    }
}

/// Whether a request in a session comes from a page of ours: none from another site; and what changes something shows what only
/// such a page knows.
pub(crate) fn is_ours(method: &Method, headers: &HeaderMap, session: &Secret) -> bool {
    if is_foreign(headers) {
        return false;
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return true;
    }
    let page = headers.get(PAGE).map(HeaderValue::as_bytes).unwrap_or_default();
    Accounts::page_token(session).as_bytes().ct_eq(page).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_token_goes_before_a_session() {
        let token = |text: &str| Some(Shown::Token(Secret::new(text)));
        let cookie = ("cookie", "a=b; __Host-syncapp=s3; c=d");
        assert_eq!(shown(&headers(&[("authorization", "Bearer t"), cookie])), token("t"));
        assert_eq!(shown(&headers(&[("authorization", "bearer t")])), token("t"));
        assert_eq!(shown(&headers(&[("authorization", "Basic t"), cookie])), None);
        assert_eq!(shown(&headers(&[cookie])), Some(Shown::Session(Secret::new("s3"))));
        assert_eq!(shown(&headers(&[("cookie", "syncapp=s3; __host-syncapp=s3")])), None);
        assert_eq!(shown(&headers(&[])), None);
    }

    #[test]
    fn only_pages_of_ours_change_things_in_a_session() {
        let session = Secret::new("s3");
        let page = Accounts::page_token(&session);
        let other = Accounts::page_token(&Secret::new("s4"));
        let site = |site| ("sec-fetch-site", site);
        let (host, origin) = (("host", "syncapp.example"), |origin| ("origin", origin));
        for (shown, get, post) in [
            (vec![], true, true),
            (vec![site("same-origin")], true, true),
            (vec![site("same-site")], false, false),
            (vec![site("cross-site")], false, false),
            (
                vec![site("cross-site"), host, origin("https://syncapp.example")],
                false,
                false,
            ),
            (vec![host, origin("https://syncapp.example")], true, true),
            (vec![host, origin("https://evil.example")], false, false),
            (vec![host, origin("null")], false, false),
            (vec![origin("https://syncapp.example")], false, false),
        ] {
            let with = |token: Option<&str>| {
                let mut all = headers(&shown);
                if let Some(token) = token {
                    all.insert(PAGE, token.parse().unwrap());
                }
                all
            };
            assert_eq!(is_ours(&Method::GET, &with(None), &session), get, "{shown:?}");
            assert_eq!(is_ours(&Method::POST, &with(Some(&page)), &session), post, "{shown:?}");
            for wrong in [None, Some(""), Some(other.as_str()), Some("s3")] {
                assert!(!is_ours(&Method::POST, &with(wrong), &session), "{shown:?} {wrong:?}");
            }
        }
    }
}
