//! What a request brings, read strictly: whatever is not as it should be is a [`Problem`].
//!
//! Control characters are no part of a name, of whatever it is: no store has to know what it thinks of them. Of a body a problem says
//! where something is wrong and what was expected there, never what was sent: it may be a secret.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use syncapp_model::{Code, Error};

use crate::Problem;
use crate::problem::TAKEN;

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
            return Err(Problem::new(StatusCode::BAD_REQUEST, error.help(TAKEN)));
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

/// The body, which is JSON.
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let error = Error::new(Code::InvalidValue, "the body does not say that it is JSON")
                .help("send it with `Content-Type: application/json`");
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
        }
        read(&Bytes::from_request(request, state).await?).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let form = headers.get(CONTENT_TYPE).and_then(|form| form.to_str().ok());
    let form = form.and_then(|form| form.split(';').next()).unwrap_or_default().trim();
    let form = form.to_ascii_lowercase();
    let kind = form.strip_prefix("application/");
    kind.is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

/// How a parser begins to say that it does not know a name.
const UNKNOWN: &str = "unknown field";

/// What JSON says, nested a hundred times or so at most: its parser is recursive.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json);
    let read = read.map_err(|problem| {
        let place = known_place(&problem);
        (place, problem.into_inner())
    });
    let read = read.and_then(|read| json.end().map(|()| read).map_err(|problem| (".".to_owned(), problem)));
    read.map_err(|(place, problem)| {
        let status = match problem.classify() {
            Category::Data => StatusCode::UNPROCESSABLE_ENTITY,
            Category::Syntax | Category::Eof | Category::Io => StatusCode::BAD_REQUEST,
        };
        let error = Error::new(Code::InvalidValue, "the body is not what this request takes").help(TAKEN);
        Problem::new(status, error.driver(format!("{place}: {}", unquoted(&problem))))
    })
}

/// Where it is. A name that is not known may be anything that was sent: then what it stands in.
fn known_place(problem: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let path = problem.path().to_string();
    let last = problem.path().iter().next_back().map(ToString::to_string);
    let is_known = !problem.inner().to_string().starts_with(UNKNOWN);
    let Some(last) = last.filter(|_| !is_known) else {
        return path;
    };
    match path.strip_suffix(&last).map(|outer| outer.trim_end_matches('.')) {
        Some("") | None => ".".to_owned(),
        Some(outer) => outer.to_owned(),
    }
}

/// What a parser says, without the value that it says it of.
fn unquoted(problem: &serde_json::Error) -> String {
    let words = problem.to_string();
    let at = format!(" at line {} column {}", problem.line(), problem.column());
    let said = words.strip_suffix(&at).unwrap_or(&words);
    let is_of_own_names = ["missing field `", "duplicate field `"]
        .iter()
        .any(|start| said.starts_with(start));
    let kept = match problem.classify() {
        // What is expected is a word of this program's, behind all that was sent.
        Category::Data if !is_of_own_names => match said.rsplit_once(", expected ") {
            Some((_, expected)) if said.starts_with(UNKNOWN) => format!("unknown field, expected {expected}"),
            Some((_, expected)) => format!("expected {expected}"),
            None => "this cannot be taken".to_owned(),
        },
        _ => said.to_owned(),
    };
    format!("{kept}{at}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::Value as Json;
    use syncapp_model::Secret;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        One,
        Other,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is read, and not looked at")]
    struct Body {
        password: Secret,
        #[serde(default)]
        count: Option<u8>,
        #[serde(default)]
        words: Vec<Word>,
    }

    /// The whole of the problem that a body is, as it is answered.
    fn told(body: &str) -> (StatusCode, Json) {
        let problem = read::<Body>(body.as_bytes()).expect_err(body);
        let told = problem.body(None);
        assert!(!told.contains("hunter2") && !told.contains("271828"), "{body}: {told}");
        (problem.status(), serde_json::from_str(&told).unwrap())
    }

    #[test]
    fn a_problem_says_where_and_what_was_expected_and_nothing_that_was_sent() {
        for (body, place, expected) in [
            (r#"{"password":271828}"#, "password", "expected a string"),
            (r#"{"password":-271828.5}"#, "password", "expected a string"),
            (r#"{"password":["hunter2"]}"#, "password", "expected a string"),
            (r#"{"password":"x","count":271828}"#, "count", "expected u8"),
            (r#"{"password":"x","count":"hunter2"}"#, "count", "expected u8"),
            (
                r#"{"password":"x","count":"a, expected hunter2"}"#,
                "count",
                "expected u8",
            ),
            (
                r#"{"password":"x","words":["one","hunter2"]}"#,
                "words[1]",
                "expected `one` or `other`",
            ),
            (r#"{"password":"x","words":"hunter2"}"#, "words", "expected a sequence"),
            (r#""hunter2""#, ".", "expected struct Body"),
            (
                r#"{"passwort":"hunter2"}"#,
                ".",
                "unknown field, expected one of `password`, `count`, `words`",
            ),
            (r#"{"count":1}"#, ".", "missing field `password`"),
            (
                r#"{"password":"hunter2","password":"hunter2"}"#,
                ".",
                "duplicate field `password`",
            ),
        ] {
            let (status, told) = told(body);
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            let driver = told["errors"][0]["driver"].as_str().unwrap();
            assert!(driver.starts_with(&format!("{place}: {expected}")), "{body}: {driver}");
            assert!(driver.contains(" at line 1 column "), "{body}: {driver}");
            assert!(told["errors"][0]["help"].is_string(), "{told}");
        }
        for body in [
            r#"{"password": hunter2}"#,
            r#"{"password":"hunter2"#,
            r#"{"password":"x"} hunter2"#,
            "",
        ] {
            assert_eq!(told(body).0, StatusCode::BAD_REQUEST, "{body}");
        }
    }

    #[test]
    fn a_body_that_is_nested_too_deep_is_a_problem() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert!(read::<Json>(nested(100).as_bytes()).is_ok(), "{open}");
            for body in [nested(10_000), open.repeat(10_000)] {
                let problem = read::<Json>(body.as_bytes()).expect_err("it is too deep");
                assert_eq!(problem.status(), StatusCode::BAD_REQUEST, "{open}");
            }
        }
    }

    #[test]
    fn json_says_that_it_is_json() {
        for (form, expected) in [
            (Some("application/json"), true),
            (Some("Application/JSON; charset=utf-8"), true),
            (Some("application/merge-patch+json"), true),
            (Some("text/plain"), false),
            (Some("text/json"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("application/jsonp"), false),
            (Some(""), false),
            (None, false),
        ] {
            let form = form.map(|form| (CONTENT_TYPE, form.parse().unwrap()));
            assert_eq!(is_json(&form.into_iter().collect()), expected);
        }
    }

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
