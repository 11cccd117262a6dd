//! Sign-on at an OpenID Connect provider: authorization code with PKCE, and an ID token that is looked at closely.
//!
//! The provider's description and keys are fetched anew each time: they change without notice, and people rarely sign in.

mod token;

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use reqwest::{Response, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use syncapp_connector::Network;
use syncapp_control::access::{Brought, Identified, Identity, IdentityProvider};
use syncapp_model::{Code, Error, ErrorKind, Result, Secret, Side};
use url::form_urlencoded;

use super::requests::{Requests, is_safe};
use token::Expected;

/// How long the provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer, in bytes.
const LONGEST: usize = 1 << 20;

/// What an operator says of the provider.
#[derive(Debug, Clone)]
pub(crate) struct OidcSettings {
    /// The provider, as its tokens name it.
    pub(crate) issuer: Url,
    /// What the provider calls this agent.
    pub(crate) client: String,
    /// What the agent shows the provider.
    pub(crate) secret: Secret,
    /// Where browsers come back to.
    pub(crate) redirect: String,
    /// The claim with the groups.
    pub(crate) groups: String,
}

/// A provider.
pub(super) struct Oidc {
    settings: OidcSettings,
    requests: Requests,
}

/// What a provider says of itself.
#[derive(Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: Endpoint,
    token_endpoint: Endpoint,
    jwks_uri: Endpoint,
    /// Whether it always says who it is to a browser that it sends back (RFC 9207).
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Description {
    /// Whether a browser comes from this provider: a code of another one is not shown to it, nor its own to another one.
    fn has_sent(&self, brought: &Brought) -> bool {
        match &brought.issuer {
            Some(issuer) => *issuer == self.issuer,
            None => !self.authorization_response_iss_parameter_supported,
        }
    }
}

/// An address that nobody else reads along.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Endpoint(Url);

impl TryFrom<String> for Endpoint {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        let address = Url::parse(&text).ok().filter(is_safe);
        address.map(Self).ok_or("an address without TLS")
    }
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

impl Oidc {
    pub(super) fn new(settings: OidcSettings, network: &Network) -> Result<Self> {
        Ok(Self {
            settings,
            requests: Requests::within(network, PATIENCE)?,
        })
    }

    async fn get<T: DeserializeOwned>(&self, address: Url) -> Result<T> {
        let client = self.requests.to(&address, Side::Source).await?;
        read(client.get(address).send().await).await
    }

    async fn description(&self) -> Result<Description> {
        let issuer = self.settings.issuer.as_str().trim_end_matches('/');
        let address = format!("{issuer}/.well-known/openid-configuration");
        let address = Url::parse(&address).map_err(|_| untrusted("`oidc_issuer` is no address"))?;
        let description: Description = self.get(address).await?;
        if description.issuer.trim_end_matches('/') != issuer {
            return Err(untrusted("the provider calls itself something else than `oidc_issuer`"));
        }
        Ok(description)
    }
}

#[async_trait]
impl IdentityProvider for Oidc {
    async fn address(&self, state: &str, nonce: &str, challenge: &str) -> Result<String> {
        let mut address = self.description().await?.authorization_endpoint.0;
        address.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.settings.client),
            ("redirect_uri", &self.settings.redirect),
            ("scope", "openid profile email"),
            ("state", state),
            ("nonce", nonce),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]);
        Ok(address.into())
    }

    async fn identify(&self, brought: &Brought, verifier: &str, nonce: &str) -> Result<Identified> {
        let description = self.description().await?;
        if !description.has_sent(brought) {
            return Err(untrusted("somebody else than the provider has sent the browser back"));
        }
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "authorization_code"),
                ("code", brought.code.reveal()),
                ("redirect_uri", &self.settings.redirect),
                ("code_verifier", verifier),
            ])
            .finish();
        let escaped = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let Endpoint(endpoint) = description.token_endpoint;
        let client = self.requests.to(&endpoint, Side::Source).await?;
        let request = client
            .post(endpoint)
            .basic_auth(
                escaped(&self.settings.client),
                Some(escaped(self.settings.secret.reveal())),
            )
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let tokens: Tokens = read(request.send().await).await?;
        let keys: Keys = self.get(description.jwks_uri.0).await?;
        let expected = Expected {
            issuer: &description.issuer,
            client: &self.settings.client,
            nonce,
            now: SystemTime::now(),
        };
        let claims = token::look_at(&tokens.id_token, &keys.keys, &expected).map_err(untrusted)?;
        Ok(Identified {
            name: ["preferred_username", "email"]
                .iter()
                .find_map(|claim| claims.others.get(*claim)?.as_str())
                .map(str::to_owned),
            groups: groups(claims.others.get(&self.settings.groups)),
            identity: Identity {
                issuer: description.issuer,
                subject: claims.sub,
            },
        })
    }
}

/// The groups of a claim: a list, or one.
fn groups(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(group)) => vec![group.clone()],
        Some(Value::Array(groups)) => groups
            .iter()
            .filter_map(|group| group.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

async fn read<T: DeserializeOwned>(answer: reqwest::Result<Response>) -> Result<T> {
    let away = |problem: reqwest::Error| {
        Error::new(Code::Unauthenticated, "the identity provider does not answer")
            .kind(ErrorKind::Transient)
            .help("look whether it runs, and at `oidc_issuer`")
            .driver(problem.without_url())
    };
    let mut answer = answer.map_err(away)?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(away)? {
        body.extend_from_slice(&part);
        if body.len() > LONGEST {
            return Err(untrusted("the identity provider does not come to an end"));
        }
    }
    if !status.is_success() {
        return Err(untrusted("the identity provider refuses").driver(status));
    }
    serde_json::from_slice(&body).map_err(|_| untrusted("the identity provider answers something else"))
}

fn untrusted(why: &str) -> Error {
    Error::new(Code::Unauthenticated, why).help("look at the provider's settings of this agent, and at those here")
}
