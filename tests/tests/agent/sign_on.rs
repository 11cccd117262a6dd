//! Signing in at an identity provider: a real one, and one that lies.

mod limits;

use std::collections::BTreeMap;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, Url};
use serde_json::{Value as Json, json};
use syncapp_tests::agent::Agent;
use syncapp_tests::server::issuer::Issuer;
use syncapp_tests::server::oidc::{CLIENT, Provider, SECRET};
use syncapp_tests::syncapp::Syncapp;

use super::network::Canary;

/// A browser: it keeps what it is given, and shows where it is sent without going there.
struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
    /// Where a proxy in front of the agent says that it is.
    address: Option<String>,
}

impl Browser {
    fn new() -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self {
            client,
            cookies: BTreeMap::new(),
            address: None,
        }
    }

    fn at(address: &str) -> Self {
        Self {
            address: Some(address.to_owned()),
            ..Self::new()
        }
    }

    async fn send(&mut self, method: Method, url: &str, form: Option<&str>) -> Response {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = self.client.request(method, url).header("cookie", cookies.join("; "));
        request = request.header("sec-fetch-site", "cross-site");
        if let Some(address) = &self.address {
            request = request.header("x-forwarded-for", address);
        }
        if let Some(form) = form {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.to_owned());
        }
        let answer = request.send().await.unwrap();
        for line in answer.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() || line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Where it is sent to.
    async fn sent(&mut self, method: Method, url: &str, form: Option<&str>) -> String {
        let answer = self.send(method, url, form).await;
        let status = answer.status();
        let to = answer
            .headers()
            .get("location")
            .map(|to| to.to_str().unwrap().to_owned());
        let Some(to) = to else {
            panic!("{url}: {status} {}", answer.text().await.unwrap())
        };
        Url::parse(url).unwrap().join(&to).unwrap().to_string()
    }

    /// What it is signed in as.
    async fn me(&mut self, agent: &Agent) -> Option<Json> {
        let cookie = format!("__Host-syncapp={}", self.cookies.get("__Host-syncapp")?);
        Some(
            agent
                .with(Method::GET, "/me", &[("cookie", &cookie)], None)
                .await
                .done(),
        )
    }
}

/// The query of an address.
fn query(url: &str) -> BTreeMap<String, String> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

/// An agent whose people sign in there. It is not started yet: its address is what the provider has to know.
pub(super) fn agent(issuer: &str, client: &str) -> (Syncapp, String) {
    let mut syncapp = Syncapp::default();
    syncapp.set("SYNCAPP_OIDC_ISSUER", issuer);
    syncapp.set("SYNCAPP_OIDC_SECRET", SECRET);
    let settings = format!("oidc_client = \"{client}\"\noidc_roles = [\"staff=viewer\", \"shop-team=editor:shop\"]\n");
    (syncapp, settings)
}

fn callback(agent: &Agent) -> String {
    format!("{}/api/v1/sign-on/callback", agent.url())
}

pub(super) async fn started(mut agent: Agent) -> Agent {
    let url = agent.url().to_owned();
    agent.set("SYNCAPP_PUBLIC_URL", &url);
    agent.start_again().await;
    agent
}

/// Signs somebody in at the provider, and brings them back: the last answer.
async fn through(browser: &mut Browser, agent: &Agent, login: &str) -> Response {
    let back = sent_back(browser, agent, login).await;
    browser.send(Method::GET, &back, None).await
}

