//! The agents that somebody has stored: where they are, and what they are asked by. Tokens are in the vault, never in the file.

mod address;
mod certificate;
mod client;
mod sign_in;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::{Client, Response};
use serde::{Deserialize, Serialize};
use syncapp_control::{SecretId, Vault};
use syncapp_model::{Code, Error, Result, Secret};
use url::Url;
use uuid::Uuid;

use crate::failed::Failed;
use crate::file;
use crate::preferences::Way;
use crate::request::Asked;

pub(crate) use certificate::{Certificate, Fingerprint, roots};

/// The file with them.
const FILE: &str = "agents.json";
/// The longest name, in characters.
const LONGEST: usize = 100;

/// An agent, as the file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// What its token is kept under.
    id: Uuid,
    name: String,
    url: Url,
    certificate: Option<Fingerprint>,
}

/// An agent, as pages are told.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    name: String,
    url: Url,
    certificate: Option<Fingerprint>,
}

/// An agent to be.
pub(crate) struct NewAgent {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) token: Option<Secret>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) certificate: Option<Fingerprint>,
}

impl From<Stored> for Told {
    fn from(agent: Stored) -> Self {
        Self {
            name: agent.name,
            url: agent.url,
            certificate: agent.certificate,
        }
    }
}

impl Stored {
    /// What its token is called in the vault.
    fn token(&self) -> Result<SecretId> {
        SecretId::shared(&format!("agent/{}", self.id))
    }
}

/// All of them.
pub(crate) struct Agents {
    file: PathBuf,
    vault: Arc<dyn Vault>,
    /// Who changes the file.
    turn: tokio::sync::Mutex<()>,
    /// Connections that are open, by agent.
    clients: Mutex<HashMap<Uuid, Client>>,
}

impl Agents {
    /// The agents of a folder.
    pub(crate) fn new(folder: &Path, vault: Arc<dyn Vault>) -> Self {
        Self {
            file: folder.join(FILE),
            vault,
            turn: tokio::sync::Mutex::default(),
            clients: Mutex::default(),
        }
    }

    /// All of them, in the order of their names.
    pub(crate) fn told(&self) -> Result<Vec<Told>> {
        Ok(self.stored()?.into_iter().map(Told::from).collect())
    }

    /// What the agent at an address shows; nothing where it is not encrypted.
    pub(crate) async fn certificate(url: &str, way: &Way) -> Result<Option<Certificate>> {
        let url = address::parse(url)?;
        if url.scheme() == "http" {
            return Ok(None);
        }
        certificate::shown(&url, way).await.map(Some)
    }

    /// Stores an agent that answers: by its token, or by one that is made now in a user's name.
    pub(crate) async fn add(&self, new: NewAgent, way: &Way) -> Result<Told, Failed> {
        let name = new.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > LONGEST || name.chars().any(char::is_control) {
            let error = Error::new(Code::InvalidValue, "this is not an agent's name");
            return Err(error.help(format!("give a name of 1 to {LONGEST} characters")).into());
        }
        let _turn = self.turn.lock().await;
        let mut stored = self.stored()?;
        if stored.iter().any(|agent| agent.name == name) {
            let error = Error::new(Code::Conflict, format!("there is an agent `{name}` already"));
            return Err(error.help("give another name, or remove that one first").into());
        }
        let agent = Stored {
            id: Uuid::new_v4(),
            name,
            url: address::parse(&new.url)?,
            certificate: new.certificate,
        };
        let client = client::of(agent.certificate.as_ref(), way)?;
        let token = match (new.token, new.user, new.password) {
            (Some(token), None, None) => {
                sign_in::try_token(&client, &agent.url, &token).await?;
                token
            }
            (None, Some(user), Some(password)) => sign_in::token(&client, &agent.url, &user, &password).await?,
            _ => {
                let error = Error::new(Code::MissingKey, "a token is needed, or a user and a password");
                return Err(error.help("give one of the two").into());
            }
        };
        self.vault.put(&agent.token()?, &token, "local user").await?;
        stored.push(agent.clone());
        stored.sort_by(|one, other| one.name.cmp(&other.name));
        file::write(&self.file, &stored)?;
        self.clients().insert(agent.id, client);
        Ok(agent.into())
    }

    /// Forgets an agent and its token. A token that was made here stays good there until somebody revokes it.
    pub(crate) async fn remove(&self, name: &str) -> Result<()> {
        let _turn = self.turn.lock().await;
        let agent = self.find(name)?;
        let rest: Vec<Stored> = self.stored()?.into_iter().filter(|one| one.id != agent.id).collect();
        self.vault.delete(&agent.token()?).await?;
        file::write(&self.file, &rest)?;
        self.clients().remove(&agent.id);
        Ok(())
    }

    /// Asks a stored agent.
    pub(crate) async fn ask(&self, name: &str, asked: Asked, body: Option<String>, way: &Way) -> Result<Response> {
        let agent = self.find(name)?;
        let token = self.vault.get(&agent.token()?).await?.ok_or_else(|| {
            Error::new(
                Code::Unauthenticated,
                format!("the token of `{name}` is not where it was put"),
            )
            .help("remove the agent, and add it again")
        })?;
        let kept = self.clients().get(&agent.id).cloned();
        let client = match kept {
            Some(client) => client,
            None => {
                let client = client::of(agent.certificate.as_ref(), way)?;
                self.clients().insert(agent.id, client.clone());
                client
            }
        };
        let url = address::below(&agent.url, &asked.path)?;
        let request = client
            .request(asked.method, url)
            .headers(asked.headers)
            .bearer_auth(token.reveal());
        let request = match body {
            Some(body) => request.body(body),
            None => request,
        };
        client::send(request, &agent.url).await
    }

    /// The way there is another one: connections are opened anew.
    pub(crate) fn forget_connections(&self) {
        self.clients().clear();
    }

    fn stored(&self) -> Result<Vec<Stored>> {
        Ok(file::read(&self.file)?.unwrap_or_default())
    }

    fn find(&self, name: &str) -> Result<Stored> {
        let found = self.stored()?.into_iter().find(|agent| agent.name == name);
        found.ok_or_else(|| {
            let error = Error::new(Code::UnknownName, format!("there is no agent `{name}` here"));
            error.help("add it under Agents")
        })
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<Uuid, Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
