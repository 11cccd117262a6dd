//! Who may use which route: the one table that says so. A route without a row is answered to nobody.

use axum::http::Method;
use syncapp_control::access::Permission;

/// What a route asks of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: somebody signs in by it, or shows a signature.
    Nothing,
    /// That somebody is known. What is answered is its own, or limited to what it may.
    Somebody,
    /// This, for the agent itself.
    Agent(Permission),
    /// This, in the project that the path names.
    Project(Permission),
    /// This, in the project of the run that the path names.
    Run(Permission),
}

/// How what a route does comes into the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// It changes nothing.
    Not,
    /// By the use case that it calls, with what was before and after.
    Itself,
    /// Under this name, before it is done.
    As(&'static str),
}

/// One route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    pub(crate) told: Told,
}

/// What there is of a path.
pub(crate) enum Known {
    Rule(&'static Rule),
    /// The path has rows, and none for this method.
    NoMethod,
    Unknown,
}

use Needs::{Agent, Nothing, Project, Run, Somebody};
use Permission as May;
use Told::{As, Itself, Not};

/// All routes under `/api/v1`.
pub(crate) const RULES: &[Rule] = &[
    rule("POST", "/first-admin", Nothing, Itself),
    rule("POST", "/session", Nothing, Itself),
    rule("DELETE", "/session", Somebody, Itself),
    rule("GET", "/sign-on", Nothing, Not),
    rule("GET", "/sign-on/callback", Nothing, Itself),
    rule("GET", "/me", Somebody, Not),
    rule("PUT", "/me/password", Somebody, Itself),
    rule("GET", "/users", Agent(May::Users), Not),
    rule("POST", "/users", Agent(May::Users), Itself),
    rule("GET", "/users/{user}", Agent(May::Users), Not),
    rule("PUT", "/users/{user}/roles", Agent(May::Users), Itself),
    rule("PUT", "/users/{user}/password", Agent(May::Users), Itself),
    rule("POST", "/users/{user}/disable", Agent(May::Users), Itself),
    rule("POST", "/users/{user}/enable", Agent(May::Users), Itself),
    rule("GET", "/tokens", Somebody, Not),
    rule("POST", "/tokens", Somebody, Itself),
    rule("DELETE", "/tokens/{token}", Somebody, Itself),
    rule("GET", "/audit", Agent(May::Audit), Not),
    rule("GET", "/projects", Somebody, Not),
    rule("GET", "/projects/{project}", Project(May::View), Not),
    rule("PUT", "/projects/{project}", Project(May::Edit), Itself),
    rule("GET", "/projects/{project}/versions", Project(May::View), Not),
    rule("GET", "/projects/{project}/versions/{version}", Project(May::View), Not),
    rule(
        "POST",
        "/projects/{project}/versions/{version}/restore",
        Project(May::Edit),
        Itself,
    ),
    rule("GET", "/projects/{project}/secrets", Project(May::Secrets), Not),
    rule(
        "PUT",
        "/projects/{project}/secrets/{name}",
        Project(May::Secrets),
        Itself,
    ),
    rule(
        "DELETE",
        "/projects/{project}/secrets/{name}",
        Project(May::Secrets),
        Itself,
    ),
    rule("GET", "/projects/{project}/schedules", Project(May::View), Not),
    rule("GET", "/projects/{project}/syncs/{sync}/next", Project(May::View), Not),
    rule("GET", "/projects/{project}/syncs/{sync}/ticks", Project(May::View), Not),
    rule("GET", "/schedules/next", Somebody, Not),
    rule("GET", "/connectors", Somebody, Not),
    rule("GET", "/projects/{project}/connections", Project(May::View), Not),
    rule(
        "POST",
        "/projects/{project}/draft/check",
        Project(May::Edit),
        As("draft.check"),
    ),
    rule(
        "POST",
        "/projects/{project}/draft/discover",
        Project(May::Edit),
        As("draft.discover"),
    ),
    rule(
        "POST",
        "/projects/{project}/draft/preview",
        Project(May::Edit),
        As("draft.preview"),
    ),
    rule(
        "POST",
        "/projects/{project}/draft/plan",
        Project(May::Edit),
        As("draft.plan"),
    ),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/rejects",
        Project(May::Inspect),
        As("rejects.list"),
    ),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/rejects/replay",
        Project(May::Inspect),
        As("rejects.replay"),
    ),
    rule(
        "POST",
        "/projects/{project}/connections/{connection}/check",
        Project(May::Inspect),
        As("connection.check"),
    ),
    rule(
        "POST",
        "/projects/{project}/connections/{connection}/discover",
        Project(May::Inspect),
        As("connection.discover"),
    ),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/preview",
        Project(May::Inspect),
        As("sync.preview"),
    ),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/plan",
        Project(May::Inspect),
        As("sync.plan"),
    ),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/verify",
        Project(May::Inspect),
        As("sync.verify"),
    ),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/reset",
        Project(May::Inspect),
        As("sync.reset"),
    ),
    rule("GET", "/projects/{project}/jobs/{job}", Project(May::Inspect), Not),
    rule(
        "DELETE",
        "/projects/{project}/jobs/{job}",
        Project(May::Inspect),
        As("job.stop"),
    ),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/hook/key",
        Project(May::Tokens),
        As("hook.key"),
    ),
    rule("POST", "/projects/{project}/syncs/{sync}/hook", Nothing, Itself),
    rule("GET", "/projects/{project}/syncs", Project(May::View), Not),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/runs",
        Project(May::Run),
        Itself,
    ),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/pause",
        Project(May::Pause),
        As("sync.pause"),
    ),
    rule(
        "POST",
        "/projects/{project}/syncs/{sync}/resume",
        Project(May::Pause),
        As("sync.resume"),
    ),
    rule("GET", "/workers", Agent(May::View), Not),
    rule("GET", "/queues", Agent(May::View), Not),
    rule("GET", "/runs", Somebody, Not),
    rule("GET", "/runs/{run}", Run(May::View), Not),
    rule("GET", "/runs/{run}/events", Run(May::View), Not),
    rule("GET", "/runs/{run}/logs", Run(May::View), Not),
    rule("POST", "/runs/{run}/cancel", Run(May::Run), As("run.cancel")),
    rule("POST", "/runs/{run}/retry", Run(May::Run), As("run.retry")),
    rule("POST", "/runs/{run}/undo", Run(May::Inspect), As("run.undo")),
];

