//! `syncapp secrets`: what the vault of this machine or of an agent keeps.
//!
//! Invariants: a value is taken from standard input or a file, never from an argument, which others on the machine can see; and is
//! never printed. What becomes of an agent's vault is in its audit log before.

use std::fs::File;
use std::io::{IsTerminal as _, stdin};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;
use syncapp_control::access::{AuditLog, By, Caller, NewEntry};
use syncapp_control::{KeyId, Rotated, SecretEntry, SecretId, Vault as _};
use syncapp_model::{Code, Error, Result, Secret};
use syncapp_vault::{SealedVault, secret_of};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::agent::settings::{Settings, Told};
use crate::agent::{log_of, vault_of};
use crate::args::{self, SecretsAction, SecretsAt};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::remote::Remote;
use crate::secrets::local_vault;

/// How many are listed at once.
const PAGE: usize = 200;

pub(crate) async fn secrets(args: args::Secrets) -> Result<Exit, Failure> {
    match args.action {
        SecretsAction::Set { name, at, from_file } => {
            let value = value(from_file.as_deref())?;
            let version = match place(&at).await? {
                Place::Here(own) => own.put(&id(&at, &name)?, &value).await?,
                Place::There(agent, project) => agent.set_secret(&project, &name, &value).await?,
            };
            output::line(&format!("{name}: version {version}"));
            Ok(Exit::Done)
        }
        SecretsAction::List { at, json } => list(&at, json).await,
        SecretsAction::Delete { name, at } => {
            match place(&at).await? {
                Place::Here(own) => {
                    if !own.delete(&id(&at, &name)?).await? {
                        return Err(Error::new(Code::UnknownName, format!("there is no secret `{name}`")).into());
                    }
                }
                Place::There(agent, project) => agent.delete_secret(&project, &name).await?,
            }
            output::line(&format!("{name}: forgotten"));
            Ok(Exit::Done)
        }
        SecretsAction::Rotate { config, json } => rotate(config, json).await,
    }
}

/// Whose vault it is.
enum Place {
    Here(Own),
    /// An agent's, and the project in it.
    There(Remote, String),
}

async fn place(at: &SecretsAt) -> Result<Place, Failure> {
    match (&at.agent, &at.project) {
        (Some(agent), Some(project)) => Ok(Place::There(Remote::new(agent)?, project.clone())),
        _ => Ok(Place::Here(Own::of(at.config.clone()).await?)),
    }
}

/// A vault that is opened here.
struct Own {
    vault: SealedVault,
    /// Whose it is, where it is an agent's.
    agent: Option<Box<Settings>>,
}

impl Own {
    /// That of an agent's configuration, or this machine's own.
    async fn of(config: Option<PathBuf>) -> Result<Self, Failure> {
        if config.is_none() {
            let vault = local_vault()?;
            return Ok(Self { vault, agent: None });
        }
        let told = Told {
            config,
            ..Told::default()
        };
        let settings = Settings::read(told, &|name| std::env::var(name).ok())?;
        Ok(Self {
            vault: vault_of(&settings).await?,
            agent: Some(Box::new(settings)),
        })
    }

    /// Who does it: whoever can read an agent's configuration may what its own token may.
    fn by() -> By {
        Caller::agent().from("command line")
    }

    async fn log(&self) -> Result<Option<AuditLog>> {
        match &self.agent {
            Some(settings) => log_of(settings).await.map(Some),
            None => Ok(None),
        }
    }

    async fn put(&self, id: &SecretId, value: &Secret) -> Result<u32> {
        let by = Self::by();
        if let Some(log) = self.log().await? {
            log.secret(&by, &self.vault, id, Some(value)).await?;
        }
        self.vault.put(id, value, &by.actor).await
    }

    async fn delete(&self, id: &SecretId) -> Result<bool> {
        if let Some(log) = self.log().await? {
            log.secret(&Self::by(), &self.vault, id, None).await?;
        }
        self.vault.delete(id).await
    }

