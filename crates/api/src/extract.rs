//! What a request brings, read strictly: whatever is not as it should be is a [`Problem`].
//!
//! Control characters are no part of a name, of whatever it is: no store has to know what it thinks of them.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, RawPathParams, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use syncapp_model::{Code, Error};

use crate::Problem;

/// The names in a path.
pub(crate) struct Names<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Names<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let nothing = || {
            let error = Error::new(Code::UnknownName, "nothing is called that");
            Problem::new(
                StatusCode::NOT_FOUND,
                error.help("names are text without control characters"),
            )
        };
        let names = RawPathParams::from_request_parts(parts, state).await;
        let names = names.map_err(|_| nothing())?;
        if names.iter().any(|(_, name)| name.contains(char::is_control)) {
            return Err(nothing());
        }
        let read = Path::from_request_parts(parts, state).await;
        read.map(|Path(names)| Self(names)).map_err(|_| nothing())
    }
}

/// The query.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(has_controls) {
            let error = Error::new(Code::InvalidValue, "the query has control characters");
            return Err(Problem::new(StatusCode::BAD_REQUEST, error));
        }
        let read = Query::from_request_parts(parts, state).await;
        Ok(Self(read.map(|Query(query)| query)?))
    }
}

/// Whether a query as it was sent has an escaped control character of ASCII.
fn has_controls(query: &str) -> bool {
    query.match_indices('%').any(|(at, _)| {
        let digits = query.get(at + 1..at + 3);
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_some_and(|byte| byte.is_ascii_control())
    })
}

/// The body.
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = Json::from_request(request, state).await;
        Ok(Self(read.map(|Json(body)| body)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_control_characters_are_seen() {
        for (query, expected) in [
            ("after=a", false),
            ("after=%61%20", false),
            ("after=%0", false),
            ("after=%", false),
            ("after=%C3%A4", false),
            ("after=%00", true),
            ("a=b&after=x%1f", true),
            ("after=%7F", true),
        ] {
            assert_eq!(has_controls(query), expected, "{query}");
        }
    }
}
