//! A request's name: in its answer, in the problem it ends with, and in whatever is logged meanwhile.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::Problem;

/// Where callers and proxies say it.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that is taken over.
const LONGEST: usize = 64;

/// A request's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The one that the caller gave, if it is one word of plain characters; else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|given| given.to_str().ok());
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        match given {
            Some(given) if (1..=LONGEST).contains(&given.len()) && given.bytes().all(plain) => Self(given.into()),
            _ => Self(Uuid::now_v7().to_string().into()),
        }
    }

    /// It as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names the request, and its answer. Whoever comes after finds the [`RequestId`] among the request's extensions.
pub(crate) async fn named(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let mut answer = next.run(request).await;
    if let Some(problem) = answer.extensions_mut().remove::<Arc<Problem>>() {
        *answer.body_mut() = problem.body(Some(id.as_str())).into();
    }
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_word_is_taken_over() {
        let long = "x".repeat(65);
        for (given, taken) in [
            ("a-B_1.2", true),
            ("", false),
            ("a b", false),
            ("a\u{e4}", false),
            ("<x>", false),
            (&long, false),
        ] {
            let value = HeaderValue::from_bytes(given.as_bytes()).unwrap();
            let id = RequestId::of(&HeaderMap::from_iter([(REQUEST_ID, value)]));
            assert_eq!(id.as_str() == given, taken, "{given}");
            assert_eq!(id.as_str().len() == 36, !taken, "{given}");
        }
    }
}