const fn rule(method: &'static str, path: &'static str, needs: Needs, told: Told) -> Rule {
    Rule {
        method,
        path,
        needs,
        told,
    }
}

/// Whether nobody has to be known for a route.
pub(crate) fn is_open(method: &str, path: &str) -> bool {
    RULES
        .iter()
        .any(|rule| (rule.method, rule.path, rule.needs) == (method, path, Nothing))
}

/// The row of a route, by the path as the router has it.
pub(crate) fn known(method: &Method, matched: &str) -> Known {
    let Some(path) = matched.strip_prefix(crate::BASE) else {
        return Known::Unknown;
    };
    let method = if method == Method::HEAD {
        Method::GET
    } else {
        method.clone()
    };
    let mut rows = RULES.iter().filter(|rule| rule.path == path).peekable();
    if rows.peek().is_none() {
        return Known::Unknown;
    }
    rows.find(|rule| rule.method == method)
        .map_or(Known::NoMethod, Known::Rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_is_told_and_what_looks_is_not() {
        for rule in RULES {
            // A browser comes back from a provider by a GET; it changes nothing but who is signed in.
            let is_back = rule.path == "/sign-on/callback";
            assert_eq!(rule.method == "GET" && !is_back, rule.told == Not, "{rule:?}");
            let twice = RULES
                .iter()
                .filter(|other| (other.method, other.path) == (rule.method, rule.path));
            assert_eq!(twice.count(), 1, "{rule:?}");
        }
    }

    #[test]
    fn every_route_that_is_described_has_a_rule_and_every_rule_a_route() {
        let description: serde_json::Value = serde_json::from_str(&crate::openapi()).unwrap();
        let mut described = std::collections::BTreeSet::new();
        for (path, item) in description["paths"].as_object().unwrap() {
            let path = path.strip_prefix(crate::BASE).unwrap();
            for method in item.as_object().unwrap().keys() {
                described.insert((method.to_uppercase(), path.to_owned()));
            }
        }
        assert!(described.remove(&("GET".into(), "/openapi.json".into())));
        let rules = RULES.iter().map(|rule| (rule.method.to_owned(), rule.path.to_owned()));
        assert_eq!(described, rules.collect());
    }

    #[test]
    fn a_path_has_the_parameter_that_its_rule_looks_at() {
        for rule in RULES {
            match rule.needs {
                Project(_) => assert!(rule.path.contains("{project}"), "{rule:?}"),
                Run(_) => assert!(rule.path.contains("{run}"), "{rule:?}"),
                // A webhook is for one sync, by its signature.
                Nothing if rule.path.ends_with("/hook") => {}
                Nothing | Somebody | Agent(_) => assert!(!rule.path.contains("{project}"), "{rule:?}"),
            }
        }
    }
}
