//! The page, with a nonce in it.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use syncapp_control::Random;

/// Where the page's scripts find the nonce for the styles that they make.
const NAMED: &str = "<meta name=\"csp-nonce\"";
const HEAD: &str = "<head>";

/// A page: what comes before its nonce, and behind.
pub(super) struct Page {
    before: String,
    behind: String,
}

impl Page {
    /// A nonce is put where the page names one, whatever stands there; else at the beginning of its head.
    pub(super) fn new(text: &str) -> Self {
        let named = text.find(NAMED);
        let named = named.and_then(|at| Some((at, at + text[at..].find('>')? + 1)));
        let place = named.or_else(|| text.find(HEAD).map(|at| (at + HEAD.len(), at + HEAD.len())));
        let (from, to) = place.unwrap_or((0, 0));
        Self {
            before: text[..from].to_owned(),
            behind: text[to..].to_owned(),
        }
    }

    /// The page of a program that was built without a front end.
    pub(super) fn plain() -> Self {
        Self::new(include_str!("plain.html"))
    }

    pub(super) fn answer(&self, random: &dyn Random) -> Response {
        let nonce = format!("{:016x}{:016x}", random.bits(), random.bits());
        let text = format!("{}{NAMED} content=\"{nonce}\">{}", self.before, self.behind);
        let mut answer = text.into_response();
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(policy) = HeaderValue::from_str(&policy(&nonce)) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        answer
    }
}

/// What a page may load, and from where: this agent alone.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}
