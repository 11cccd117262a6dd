//! Bodies that are not what their route takes: each route of the program that takes JSON, each key of what it takes.

use std::collections::BTreeSet;

use reqwest::Client;
use serde_json::Value as Json;
use syncapp_tests::agent::{Agent, master_key};

use super::matrix::{House, house_of};

/// What no answer may quote, where something else was expected.
const NUMBER: &str = "27182818284590452";
const WORD: &str = "canary-4f1d7a";

/// A route that takes JSON.
struct Taking {
    method: String,
    path: String,
    /// The keys of its body, and whether they are never shown.
    keys: Vec<(String, bool)>,
}

/// All of them, by the program's own description.
fn taking() -> Vec<Taking> {
    let description: Json = serde_json::from_str(&syncapp_api::openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let Some(of) = schema["$ref"].as_str() else {
                assert!(schema.is_null(), "{path}: a body that is described in place");
                continue;
            };
            let schema = description.pointer(of.trim_start_matches('#')).unwrap();
            let keys = schema["properties"].as_object().unwrap().iter();
            let keys = keys.map(|(key, of)| (key.clone(), of["writeOnly"] == true)).collect();
            all.push(Taking {
                method: method.to_uppercase(),
                path: path.trim_start_matches("/api/v1").to_owned(),
                keys,
            });
        }
    }
    assert!(all.len() > 15, "{}", all.len());
    all
}

struct Asking {
    house: House,
    client: Client,
}

impl Asking {
    async fn new() -> Self {
        let agent = Agent::start(&format!("master_key = \"{}\"", master_key())).await;
        let house = house_of(agent).await;
        let client = Client::new();
        Self { house, client }
    }

    /// The status, and the problem that is answered; null where it is none.
    async fn send(&self, route: &Taking, body: String) -> (u16, Json) {
        let agent = &self.house.agent;
        let url = format!("{}/api/v1{}", agent.url(), self.house.path(&route.path).await);
        let request = self.client.request(route.method.parse().unwrap(), url);
        let request = request
            .bearer_auth(agent.token())
            .header("content-type", "application/json");
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        let is_problem = answer
            .headers()
            .get("content-type")
            .is_some_and(|form| form == "application/problem+json");
        let body = answer.bytes().await.unwrap();
        let problem = if is_problem {
            serde_json::from_slice(&body).unwrap()
        } else {
            Json::Null
        };
        (status, problem)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_nested_too_deep_is_refused_and_the_agent_lives() {
    let asking = Asking::new().await;
    let process = asking.house.agent.process();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let (array, object) = (deep("[", "]"), deep("{\"a\":", "}").replace(":}", ":1}"));
    for route in taking() {
        let mut bodies = vec![array.clone(), object.clone(), "[".repeat(10_000)];
        for (key, _) in &route.keys {
            bodies.extend([&array, &object].map(|deep| format!("{{\"{key}\":{deep}}}")));
        }
        for body in bodies {
            let start = body[..40.min(body.len())].to_owned();
            let (status, problem) = asking.send(&route, body).await;
            assert!(
                [400, 422].contains(&status) && problem["code"] == "config.invalid_value",
                "{} {} {start}: {status} {problem}",
                route.method,
                route.path
            );
        }
    }
    asking.house.agent.get("/me").await.done();
    assert_eq!(asking.house.agent.process(), process);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_in_the_wrong_place_is_not_told() {
    let asking = Asking::new().await;
    let mut secret = BTreeSet::new();
    for route in taking() {
        for (key, is_secret) in &route.keys {
            let wrong = [
                format!("{{\"{key}\": {NUMBER}}}"),
                format!("{{\"{key}\": -{NUMBER}.5}}"),
                format!("{{\"{key}\": [{{\"{WORD}\": \"{WORD}\"}}]}}"),
                format!("{{\"{key}\": {{\"{key}\": \"{WORD}\"}}}}"),
                format!("{{\"{key}\": \"{WORD}\", \"{WORD}"),
                format!("{{\"{key}\": {WORD}}}"),
            ];
            for body in wrong {
                let (status, problem) = asking.send(&route, body.clone()).await;
                let at = format!("{} {} {body}: {status} {problem}", route.method, route.path);
                if problem["detail"] != "the body is not what this request takes" {
                    assert!(!is_secret, "{at}");
                    continue;
                }
                assert!([400, 422].contains(&status), "{at}");
                let error = &problem["errors"][0];
                assert!(error["help"].is_string() && error["driver"].is_string(), "{at}");
                let told = problem.to_string();
                assert!(!told.contains(NUMBER) && !told.contains(WORD), "{at}");
                if *is_secret {
                    secret.insert(format!("{} {key}", route.path));
                }
            }
        }
    }
    assert!(secret.len() >= 8, "{secret:?}");
    let log = asking.house.agent.get("/audit").await.done().to_string() + &asking.house.agent.syncapp().said();
    assert!(!log.contains(NUMBER) && !log.contains(WORD), "{log}");
}
