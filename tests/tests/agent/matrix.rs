//! Every route with every kind of caller. The routes are the program's own: one without a row here fails.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value as Json, json};
use syncapp_tests::agent::{Agent, master_key};

use super::{copying, furnish};

/// Who asks: nobody, then tokens for all projects, then an admin of another project.
const CALLERS: [&str; 6] = ["nobody", "viewer", "operator", "editor", "admin", "other"];

/// What becomes of each, in the order of [`CALLERS`]: `u` unknown (401), `f` forbidden (403), `n` not there (404), `p` it passes to the
/// handler.
const ROWS: &[(&str, &str, &str)] = &[
    ("POST", "/first-admin", "uuuuuu"),
    ("POST", "/session", "pppppp"),
    ("DELETE", "/session", "uppppp"),
    ("GET", "/sign-on", "nnnnnn"),
    ("GET", "/sign-on/callback", "uuuuuu"),
    ("GET", "/me", "uppppp"),
    ("PUT", "/me/password", "uppppp"),
    ("GET", "/users", "ufffpf"),
    ("POST", "/users", "ufffpf"),
    ("GET", "/users/{user}", "ufffpf"),
    ("PUT", "/users/{user}/roles", "ufffpf"),
    ("PUT", "/users/{user}/password", "ufffpf"),
    ("POST", "/users/{user}/disable", "ufffpf"),
    ("POST", "/users/{user}/enable", "ufffpf"),
    ("GET", "/tokens", "uppppp"),
    ("POST", "/tokens", "ufffpf"),
    ("DELETE", "/tokens/{token}", "unnnpn"),
    ("GET", "/audit", "ufffpf"),
    ("GET", "/projects", "uppppp"),
    ("GET", "/projects/{project}", "uppppn"),
    ("PUT", "/projects/{project}", "uffppn"),
    ("GET", "/projects/{project}/versions", "uppppn"),
    ("GET", "/projects/{project}/versions/{version}", "uppppn"),
    ("POST", "/projects/{project}/versions/{version}/restore", "uffppn"),
    ("GET", "/projects/{project}/secrets", "uffppn"),
    ("PUT", "/projects/{project}/secrets/{name}", "uffppn"),
    ("DELETE", "/projects/{project}/secrets/{name}", "uffppn"),
    ("GET", "/projects/{project}/schedules", "uppppn"),
    ("GET", "/projects/{project}/syncs/{sync}/next", "uppppn"),
    ("GET", "/projects/{project}/syncs/{sync}/ticks", "uppppn"),
    ("GET", "/schedules/next", "uppppp"),
    ("GET", "/connectors", "uppppp"),
    ("GET", "/projects/{project}/connections", "uppppn"),
    ("POST", "/projects/{project}/draft/check", "uffppn"),
    ("POST", "/projects/{project}/draft/discover", "uffppn"),
    ("POST", "/projects/{project}/draft/preview", "uffppn"),
    ("POST", "/projects/{project}/draft/plan", "uffppn"),
    ("POST", "/projects/{project}/syncs/{sync}/rejects", "ufpppn"),
    ("POST", "/projects/{project}/syncs/{sync}/rejects/replay", "ufpppn"),
    ("POST", "/projects/{project}/connections/{connection}/check", "ufpppn"),
    (
        "POST",
        "/projects/{project}/connections/{connection}/discover",
        "ufpppn",
    ),
    ("POST", "/projects/{project}/syncs/{sync}/preview", "ufpppn"),
    ("POST", "/projects/{project}/syncs/{sync}/plan", "ufpppn"),
    ("POST", "/projects/{project}/syncs/{sync}/verify", "ufpppn"),
    ("POST", "/projects/{project}/syncs/{sync}/reset", "ufpppn"),
    ("GET", "/projects/{project}/jobs/{job}", "ufpppn"),
    ("DELETE", "/projects/{project}/jobs/{job}", "ufpppn"),
    ("POST", "/projects/{project}/syncs/{sync}/hook/key", "ufffpn"),
    ("POST", "/projects/{project}/syncs/{sync}/hook", "uuuuuu"),
    ("GET", "/projects/{project}/syncs", "uppppn"),
    ("POST", "/projects/{project}/syncs/{sync}/runs", "ufpppn"),
    ("POST", "/projects/{project}/syncs/{sync}/pause", "ufpppn"),
    ("POST", "/projects/{project}/syncs/{sync}/resume", "ufpppn"),
    ("GET", "/workers", "uppppf"),
    ("GET", "/queues", "uppppf"),
    ("GET", "/runs", "uppppp"),
    ("GET", "/runs/{run}", "uppppn"),
    ("GET", "/runs/{run}/events", "uppppn"),
    ("GET", "/runs/{run}/logs", "uppppn"),
    ("POST", "/runs/{run}/cancel", "ufpppn"),
    ("POST", "/runs/{run}/retry", "ufpppn"),
    ("POST", "/runs/{run}/undo", "ufpppn"),
];

