//! Other sites make a browser do nothing with the session that it keeps, and hear nothing: each route of the program.

use reqwest::Method;
use serde_json::json;
use syncapp_tests::agent::{Agent, master_key};

use super::accounts::{PASSWORD, add, enter, kept as session_of};
use super::kept::{difference, kept};
use super::matrix::{House, body, house_of, is_open, routes};

/// What browsers say of another site that has made them ask.
const FOREIGN: [&[(&str, &str)]; 5] = [
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
];

/// An agent with an admin who has signed in: the cookie, and what pages show besides.
async fn signed_in() -> (House, String, String) {
    let agent = Agent::start(&format!("master_key = \"{}\"", master_key())).await;
    let house = house_of(agent).await;
    add(&house.agent, "root", json!([{ "role": "admin" }])).await;
    let (cookie, page) = session_of(enter(&house.agent, "root", PASSWORD, &[]).await);
    (house, cookie, page)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_the_agent_change_something_in_a_session() {
    let (house, cookie, page) = signed_in().await;
    let agent = &house.agent;
    let (_, others) = session_of(enter(agent, "root", PASSWORD, &[]).await);
    let token = ("x-csrf-token", page.as_str());
    let mut changing = Vec::new();
    for (method, path) in routes().into_iter().filter(|(method, _)| method != "GET") {
        let place = house.path(&path).await;
        changing.push((method, path, place));
    }
    assert!(changing.len() > 30, "{changing:?}");
    // Who signs out does so last.
    changing.sort_by_key(|(method, path, _)| method == "DELETE" && path == "/session");
    let ask = async |method: &str, path: &str, place: &str, shown: &[(&str, &str)]| {
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(shown);
        let method: Method = method.parse().unwrap();
        agent
            .with(method.clone(), place, &headers, body(method.as_str(), path))
            .await
    };

    let before = kept(agent).await;
    for (method, path, place) in &changing {
        let mut refused: Vec<Vec<(&str, &str)>> = FOREIGN
            .iter()
            .map(|foreign| foreign.iter().copied().chain([token]).collect())
            .collect();
        if !is_open(method, path) {
            let wrong = ["", "x", others.as_str(), cookie.as_str()];
            refused.push(Vec::new());
            refused.extend(wrong.map(|wrong| vec![("x-csrf-token", wrong)]));
        }
        for shown in refused {
            let answer = ask(method, path, place, &shown).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (403, "agent.forbidden"),
                "{method} {path} with {shown:?}: {}",
                answer.body
            );
        }
    }
    // Nothing was done, and nothing told.
    let after = kept(agent).await;
    assert_eq!(difference(&before, &after), Vec::<String>::new());
    assert_eq!(before, after);

    // What was refused is what a page of the agent's may do.
    let own = [token, ("origin", agent.url()), ("sec-fetch-site", "same-origin")];
    for (method, path, place) in changing.iter().filter(|(method, path, _)| !is_open(method, path)) {
        let answer = ask(method, path, place, &own).await;
        let status = answer.status.as_u16();
        assert!(
            ![401, 403].contains(&status),
            "{method} {path}: {status} {}",
            answer.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_site_reads_in_a_session() {
    let (house, cookie, _) = signed_in().await;
    let agent = &house.agent;
    let own = agent.url().to_owned();
    let reading = routes()
        .into_iter()
        .filter(|(method, path)| method == "GET" && !is_open(method, path));
    let mut streams = 0;
    for (_, path) in reading {
        let place = house.path(&path).await;
        let ask = async |shown: &[(&str, &str)]| {
            let mut headers = vec![("cookie", cookie.as_str())];
            headers.extend(shown);
            agent.with(Method::GET, &place, &headers, None).await
        };
        for foreign in FOREIGN {
            let answer = ask(foreign).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (403, "agent.forbidden"),
                "{path} with {foreign:?}: {}",
                answer.body
            );
        }
        for shown in [
            &[("origin", own.as_str())][..],
            &[("sec-fetch-site", "same-origin")],
            &[],
        ] {
            let answer = ask(shown).await;
            assert_eq!(answer.status, 200, "{path} with {shown:?}: {}", answer.body);
            let form = answer.headers["content-type"].to_str().unwrap();
            streams += usize::from(form.starts_with("text/event-stream"));
        }
    }
    assert_eq!(streams, 3, "events of runs are among them");
}
