//! Errors as they are answered: RFC 9457's form, with SyncApp's own words in it.

use std::sync::Arc;

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use syncapp_model::{Code, Error, ErrorKind, Report};
use utoipa::ToSchema;

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// What to do where a request is not what its route takes.
pub(crate) const TAKEN: &str = "`/api/docs` says what it takes";

/// What went wrong, and the status that says so.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    errors: Vec<Error>,
}

/// What went wrong, in the form of RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemView {
    /// Always `about:blank`: `code` tells problems apart.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: &'static str,
    /// The status.
    #[schema(example = 404)]
    status: u16,
    /// What is wrong, and why; the first of `errors`.
    #[schema(example = "there is no project `shop`")]
    detail: String,
    /// The stable name of the first of `errors`, to branch on.
    #[schema(example = "config.unknown_name")]
    code: String,
    /// The request's name, as the answer's `x-request-id` and the agent's log have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// All that is wrong.
    errors: Vec<ErrorView>,
}

/// One error or warning.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorView {
    /// Its stable name, to branch on.
    code: String,
    /// Whose move it is: the user has to change something, trying again may help, or a system failed.
    #[schema(value_type = KindWord)]
    kind: ErrorKind,
    /// Whether it stops what it is about.
    #[schema(value_type = SeverityWord)]
    severity: syncapp_model::Severity,
    /// Where it happened.
    r#where: WhereView,
    /// What is wrong, and why.
    why: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// The driver's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<String>,
}

/// Where an error happened; what does not apply is left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Where)]
pub(crate) struct WhereView {
    /// The sync file, or a file of data.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// The character in the line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    character: Option<u32>,
    /// The connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    /// The stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    /// The column.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    /// The row: its key, its line or its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<String>,
}

/// Whose move it is.
#[derive(ToSchema)]
#[schema(as = ErrorKind, rename_all = "snake_case")]
#[expect(dead_code, reason = "a description of the model's words")]
enum KindWord {
    Config,
    Transient,
    System,
}

/// How bad it is.
#[derive(ToSchema)]
#[schema(as = Severity, rename_all = "snake_case")]
#[expect(dead_code, reason = "a description of the model's words")]
enum SeverityWord {
    Warning,
    Error,
}

impl From<&Error> for ErrorView {
    fn from(error: &Error) -> Self {
        let Report {
            code,
            kind,
            severity,
            at,
            why,
            help,
            driver,
        } = error.report().clone();
        let number = |number: Option<usize>| number.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        Self {
            code: code.name(),
            kind,
            severity,
            r#where: WhereView {
                file: at.file,
                line: number(at.line),
                character: number(at.character),
                connection: at.connection,
                stream: at.stream,
                column: at.column,
                row: at.row,
            },
            why,
            help,
            driver,
        }
    }
}

impl Problem {
    pub(crate) fn new(status: StatusCode, error: Error) -> Self {
        Self {
            status,
            errors: vec![error],
        }
    }

    /// Nothing is called that, or nothing that whoever asks may see.
    pub(crate) fn missing(what: &str, name: impl std::fmt::Display) -> Self {
        let error = Error::new(Code::UnknownName, format!("there is no {what} `{name}`"));
        Self::new(StatusCode::NOT_FOUND, error.help(where_it_would_be(what)))
    }

    /// Its status.
    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// It as JSON, with the name of its request.
    pub(crate) fn body(&self, request_id: Option<&str>) -> String {
        let first = self.errors.first();
        let view = ProblemView {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: first.map(|error| error.report().why.clone()).unwrap_or_default(),
            code: first.map(|error| error.code().name()).unwrap_or_default(),
            request_id: request_id.map(str::to_owned),
            errors: self.errors.iter().map(ErrorView::from).collect(),
        };
        serde_json::to_string(&view).unwrap_or_default()
    }
}

/// Where to look for what there is of something.
fn where_it_would_be(what: &str) -> &'static str {
    match what {
        "project" => "`GET /api/v1/projects` lists those that this account may see",
        "version" => "`GET /api/v1/projects/PROJECT/versions` lists them",
        "sync" => "`GET /api/v1/projects/PROJECT/syncs` lists those of the newest version",
        "secret" => "`GET /api/v1/projects/PROJECT/secrets` lists them",
        "job" => "jobs are kept for a while only: begin it once more",
        "run" => "`GET /api/v1/runs` lists those that this account may see, as long as `keep` of agent.toml says",
        "user" => "`GET /api/v1/users` lists them",
        "token" => "`GET /api/v1/tokens` lists those that this account may see",
        _ => "see how it is written; `/api/docs` says what can be listed",
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

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        let help = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "send less at once",
            _ => "send all of it before the connection ends",
        };
        let error = Error::new(Code::InvalidValue, "the body cannot be taken").help(help);
        Self::new(rejection.status(), error.driver(rejection.body_text()))
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let error = Error::new(Code::InvalidValue, "the query is not what this request takes").help(TAKEN);
        Self::new(rejection.status(), error.driver(rejection.body_text()))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let form = HeaderValue::from_static(PROBLEM_JSON);
        let mut response = (self.status, [(CONTENT_TYPE, form)], self.body(None)).into_response();
        // Whoever knows the request's name tells it once more, with the name.
        response.extensions_mut().insert(Arc::new(self));
        response
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
        Error::new(Code::UnknownName, "nothing is here").help("see `/api/docs`"),
    )
}

pub(crate) async fn no_method() -> Problem {
    let error = Error::new(Code::InvalidValue, "this cannot be done here").help("see `/api/docs`");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, error)
}