    async fn rotate(&self) -> Result<Rotated> {
        if let Some(log) = self.log().await? {
            let key = self.vault.sealing().await?;
            let entry = NewEntry {
                by: Self::by(),
                action: "vault.rotate".into(),
                object: "vault".into(),
                before: None,
                after: Some(json!({ "key": key.0 }).to_string()),
            };
            log.write(&entry).await?;
        }
        self.vault.rotate().await
    }
}

fn id(at: &SecretsAt, name: &str) -> Result<SecretId> {
    match &at.project {
        Some(project) => SecretId::new(project, name),
        None => SecretId::shared(name),
    }
}

/// What a secret is to be.
fn value(from_file: Option<&Path>) -> Result<Secret> {
    match from_file {
        Some(path) => {
            let file = File::open(path).map_err(|problem| {
                Error::new(Code::UnreadableFile, "the file of the secret cannot be read")
                    .help("check its name, and that you may read it")
                    .driver(problem)
            });
            file.and_then(secret_of).map_err(|error| error.file(path.display()))
        }
        None if stdin().is_terminal() => {
            output::note("type the secret, and Enter: it is not shown");
            let typed = console::Term::stderr().read_secure_line();
            let typed = typed
                .map_err(|problem| Error::new(Code::UnreadableFile, "nothing can be typed here").driver(problem))?;
            secret_of(typed.as_bytes())
        }
        None => secret_of(stdin().lock()),
    }
}

/// A secret, in a list.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) version: u32,
    /// What the master key is called that it is under.
    pub(crate) key: String,
    /// RFC 3339.
    pub(crate) set_at: String,
}

async fn list(at: &SecretsAt, as_json: bool) -> Result<Exit, Failure> {
    let (place, mut after) = (place(at).await?, None::<String>);
    let mut all: Vec<Listed> = Vec::new();
    loop {
        let (page, next) = match &place {
            Place::Here(own) => {
                let project = at.project.as_deref().unwrap_or_default();
                let rows = own.vault.list(project, after.as_deref(), PAGE).await?;
                let next = rows.last().filter(|_| rows.len() == PAGE).map(|last| last.name.clone());
                (rows.into_iter().map(listed).collect(), next)
            }
            Place::There(agent, project) => agent.secrets(project, after.as_deref()).await?,
        };
        all.extend(page);
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    if as_json {
        for secret in &all {
            output::json(secret)?;
        }
        return Ok(Exit::Done);
    }
    let row = |secret: Listed| vec![secret.name, secret.version.to_string(), secret.key, secret.set_at];
    output::table(
        &["secret", "version", "master key", "set (UTC)"],
        all.into_iter().map(row),
    );
    Ok(Exit::Done)
}

fn listed(entry: SecretEntry) -> Listed {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    Listed {
        name: entry.name,
        version: entry.version,
        key: entry.key.0,
        set_at: OffsetDateTime::from(entry.set_at).format(form).unwrap_or_default(),
    }
}

async fn rotate(config: Option<PathBuf>, as_json: bool) -> Result<Exit, Failure> {
    let Rotated { key, moved, left } = Own::of(config).await?.rotate().await?;
    if as_json {
        let left: Vec<_> = left
            .iter()
            .map(|(id, key)| json!({ "project": id.project, "secret": id.name, "key": key.0 }))
            .collect();
        output::json(&json!({ "key": key.0, "moved": moved, "left": left }))?;
    } else {
        output::line(&format!("moved {moved} to the master key {key}"));
    }
    match left.first() {
        None => Ok(Exit::Done),
        Some(first) => Err(stay(first, left.len()).into()),
    }
}

fn stay((id, key): &(SecretId, KeyId), count: usize) -> Error {
    let why = format!(
        "{count} secrets do not open and stay as they are, `{}` of `{}` under the master key {key} among them",
        id.name, id.project
    );
    Error::new(Code::MasterKeyUnknown, why)
        .help("give that key beside the others and rotate again, or set these secrets anew")
}