/// Signs somebody in at the provider: where it sends them back to.
async fn sent_back(browser: &mut Browser, agent: &Agent, login: &str) -> String {
    let mut at = browser
        .sent(Method::GET, &format!("{}/api/v1/sign-on", agent.url()), None)
        .await;
    let asked = query(&at);
    assert_eq!(
        (asked["response_type"].as_str(), asked["code_challenge_method"].as_str()),
        ("code", "S256")
    );
    for _ in 0..10 {
        if at.starts_with(&callback(agent)) {
            return at;
        }
        at = if at.contains("/interaction/") {
            let page = browser.send(Method::GET, &at, None).await.text().await.unwrap();
            let form = if page.contains("name=\"password\"") {
                format!("prompt=login&login={login}&password=x")
            } else {
                "prompt=consent".to_owned()
            };
            browser.sent(Method::POST, &at, Some(&form)).await
        } else {
            browser.sent(Method::GET, &at, None).await
        };
    }
    panic!("it comes to no end: {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_signs_people_in_by_what_it_calls_them() {
    // The provider has to know where the agent is, and the agent where the provider is.
    let (syncapp, settings) = agent("http://127.0.0.1:1", CLIENT);
    let mut agent = Agent::new(syncapp, &settings);
    let provider = Provider::start(&callback(&agent)).await;
    agent.set("SYNCAPP_OIDC_ISSUER", &provider.url());
    let agent = started(agent).await;
    let local = json!({ "name": "ada", "password": "correct horse battery", "roles": [{ "role": "admin" }] });
    agent.ask(Method::POST, "/users", Some(local)).await.done();

    let mut browser = Browser::new();
    let back = through(&mut browser, &agent, "ada.staff.shop-team").await;
    assert_eq!(back.status(), 303);
    assert_eq!(back.headers()["location"], "/");
    let told = browser.me(&agent).await.expect("she is signed in");
    assert_eq!(
        told["roles"],
        json!([{ "role": "viewer" }, { "role": "editor", "project": "shop" }])
    );
    let name = told["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("ada-"), "not the admin who is called ada: {name}");

    let mut again = Browser::new();
    through(&mut again, &agent, "ada.staff.shop-team").await;
    assert_eq!(again.me(&agent).await.unwrap()["name"], json!(name));
    let mut other = Browser::new();
    through(&mut other, &agent, "ada.staff").await;
    let other = other.me(&agent).await.unwrap();
    assert!(
        other["name"] != json!(name) && other["roles"] == json!([{ "role": "viewer" }]),
        "{other}"
    );
    let mut nobody = Browser::new();
    assert_eq!(
        through(&mut nobody, &agent, "eve.guests").await.status(),
        401,
        "no group of hers has a role"
    );
    assert_eq!(nobody.me(&agent).await, None);

    // It says that it always says who it is.
    let own = provider.url();
    for (issuer, status) in [
        (Some("https://id.example"), 401),
        (Some(""), 401),
        (None, 401),
        (Some(own.as_str()), 303),
    ] {
        let mut browser = Browser::new();
        let mut back = Url::parse(&sent_back(&mut browser, &agent, "ada.staff").await).unwrap();
        let mut parameters = query(back.as_str());
        assert_eq!(parameters.remove("iss").as_ref(), Some(&own));
        parameters.extend(issuer.map(|issuer| ("iss".to_owned(), issuer.to_owned())));
        back.query_pairs_mut().clear().extend_pairs(&parameters);
        assert_eq!(
            browser.send(Method::GET, back.as_str(), None).await.status(),
            status,
            "{issuer:?}"
        );
    }

    agent
        .ask(Method::POST, &format!("/users/{name}/disable"), None)
        .await
        .done();
    let mut late = Browser::new();
    assert_eq!(through(&mut late, &agent, "ada.staff.shop-team").await.status(), 401);
    let password = json!({ "password": "a password of her own" });
    let path = format!("/users/{name}/password");
    assert_eq!(agent.ask(Method::PUT, &path, Some(password)).await.status, 409);
    let entered = json!({ "name": name, "password": "" });
    assert_eq!(
        agent.with(Method::POST, "/session", &[], Some(entered)).await.status,
        401
    );
}

/// An ID token that is made out of the claims of a good one.
type Forge<'a> = Box<dyn Fn(&Json) -> String + 'a>;

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_token_signs_anybody_in() {
    let issuer = Issuer::start().await;
    let (syncapp, settings) = agent(issuer.url(), "us");
    let agent = started(Agent::new(syncapp, &settings)).await;
    let es256 = json!({ "alg": "ES256", "kid": "one" });
    let with = |claims: &Json, key: &str, value: Json| {
        let mut claims = claims.clone();
        claims[key] = value;
        claims
    };
    let without = |claims: &Json, key: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(key);
        claims
    };
    let sign = |claims: &Json| issuer.signed(&es256, claims);
    let gives_honest = |nonce: &str| issuer.gives(sign(&issuer.claims("us", nonce)));
    let cases: Vec<(&str, Forge<'_>, bool)> = vec![
        ("an honest one", Box::new(sign), true),
        (
            "several audiences, and ours is the party",
            Box::new(|c| sign(&with(&with(c, "aud", json!(["us", "x"])), "azp", json!("us")))),
            true,
        ),
        (
            "another audience",
            Box::new(|c| sign(&with(c, "aud", json!("them")))),
            false,
        ),
        (
            "several audiences",
            Box::new(|c| sign(&with(c, "aud", json!(["us", "them"])))),
            false,
        ),
        (
            "another party",
            Box::new(|c| sign(&with(c, "azp", json!("them")))),
            false,
        ),
        ("no audience", Box::new(|c| sign(&without(c, "aud"))), false),
        (
            "another issuer",
            Box::new(|c| sign(&with(c, "iss", json!("https://id.example")))),
            false,
        ),
        ("no issuer", Box::new(|c| sign(&without(c, "iss"))), false),
        (
            "another nonce",
            Box::new(|c| sign(&with(c, "nonce", json!("x")))),
            false,
        ),
        ("no nonce", Box::new(|c| sign(&without(c, "nonce"))), false),
        (
            "expired",
            Box::new(|c| sign(&with(c, "exp", json!(c["iat"].as_u64().unwrap() - 60)))),
            false,
        ),
        ("no end", Box::new(|c| sign(&without(c, "exp"))), false),
        (
            "not yet",
            Box::new(|c| sign(&with(c, "nbf", json!(c["iat"].as_u64().unwrap() + 600)))),
            false,
        ),
        ("nobody", Box::new(|c| sign(&without(c, "sub"))), false),
        ("an empty name", Box::new(|c| sign(&with(c, "sub", json!("")))), false),
        (
            "alg none",
            Box::new(|c| issuer.unsigned(&json!({ "alg": "none" }), c)),
            false,
        ),
        (
            "alg None",
            Box::new(|c| issuer.unsigned(&json!({ "alg": "None", "kid": "one" }), c)),
            false,
        ),
        ("no signature", Box::new(|c| issuer.unsigned(&es256, c)), false),
        (
            "the public key as a secret",
            Box::new(|c| issuer.keyed(&json!({ "alg": "HS256", "kid": "one" }), c)),
            false,
        ),
        (
            "somebody else's signature",
            Box::new(|c| issuer.forged(&es256, c)),
            false,
        ),
        (
            "another key",
            Box::new(|c| issuer.signed(&json!({ "alg": "ES256", "kid": "two" }), c)),
            false,
        ),
        (
            "another algorithm",
            Box::new(|c| issuer.signed(&json!({ "alg": "ES384", "kid": "one" }), c)),
            false,
        ),
        ("no token", Box::new(|_| "x".into()), false),
    ];
    for (what, forge, good) in &cases {
        let mut browser = Browser::new();
        let to = browser
            .sent(Method::GET, &format!("{}/api/v1/sign-on", agent.url()), None)
            .await;
        let asked = query(&to);
        issuer.gives(forge(&issuer.claims("us", &asked["nonce"])));
        let back = format!("{}?code=canary-code&state={}", callback(&agent), asked["state"]);
        let status = browser.send(Method::GET, &back, None).await.status().as_u16();
        assert_eq!(status, if *good { 303 } else { 401 }, "{what}");
        assert_eq!(browser.me(&agent).await.is_some(), *good, "{what}");
    }
    let sent = issuer.asked();
    assert!(
        sent.contains("code=canary-code") && sent.contains("code_verifier=") && sent.contains("authorization: Basic "),
        "{sent}"
    );

    // This one does not say that it says who it is: only another one is refused.
    for (sender, status) in [(issuer.url(), 303), ("https://id.example", 401)] {
        let mut browser = Browser::new();
        let to = browser
            .sent(Method::GET, &format!("{}/api/v1/sign-on", agent.url()), None)
            .await;
        let asked = query(&to);
        gives_honest(&asked["nonce"]);
        let back = format!(
            "{}?code=canary-code&state={}&iss={sender}",
            callback(&agent),
            asked["state"]
        );
        assert_eq!(
            browser.send(Method::GET, &back, None).await.status(),
            status,
            "{sender}"
        );
    }

    // What is brought back has to fit the browser that left.
    let mut browser = Browser::new();
    let to = browser
        .sent(Method::GET, &format!("{}/api/v1/sign-on", agent.url()), None)
        .await;
    let asked = query(&to);
    gives_honest(&asked["nonce"]);
    let back = format!("{}?code=canary-code&state={}", callback(&agent), asked["state"]);
    assert_eq!(
        Browser::new().send(Method::GET, &back, None).await.status(),
        401,
        "in another browser"
    );
    let mut elsewhere = Browser::new();
    elsewhere
        .sent(Method::GET, &format!("{}/api/v1/sign-on", agent.url()), None)
        .await;
    assert_eq!(
        elsewhere.send(Method::GET, &back, None).await.status(),
        401,
        "in one that left for itself"
    );
    let wrong = format!("{}?code=canary-code&state=x", callback(&agent));
    let kept = browser.cookies.clone();
    assert_eq!(browser.send(Method::GET, &wrong, None).await.status(), 401);
    assert!(browser.cookies.is_empty(), "the way back is gone once");
    browser.cookies = kept;
    assert_eq!(browser.send(Method::GET, &back, None).await.status(), 303);
    assert!(!agent.syncapp().said().contains("canary-code") && !agent.syncapp().said().contains(SECRET));
}

/// A provider leads an agent nowhere that its operator does not allow, whatever it says of itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_leads_nowhere_else() {
    for endpoint in ["token_endpoint", "jwks_uri"] {
        for (rule, is_reached) in [("network.deny = [\"127.0.0.2\"]", false), ("", true)] {
            let canary = Canary::listen().await;
            let elsewhere = format!("http://127.0.0.2:{}/x", canary.port);
            let issuer = Issuer::describing(&[(endpoint, &elsewhere)]).await;
            let (syncapp, settings) = agent(issuer.url(), "us");
            let agent = started(Agent::new(syncapp, &format!("{rule}\n{settings}"))).await;
            let mut browser = Browser::new();
            let status = honest(&mut browser, &agent, &issuer).await;
            assert!(status >= 400, "{endpoint}: {status}");
            assert!(browser.me(&agent).await.is_none(), "{endpoint}");
            if is_reached {
                canary.visited().await;
            }
            assert_eq!(canary.visits() > 0, is_reached, "{endpoint}, {rule}");
        }
    }
}

/// Somebody whom the provider vouches for: what the agent answers when it comes back.
async fn honest(browser: &mut Browser, agent: &Agent, issuer: &Issuer) -> u16 {
    let leave = format!("{}/api/v1/sign-on", agent.url());
    let asked = query(&browser.sent(Method::GET, &leave, None).await);
    let claims = issuer.claims("us", &asked["nonce"]);
    issuer.gives(issuer.signed(&json!({ "alg": "ES256", "kid": "one" }), &claims));
    let back = format!("{}?code=x&state={}", callback(agent), asked["state"]);
    browser.send(Method::GET, &back, None).await.status().as_u16()
}
