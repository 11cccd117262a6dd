//! Errors as they are answered: RFC 9457's form, with SyncApp's own words in it.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use syncapp_model::{Code, Error, ErrorKind};

/// What went wrong, and the status that says so.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    errors: Vec<Error>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, error: Error) -> Self {
        Self {
            status,
            errors: vec![error],
        }
    }

    /// Nothing is called that.
    pub(crate) fn missing(what: &str, name: impl std::fmt::Display) -> Self {
        let error = Error::new(Code::UnknownName, format!("there is no {what} `{name}`"));
        Self::new(StatusCode::NOT_FOUND, error)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match (error.code(), error.report().kind) {
            (Code::UnknownName, _) => StatusCode::NOT_FOUND,
            (_, ErrorKind::Config) => StatusCode::UNPROCESSABLE_ENTITY,
            (_, ErrorKind::Transient) | (Code::StoreFailed, _) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            tracing::warn!(%error, "a request failed");
        }
        Self::new(status, error)
    }
}

/// All that is wrong with a file.
impl From<Vec<Error>> for Problem {
    fn from(errors: Vec<Error>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            errors,
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let error =
            Error::new(Code::InvalidValue, "the body is not what this request takes").driver(rejection.body_text());
        Self::new(rejection.status(), error)
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let error = Error::new(Code::InvalidValue, "the query is not what this request takes");
        Self::new(rejection.status(), error.driver(rejection.body_text()))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let first = self.errors.first();
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": first.map(|error| error.report().why.clone()),
            "code": first.map(|error| error.code().name()),
            "errors": self.errors,
        });
        let form = HeaderValue::from_static("application/problem+json");
        (self.status, [(CONTENT_TYPE, form)], body.to_string()).into_response()
    }
}

pub(crate) fn unauthenticated() -> Response {
    let error = Error::new(Code::Unauthenticated, "this agent does not know who asks")
        .help("sign in, or send a token as `Authorization: Bearer TOKEN`; `syncapp push` takes it from SYNCAPP_TOKEN");
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, error).into_response();
    response
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

pub(crate) async fn no_route() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        Error::new(Code::UnknownName, "nothing is here").help("see docs/agent.md"),
    )
}

pub(crate) async fn no_method() -> Problem {
    let error = Error::new(Code::InvalidValue, "this cannot be done here").help("see docs/agent.md");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, error)
}