/// What is sent along: what a route takes where its handler decides by it, else something that it refuses when it gets there.
pub(super) fn body(method: &str, path: &str) -> Option<Json> {
    match (method, path) {
        ("POST", "/first-admin") => Some(json!({ "token": "x", "name": "eve", "password": "a long enough one" })),
        ("POST", "/tokens") => Some(json!({ "name": "made", "role": "viewer", "project": "shop" })),
        ("POST" | "PUT", _) => Some(json!({})),
        _ => None,
    }
}

/// The program's routes: method, and path under `/api/v1`; not the description of them, which is for all.
pub(crate) fn routes() -> BTreeSet<(String, String)> {
    let description: Json = serde_json::from_str(&syncapp_api::openapi()).unwrap();
    let mut routes = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        for method in item.as_object().unwrap().keys().filter(|_| path != "/openapi.json") {
            routes.insert((method.to_uppercase(), path.to_owned()));
        }
    }
    routes
}

/// The routes that are for somebody who is not known: of a browser's session they take nothing.
pub(super) fn is_open(method: &str, path: &str) -> bool {
    let public = [("POST", "/first-admin"), ("POST", "/session")];
    public.contains(&(method, path)) || path.starts_with("/sign-on") || path.ends_with("/hook")
}

pub(super) struct House {
    pub(super) agent: Agent,
    run: String,
    tokens: Vec<Option<String>>,
}

async fn house() -> House {
    let agent = Agent::start(&format!("master_key = \"{}\"", master_key())).await;
    house_of(agent).await
}

/// Two projects with a run each that is over, a user, and a caller of each kind.
pub(super) async fn house_of(agent: Agent) -> House {
    furnish(agent.syncapp());
    let mut run = String::new();
    for project in ["crm", "shop"] {
        agent.push(project, &copying(""), None).await.done();
        run = agent.run(project, "copy").await;
        agent.over(&run).await;
    }
    let ada = json!({ "name": "ada", "password": "correct horse battery", "roles": [] });
    agent.ask(Method::POST, "/users", Some(ada)).await.done();
    let mut tokens = vec![None];
    for role in ["viewer", "operator", "editor", "admin"] {
        tokens.push(Some(agent.make_token(role, None).await));
    }
    tokens.push(Some(agent.make_token("admin", Some("crm")).await));
    House { agent, run, tokens }
}

impl House {
    async fn ask(&self, caller: usize, method: &str, path: &str, body: Option<Json>) -> (u16, Json) {
        let header = self.tokens[caller].as_ref().map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = header.iter().map(|header| ("authorization", header.as_str())).collect();
        let answer = self.agent.with(method.parse().unwrap(), path, &headers, body).await;
        (answer.status.as_u16(), answer.body)
    }

