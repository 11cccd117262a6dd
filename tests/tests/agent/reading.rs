//! Whoever reads changes nothing, whatever the table of rules calls its routes.

use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::json;
use syncapp_tests::agent::{Agent, master_key};
use syncapp_tests::server::issuer::Issuer;

use super::accounts::{PASSWORD, add, enter, kept as session_of};
use super::kept::{difference, kept};
use super::matrix::{house_of, is_open, routes};
use super::sign_on;

#[tokio::test(flavor = "multi_thread")]
async fn no_get_changes_what_is_kept() {
    // With a provider, so that the way there and back is there as well.
    let issuer = Issuer::start().await;
    let (syncapp, settings) = sign_on::agent(issuer.url(), "us");
    let settings = format!("master_key = \"{}\"\n{settings}", master_key());
    let house = house_of(sign_on::started(Agent::new(syncapp, &settings)).await).await;
    let agent = &house.agent;
    add(agent, "root", json!([{ "role": "admin" }])).await;
    let (cookie, _) = session_of(enter(agent, "root", PASSWORD, &[]).await);
    let token = format!("Bearer {}", agent.make_token("admin", None).await);
    let own = format!("Bearer {}", agent.token());
    let callers = [
        ("authorization", own.as_str()),
        ("authorization", token.as_str()),
        ("cookie", cookie.as_str()),
    ];
    let mut paths = Vec::new();
    for (_, path) in routes().into_iter().filter(|(method, _)| method == "GET") {
        paths.push((house.path(&path).await, is_open("GET", &path)));
    }
    assert!(paths.len() > 20, "{paths:?}");
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let before = kept(agent).await;
    for (path, is_open) in &paths {
        for query in ["", "limit=1&after=x&state=done&project=shop&code=x&state=y"] {
            for (header, shown) in callers {
                for method in [Method::GET, Method::HEAD] {
                    let sign = if path.contains('?') { '&' } else { '?' };
                    let url = format!("{}/api/v1{path}{sign}{query}", agent.url());
                    let request = client.request(method.clone(), url).header(header, shown);
                    let answer = request.send().await.unwrap();
                    let status = answer.status().as_u16();
                    // To its end: a stream of events of a run that is over has one.
                    answer.bytes().await.unwrap();
                    let expected: &[u16] = match (query, is_open) {
                        ("", true) => &[303, 401],
                        ("", false) => &[200],
                        _ => &[200, 303, 400, 401, 404, 422],
                    };
                    assert!(expected.contains(&status), "{method} {path} {query}: {status}");
                }
            }
        }
    }
    let after = kept(agent).await;
    assert_eq!(difference(&before, &after), Vec::<String>::new());
    assert_eq!(before, after);
}
