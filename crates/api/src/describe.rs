//! The description of the interface, in the words of `OpenAPI`: made from the routes themselves.
//!
//! What holds for all requests is added here and not at each route, so that no route forgets it.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use syncapp_control::access::Digest;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_axum::router::OpenApiRouter;

use crate::access::{is_open, shown};
use crate::condition::tagged;
use crate::problem::{PROBLEM_JSON, ProblemView};

const ABOUT: &str = "\
What an agent of SyncApp can be asked.

Identifiers, 64-bit numbers and decimals are strings, times RFC 3339 in UTC. Lists come in pages: `next` of a page is `after` of \
the next one. Unknown keys are refused.

An error is a problem document (RFC 9457) with SyncApp's own `code`, cause and remedy. Each answer has an `x-request-id`, taken \
from the request where it is one word of at most 64 letters, digits, `-`, `_` and `.`; the agent's log has it too. \
`RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) say how often one address may ask.";

/// Groups of operations, in the order in which they are told.
const TAGS: &[(&str, &str)] = &[
    ("projects", "What a team has pushed, in versions that never change."),
    (
        "secrets",
        "What a project's connections are opened with: set and forgotten, never told.",
    ),
    ("syncs", "When the syncs of a project run, and runs by hand."),
    ("schedules", "What schedules mean, and what became of their ticks."),
    ("connections", "What is connected, and what can be."),
    (
        "drafts",
        "Files that are not pushed, looked at as if they were: whoever may push one may ask.",
    ),
    (
        "jobs",
        "What was found out about connections, streams and runs: begun by one request, told by others.",
    ),
    ("hooks", "Runs that a system elsewhere starts."),
    ("runs", "What ran, what goes on, and what became of it."),
    ("fleet", "Who is there to work, and what waits."),
    ("sessions", "Signing in and out, and what a caller is."),
    ("users", "Who may sign in, and what each may."),
    ("tokens", "What programs show."),
    ("audit", "Who did what."),
    ("about", "This description."),
];

/// The names of the ways in which callers show who they are.
const TOKEN: &str = "token";
const SESSION: &str = "session";

/// What nobody has to be known for.
const OPEN: &[&str] = &["/openapi.json"];

/// A description without routes.
pub(crate) fn beginning() -> OpenApi {
    let licence = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0"));
    let info = InfoBuilder::new()
        .title("SyncApp")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(licence.build()));
    let tags = TAGS
        .iter()
        .map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build());
    OpenApiBuilder::new().info(info.build()).tags(Some(tags)).build()
}

/// Adds what holds for all routes that were described.
pub(crate) fn complete<S: Clone + Send + Sync + 'static>(routes: &mut OpenApiRouter<S>) {
    let description = routes.get_openapi_mut();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API token, or the agent's own."));
    let session = ApiKeyValue::with_description(
        shown::NAME,
        "A browser's session. Whatever changes something shows `X-CSRF-Token` besides.",
    );
    let parts = description.components.get_or_insert_with(Default::default);
    parts.add_security_scheme(TOKEN, SecurityScheme::Http(token.build()));
    parts.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    let mut schemas = vec![(ProblemView::name().into_owned(), ProblemView::schema())];
    ProblemView::schemas(&mut schemas);
    parts.schemas.extend(schemas);
    for (path, item) in &mut description.paths.paths {
        let path = path.strip_prefix(crate::BASE).unwrap_or(path);
        for (method, operation) in operations(item) {
            common(operation, OPEN.contains(&path) || is_open(method, path));
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem {
        get, put, post, delete, ..
    } = item;
    let all = [("GET", get), ("PUT", put), ("POST", post), ("DELETE", delete)];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn common(operation: &mut Operation, open: bool) {
    let parameters = operation.parameters.iter().flatten();
    let places: Vec<ParameterIn> = parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter.parameter_in.clone()),
            RefOr::Ref(_) => None,
        })
        .collect();
    let named = places.contains(&ParameterIn::Path);
    let queried = places.contains(&ParameterIn::Query);
    let sent = match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key("application/json"),
        _ => false,
    };
    if !open {
        let ways = [TOKEN, SESSION].map(|way| SecurityRequirement::new::<_, [&str; 0], &str>(way, []));
        operation.security = Some(ways.into());
    }
    for (applies, status, about) in [
        (queried || sent, "400", "The query or the body cannot be read."),
        (!open, "401", "Nobody is known by what is shown."),
        (true, "403", "Who asks may not do this, or not from there."),
        (named, "404", "Nothing is called that."),
        (sent && open, "413", "The body is longer than 64 KiB."),
        (sent && !open, "413", "The body is longer than 8 MiB."),
        (sent, "415", "The body is not said to be `application/json`."),
        (
            queried || sent,
            "422",
            "The query or the body can be read, and something in it is wrong.",
        ),
        (
            true,
            "429",
            "Too many requests come from this address: wait for `Retry-After` seconds.",
        ),
        (true, "500", "A bug of SyncApp."),
        (true, "503", "The store does not answer: try again."),
    ] {
        if applies {
            let problem = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build();
            let answer = ResponseBuilder::new().description(about).content(PROBLEM_JSON, problem);
            let answers = &mut operation.responses.responses;
            answers
                .entry(status.to_owned())
                .or_insert_with(|| answer.build().into());
        }
    }
    for (status, answer) in &mut operation.responses.responses {
        if let (RefOr::T(answer), true) = (answer, status.starts_with(['4', '5'])) {
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
            answer
                .content
                .entry(PROBLEM_JSON.to_owned())
                .or_insert_with(|| problem.build().into());
        }
    }
}

/// It as a file: pretty, with a line's end.
pub(crate) fn text(description: &OpenApi) -> String {
    let text = description.to_pretty_json().unwrap_or_default();
    text + "\n"
}

/// The description as it is served.
#[derive(Clone)]
pub(crate) struct Described {
    text: std::sync::Arc<str>,
    tag: String,
}

impl Described {
    pub(crate) fn new(description: &OpenApi) -> Self {
        let text = text(description);
        let tag = Digest::of(&text).fingerprint();
        Self { text: text.into(), tag }
    }

    pub(crate) fn answer(&self, asked: &HeaderMap) -> Response {
        let json = [(CONTENT_TYPE, "application/json")];
        tagged(asked, &self.tag, (json, self.text.to_string()).into_response())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_description_that_is_checked_in_is_this_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == crate::openapi(),
            "crates/api/openapi.json is stale: refresh it by `cargo xtask openapi`"
        );
    }

    #[test]
    fn each_operation_has_a_name_a_group_and_words() {
        let text = crate::openapi();
        let description: serde_json::Value = serde_json::from_str(&text).unwrap();
        let tags: Vec<_> = description["tags"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tag| &tag["name"])
            .collect();
        let mut names = std::collections::BTreeSet::new();
        for (path, item) in description["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let said = |key: &str| operation[key].as_str().is_some_and(|text| !text.is_empty());
                assert!(said("operationId") && said("summary"), "{method} {path}: {operation:#}");
                assert!(tags.contains(&&operation["tags"][0]), "{method} {path}: {operation:#}");
                assert!(names.insert(operation["operationId"].to_string()), "{method} {path}");
                let open = [
                    ("get", "/api/v1/openapi.json"),
                    ("post", "/api/v1/session"),
                    ("post", "/api/v1/first-admin"),
                    ("get", "/api/v1/sign-on"),
                    ("get", "/api/v1/sign-on/callback"),
                    ("post", "/api/v1/projects/{project}/syncs/{sync}/hook"),
                ];
                let is_open = open.contains(&(method.as_str(), path.as_str()));
                assert_eq!(operation["security"].is_null(), is_open, "{method} {path}");
            }
        }
        // Every number that may be long is a text.
        assert!(!text.contains("\"int64\"") && !text.contains("\"double\""));
    }
}
