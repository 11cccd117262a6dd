//! Two agents that answer over one database and one cache: what is taken away at the one is gone at the other with the next request.

use reqwest::Method;
use serde_json::{Value as Json, json};
use syncapp_tests::agent::Agent;
use syncapp_tests::fleet::{Fleet, Servers};

use super::accounts::{PASSWORD, add, enter, kept, me};

/// Somebody with a session and a token.
struct Somebody {
    name: String,
    cookie: String,
    page: String,
    token: String,
    token_id: String,
}

impl Somebody {
    async fn new(agent: &Agent, name: &str) -> Self {
        add(agent, name, json!([{ "role": "admin" }])).await;
        let (cookie, page) = kept(enter(agent, name, PASSWORD, &[]).await);
        let shown = [("cookie", cookie.as_str()), ("x-csrf-token", page.as_str())];
        let body = json!({ "name": "ci", "role": "viewer" });
        let made = agent.with(Method::POST, "/tokens", &shown, Some(body)).await.done();
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        Self {
            name: name.to_owned(),
            token: text("token"),
            token_id: text("id"),
            cookie,
            page,
        }
    }

    /// What the agent answers to the session and to the token.
    async fn statuses(&self, agent: &Agent) -> (u16, u16) {
        let token = format!("Bearer {}", self.token);
        let program = agent.with(Method::GET, "/me", &[("authorization", &token)], None).await;
        (me(agent, &self.cookie).await.status.as_u16(), program.status.as_u16())
    }

    async fn is_known_to(&self, agents: &[Agent]) {
        for agent in agents.iter().chain(agents) {
            assert_eq!(self.statuses(agent).await, (200, 200));
        }
    }

    async fn change(&self, agent: &Agent, what: &str, body: Option<Json>) {
        let method = if body.is_some() { Method::PUT } else { Method::POST };
        let path = format!("/users/{}/{what}", self.name);
        let changed = agent.ask(method, &path, body).await;
        assert!(changed.status.is_success(), "{path}: {}", changed.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_away_at_one_agent_is_gone_at_the_other() {
    let fleet = Fleet::start(Servers::start().await, &["api", "api"], "", |_| {}).await;
    let [one, other] = &fleet.members[..] else {
        unreachable!()
    };
    let ada = Somebody::new(one, "ada").await;
    ada.is_known_to(&fleet.members).await;
    let none = json!({ "roles": [] });
    ada.change(one, "roles", Some(none)).await;
    assert_eq!(me(other, &ada.cookie).await.done()["roles"], json!([]));
    ada.change(other, "roles", Some(json!({ "roles": [{ "role": "viewer" }] })))
        .await;
    assert_eq!(
        me(one, &ada.cookie).await.done()["roles"],
        json!([{ "role": "viewer" }])
    );

    let shown = [("cookie", ada.cookie.as_str()), ("x-csrf-token", ada.page.as_str())];
    assert_eq!(one.with(Method::DELETE, "/session", &shown, None).await.status, 204);
    assert_eq!(ada.statuses(other).await, (401, 200));
    let revoke = format!("/tokens/{}", ada.token_id);
    assert_eq!(one.ask(Method::DELETE, &revoke, None).await.status, 204);
    assert_eq!(ada.statuses(other).await, (401, 401));

    let bob = Somebody::new(one, "bob").await;
    bob.is_known_to(&fleet.members).await;
    let another = json!({ "password": "another long battery" });
    bob.change(other, "password", Some(another)).await;
    assert_eq!(bob.statuses(one).await, (401, 200));

    let eve = Somebody::new(one, "eve").await;
    eve.is_known_to(&fleet.members).await;
    let dump = fleet.servers.cache.dump().await;
    let dump = String::from_utf8_lossy(&dump);
    assert!(dump.contains("known/session/") && dump.contains("known/token/"));
    for Somebody {
        cookie, page, token, ..
    } in [&ada, &bob, &eve]
    {
        let (_, session) = cookie.split_once('=').unwrap();
        for secret in [session, page, token, PASSWORD] {
            assert!(!dump.contains(secret), "{secret}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_is_refused_whatever_becomes_of_the_cache() {
    let mut fleet = Fleet::start(Servers::start().await, &["api", "api"], "", |_| {}).await;
    for weather in ["well", "flushed", "crashed", "back", "frozen", "thawed"] {
        let somebody = Somebody::new(&fleet.members[0], weather).await;
        somebody.is_known_to(&fleet.members).await;
        let cache = &mut fleet.servers.cache;
        match weather {
            "flushed" => cache.flush().await,
            "crashed" => cache.crash(),
            "back" => cache.restart().await,
            "frozen" => cache.freeze(),
            "thawed" => cache.thaw(),
            _ => {}
        }
        somebody.is_known_to(&fleet.members).await;
        somebody.change(&fleet.members[0], "disable", None).await;
        assert_eq!(somebody.statuses(&fleet.members[1]).await, (401, 401), "{weather}");
        somebody.change(&fleet.members[1], "enable", None).await;
        assert_eq!(somebody.statuses(&fleet.members[0]).await, (401, 200), "{weather}");
    }
}
