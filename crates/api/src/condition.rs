//! Requests that hold only as long as a thing is as it was seen: entity tags.

use axum::http::header::{CACHE_CONTROL, ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use syncapp_model::{Code, Error};

use crate::Problem;

/// Answers with a tag; 304 and nothing where the caller has that already.
pub(crate) fn tagged(asked: &HeaderMap, tag: &str, answer: impl IntoResponse) -> Response {
    let known = tags(asked, &IF_NONE_MATCH).is_some_and(|tags| tags.has(tag));
    let answer = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        answer.into_response()
    };
    with_tag(tag, answer)
}

/// The answer, with the tag of what it tells.
pub(crate) fn with_tag(tag: &str, mut answer: Response) -> Response {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        answer.headers_mut().insert(ETAG, tag);
        let ask_first = HeaderValue::from_static("no-cache");
        answer.headers_mut().insert(CACHE_CONTROL, ask_first);
    }
    answer
}

/// Refuses what is asked for under a condition that does not hold for the thing as it is now, if it is there.
pub(crate) fn holds(asked: &HeaderMap, now: Option<&str>) -> Result<(), Problem> {
    let has = |tags: &Tags| now.is_some_and(|now| tags.has(now));
    let wanted = tags(asked, &IF_MATCH).is_none_or(|tags| has(&tags));
    let unwanted = tags(asked, &IF_NONE_MATCH).is_some_and(|tags| has(&tags));
    if wanted && !unwanted {
        return Ok(());
    }
    let error = Error::new(Code::Conflict, "it is not as the request's condition says");
    Err(Problem::new(
        StatusCode::PRECONDITION_FAILED,
        error.help("look at it as it is now, and ask again"),
    ))
}

/// Whether the caller names the tag that it means to replace.
pub(crate) fn is_conditional(asked: &HeaderMap) -> bool {
    asked.contains_key(IF_MATCH)
}

enum Tags {
    Any,
    Some(Vec<String>),
}

impl Tags {
    fn has(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Some(tags) => tags.iter().any(|known| known == tag),
        }
    }
}

/// The tags in a header; `None` where it is not there.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<Tags> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    let texts: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    if texts.iter().any(|text| text.trim() == "*") {
        return Some(Tags::Any);
    }
    // Weak tags are compared like strong ones: ours have no comma in them.
    let one = |text: &str| text.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    Some(Tags::Some(
        texts.iter().flat_map(|text| text.split(',')).map(one).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn what_is_known_is_not_told_again() {
        for (known, status) in [
            ("\"3\"", 304),
            ("\"2\", W/\"3\"", 304),
            ("*", 304),
            ("\"2\"", 200),
            ("", 200),
        ] {
            let answer = tagged(&asked(IF_NONE_MATCH, known), "3", "body");
            assert_eq!(answer.status().as_u16(), status, "{known}");
            assert_eq!(answer.headers()[ETAG], "\"3\"");
        }
        assert_eq!(tagged(&HeaderMap::new(), "3", "body").status().as_u16(), 200);
    }

    #[test]
    fn a_condition_holds_or_the_request_is_refused() {
        for (name, value, now, expected) in [
            (IF_MATCH, "\"3\"", Some("3"), true),
            (IF_MATCH, "\"2\"", Some("3"), false),
            (IF_MATCH, "\"2\"", None, false),
            (IF_MATCH, "*", Some("3"), true),
            (IF_MATCH, "*", None, false),
            (IF_NONE_MATCH, "*", None, true),
            (IF_NONE_MATCH, "*", Some("3"), false),
            (IF_NONE_MATCH, "\"2\"", Some("3"), true),
        ] {
            assert_eq!(
                holds(&asked(name.clone(), value), now).is_ok(),
                expected,
                "{name} {value} {now:?}"
            );
        }
        assert!(holds(&HeaderMap::new(), None).is_ok());
    }
}