    /// The path with what there is in it. A token, a secret and a job are made for each call: one
    /// that passes does away with them.
    pub(super) async fn path(&self, path: &str) -> String {
        let mut path = path
            .replace("{project}", "shop")
            .replace("{sync}", "copy")
            .replace("{run}", &self.run)
            .replace("{user}", "ada")
            .replace("{version}", "1")
            .replace("{connection}", "from");
        if path.contains("{token}") {
            let body = json!({ "name": "victim", "role": "viewer", "project": "shop" });
            let made = self.agent.ask(Method::POST, "/tokens", Some(body)).await.done();
            path = path.replace("{token}", made["id"].as_str().unwrap());
        }
        if path.contains("{name}") {
            path = path.replace("{name}", "password");
            let body = json!({ "value": "a secret" });
            self.agent.ask(Method::PUT, &path, Some(body)).await.done();
        }
        if path.contains("{job}") {
            let check = "/projects/shop/connections/from/check";
            let begun = self.agent.ask(Method::POST, check, None).await.done();
            path = path.replace("{job}", begun["id"].as_str().unwrap());
        }
        if path == "/schedules/next" {
            // It says nothing where it is asked of nothing.
            path += "?schedule=%7B%22cron%22%3A%220%203%20*%20*%20*%22%7D";
        }
        path
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_has_a_row_and_every_caller_what_it_says() {
    let rows = ROWS
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    let rows: BTreeSet<_> = rows.collect();
    assert_eq!(routes(), rows);
    assert_eq!(rows.len(), ROWS.len());
    let house = house().await;
    for (method, path, expected) in ROWS {
        let mut seen = String::new();
        for (caller, name) in CALLERS.iter().enumerate() {
            let place = house.path(path).await;
            let (status, answer) = house.ask(caller, method, &place, body(method, path)).await;
            seen.push(match status {
                401 => 'u',
                403 => 'f',
                404 => 'n',
                405 | 500.. => panic!("{method} {path} as {name}: {status} {answer}"),
                _ => 'p',
            });
        }
        assert_eq!(seen, **expected, "{method} {path}, as {CALLERS:?}");
    }
    // Whoever was let in everywhere has broken nothing.
    house.agent.get("/projects/shop").await.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hold_what_their_reader_may_see() {
    let house = house().await;
    let names = |list: &Json, key: &str| {
        let items = list["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item[key].as_str().unwrap().to_owned())
            .collect::<BTreeSet<_>>()
    };
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    for (caller, expected) in [(1, of(&["crm", "shop"])), (5, of(&["crm"]))] {
        for list in ["/projects", "/runs"] {
            let (_, answer) = house.ask(caller, "GET", list, None).await;
            assert_eq!(names(&answer, "project"), expected, "{list} {caller}");
        }
    }
    assert_eq!(house.ask(5, "GET", "/runs?project=shop", None).await.0, 404);
    assert_eq!(house.ask(5, "GET", "/runs?project=crm", None).await.0, 200);
    let (_, tokens) = house.ask(5, "GET", "/tokens", None).await;
    assert_eq!(names(&tokens, "project"), of(&["crm"]));
    for (body, status) in [
        (json!({ "name": "x", "role": "viewer", "project": "crm" }), 201),
        (json!({ "name": "x", "role": "viewer" }), 403),
        (json!({ "name": "x", "role": "viewer", "project": "shop" }), 403),
        (json!({ "name": "x", "role": "owner", "project": "crm" }), 422),
        (json!({ "name": "", "role": "viewer", "project": "crm" }), 422),
        (
            json!({ "name": "x", "role": "viewer", "project": "crm", "expires_in_days": 0 }),
            422,
        ),
    ] {
        let answer = house.ask(5, "POST", "/tokens", Some(body.clone())).await;
        assert_eq!(answer.0, status, "{body}: {}", answer.1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_path_is_a_way_in() {
    let agent = Agent::start("").await;
    furnish(agent.syncapp());
    agent.push("shop", &copying(""), None).await.done();
    let mut paths = Vec::new();
    for (_, path) in routes() {
        let path = format!("/api/v1{}", path.replace("{project}", "shop").replace("{sync}", "copy"));
        let last = path.rfind('/').unwrap();
        paths.extend([
            path.to_uppercase(),
            path.replace('/', "//"),
            path.replacen("/v1/", "/v1/./", 1),
            path.replacen("/v1/", "/v1/session/../", 1),
            path.replacen("/v1/", "/v1/session/..%2f", 1),
            path.replacen("/v1/", "/v1%2f", 1),
            path.replacen("/api", "/%61pi", 1),
            format!("{}%2f{}", &path[..last], &path[last + 1..]),
            format!("{path}/"),
            format!("{path};x"),
            format!("{path};/api/v1/session"),
            format!("{path}.json"),
            format!("{path}%00"),
            format!("{path}?token={}", agent.token()),
            format!("http://127.0.0.1{path}"),
            format!("/api/v1/session{path}"),
        ]);
    }
    for path in paths {
        for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            let status = agent.raw(&request).await;
            assert!([400, 401, 403, 404].contains(&status), "{method} {path}: {status}");
        }
        let length = "Content-Length: 2\r\nContent-Type: application/json\r\n";
        let request = format!("POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{length}\r\n{{}}");
        let status = agent.raw(&request).await;
        // The two public routes are what they are with a query and a host in front, too: they take no such body.
        let place = path.trim_start_matches("http://127.0.0.1").split('?').next();
        let is_public = matches!(place, Some("/api/v1/session" | "/api/v1/first-admin"));
        let refused = [400, 401, 403, 404].contains(&status) || is_public && status == 422;
        assert!(refused, "POST {path}: {status}");
    }
}
