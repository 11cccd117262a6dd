//! The vault: what an agent keeps sealed, who may use it, and what no kill and no dump may show.

pub(crate) mod dumps;
mod keyring;
mod pushing;
mod rotation;
mod routes;

use syncapp_tests::agent::Agent;

/// A project of one sync of SQLite files, whose source is where a secret says.
fn secretive(name: &str) -> String {
    crate::agent::copying("").replace("path: from.db", &format!("path: \"secret://{name}\""))
}

/// Sets a secret by the agent's interface; its version.
async fn set(agent: &Agent, project: &str, name: &str, value: &str) -> u64 {
    let path = format!("/projects/{project}/secrets/{}", name.replace('/', "%2F"));
    let body = serde_json::json!({ "value": value });
    let set = agent.ask(reqwest::Method::PUT, &path, Some(body)).await.done();
    set["version"].as_u64().unwrap()
}
