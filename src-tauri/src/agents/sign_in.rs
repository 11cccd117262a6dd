//! Whether a token is good, and how a user gets one: signs in, makes it, signs out.

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use syncapp_model::{Code, Error, Secret};
use url::Url;

use super::{address, client};
use crate::failed::Failed;

/// For how many days a token that is made here is good.
const DAYS: u32 = 365;

#[derive(Deserialize)]
struct SignedIn {
    csrf_token: String,
}

#[derive(Deserialize)]
struct Me {
    roles: Vec<Grant>,
}

#[derive(Deserialize)]
struct Grant {
    role: String,
    project: Option<String>,
}

#[derive(Deserialize)]
struct Made {
    token: Secret,
}

/// A session, as long as it takes.
struct Session<'a> {
    client: &'a Client,
    agent: &'a Url,
    cookie: String,
    page: String,
}

/// Whether the agent knows a token.
pub(super) async fn try_token(client: &Client, agent: &Url, token: &Secret) -> Result<(), Failed> {
    let request = client.get(place(agent, "/api/v1/me")?).bearer_auth(token.reveal());
    let _: Me = read(client::send(request, agent).await?).await?;
    Ok(())
}

/// A token of a user's, made now.
pub(super) async fn token(client: &Client, agent: &Url, user: &str, password: &Secret) -> Result<Secret, Failed> {
    let entered = client
        .post(place(agent, "/api/v1/session")?)
        .json(&json!({ "name": user, "password": password.reveal() }));
    let answer = client::send(entered, agent).await?;
    let cookie = answer.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
    let cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
    let SignedIn { csrf_token } = read(answer).await?;
    let session = Session {
        client,
        agent,
        cookie: cookie.unwrap_or_default(),
        page: csrf_token,
    };
    let made = session.make().await;
    // Whatever came of it, the session is over.
    let left = session.with(client.delete(place(agent, "/api/v1/session")?));
    let left = client::send(left, agent).await;
    if let Err(error) = left {
        tracing::warn!(%error, "a session at an agent stays open until it is too old");
    }
    made
}

impl Session<'_> {
    async fn make(&self) -> Result<Secret, Failed> {
        let me = self.with(self.client.get(place(self.agent, "/api/v1/me")?));
        let Me { roles } = read(client::send(me, self.agent).await?).await?;
        // Only admins make tokens: of everything, or of one project.
        let admins = roles.into_iter().filter(|grant| grant.role == "admin");
        let Some(grant) = admins.min_by_key(|grant| grant.project.is_some()) else {
            let error = Error::new(Code::Forbidden, "this user may make no token");
            return Err(error
                .help("ask an admin of the agent for one, and add the agent by it")
                .into());
        };
        let token = json!({
            "name": "SyncApp on a desktop",
            "role": grant.role,
            "project": grant.project,
            "expires_in_days": DAYS,
        });
        let made = self.with(self.client.post(place(self.agent, "/api/v1/tokens")?).json(&token));
        let Made { token } = read(client::send(made, self.agent).await?).await?;
        Ok(token)
    }

    /// A request of this session's.
    fn with(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(COOKIE, &self.cookie).header("x-csrf-token", &self.page)
    }
}

fn place(agent: &Url, path: &'static str) -> Result<Url, Error> {
    address::below(agent, &axum::http::Uri::from_static(path))
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, Failed> {
    let status = answer.status();
    let odd = || {
        let why = format!("what answers is no agent of this version (status {status})");
        Failed::from(Error::new(Code::AgentUnreachable, why).help("check the address"))
    };
    let body = answer.bytes().await.map_err(|_| odd())?;
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|_| odd());
    }
    let problem: Option<Value> = serde_json::from_slice(&body).ok();
    Err(problem.as_ref().and_then(Failed::of_agent).unwrap_or_else(odd))
}
