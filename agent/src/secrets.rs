//! Where `secret://NAME` comes from: the vault, then a folder of mounted files, then the environment.
//!
//! Invariants: a secret that is there and does not open is an error, and nothing else is taken for it; a vault is asked for the
//! secrets of the project at hand only, and on the command line for those that belong to none; what an agent has for itself is no
//! project's, whichever name of its variable a file writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use syncapp_control::access::{AuditLog, Caller};
use syncapp_control::{SecretId, Vault};
use syncapp_model::{Code, Error, Result, Secret};
use syncapp_store::SqliteStore;
use syncapp_vault::{KeyPlace, Keys, Mounted, SealedVault};

use crate::history;

/// The name of the secret that masks are made with.
pub(crate) const MASK_KEY: &str = "mask_key";

/// The ways to secrets, in the order in which they are asked.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    vault: Option<Arc<dyn Vault>>,
    mounted: Option<Mounted>,
    /// Whether secrets that belong to no project are looked at.
    shared: bool,
    /// The variables that the agent uses itself.
    own: BTreeSet<String>,
    /// Where it is told that a secret was made.
    log: Option<AuditLog>,
}

/// What the secrets of a project came to.
#[derive(Default)]
pub(crate) struct Found {
    project: String,
    secrets: BTreeMap<String, Result<Option<Secret>>>,
    /// The variables among them that are the agent's own.
    own: BTreeSet<String>,
}

impl Secrets {
    /// Those of an agent, which uses the ones of the names `own` itself.
    pub(crate) fn of_agent(
        vault: Arc<dyn Vault>,
        folder: Option<PathBuf>,
        own: &BTreeSet<String>,
        log: AuditLog,
    ) -> Self {
        Self {
            vault: Some(vault),
            mounted: folder.map(Mounted::new),
            shared: false,
            own: own.iter().map(|name| variable(name)).collect(),
            log: Some(log),
        }
    }

    /// Those of this machine's user.
    pub(crate) fn of_user() -> Result<Self> {
        let home = history::home()?;
        // Whoever has never kept anything has no secret there.
        let vault = home.join("syncapp.db").exists().then(local_vault).transpose()?;
        let folder = std::env::var_os("SYNCAPP_SECRETS_DIR").filter(|folder| !folder.is_empty());
        Ok(Self {
            vault: vault.map(|vault| Arc::new(vault) as _),
            mounted: folder.map(|folder| Mounted::new(PathBuf::from(folder))),
            shared: true,
            ..Self::default()
        })
    }

    /// Looks for secrets of a project.
    pub(crate) async fn find(&self, project: &str, names: impl Iterator<Item = &String>) -> Found {
        let mut secrets = BTreeMap::new();
        for name in names {
            secrets.insert(name.clone(), self.one(project, name).await);
        }
        let variables = secrets.keys().map(|name| variable(name));
        Found {
            project: project.to_owned(),
            own: variables.filter(|variable| self.own.contains(variable)).collect(),
            secrets,
        }
    }

    async fn one(&self, project: &str, name: &str) -> Result<Option<Secret>> {
        if let Some(vault) = &self.vault {
            let mut found = vault.get(&SecretId::new(project, name)?).await?;
            if found.is_none() && self.shared {
                found = vault.get(&SecretId::shared(name)?).await?;
            }
            if found.is_some() {
                return Ok(found);
            }
        }
        // A mounted file of that name may be the same secret.
        if self.own.contains(&variable(name)) {
            return Ok(None);
        }
        if let Some(mounted) = self.mounted.clone() {
            let name = name.to_owned();
            let reading = tokio::task::spawn_blocking(move || mounted.get(&name)).await;
            let found =
                reading.map_err(|problem| Error::internal("a reader of secrets ended early").driver(problem))??;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(of_environment(name))
    }

    /// The key that a project's masks are made with, made now and kept in the vault, where there is none and one can be kept.
    pub(crate) async fn make_mask_key(&self, project: &str) -> Result<Option<Secret>> {
        let Some(vault) = &self.vault else { return Ok(None) };
        let (id, new) = (SecretId::new(project, MASK_KEY)?, Secret::new(chance()));
        if let Some(log) = &self.log {
            log.secret(&Caller::agent().from(""), vault.as_ref(), &id, Some(&new))
                .await?;
        }
        match vault.keep(&id, &new).await {
            // Then the file's user hears what to do.
            Err(error) if matches!(error.code(), Code::MissingKey | Code::KeyringFailed) => Ok(None),
            kept => kept.map(Some),
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Found {
    /// The value of one.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&Secret>> {
        match self.secrets.get(name) {
            Some(Ok(found)) => Ok(found.as_ref()),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(None),
        }
    }

    /// Takes one for this.
    pub(crate) fn set(&mut self, name: &str, value: Secret) {
        self.secrets.insert(name.to_owned(), Ok(Some(value)));
    }

    /// All that were looked for.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.secrets.keys().map(String::as_str)
    }

    /// What to do where there is none of that name.
    pub(crate) fn help(&self, name: &str) -> String {
        let (variable, project) = (variable(name), &self.project);
        let keep = format!("keep it by `syncapp secrets set {name} --project {project}`");
        if self.own.contains(&variable) {
            return format!("{keep}, or name another one: `{variable}` is the agent's own, which its agent.toml names");
        }
        format!("{keep}, or set the variable `{variable}` to its value")
    }
}

/// The vault of this machine's user, in the local store.
pub(crate) fn local_vault() -> Result<SealedVault> {
    let home = history::home()?;
    let places = match std::env::var("SYNCAPP_MASTER_KEY") {
        Ok(text) if !text.is_empty() => text
            .split(',')
            .map(KeyPlace::parse)
            .collect::<Option<_>>()
            .ok_or_else(|| Error::new(Code::InvalidValue, "`SYNCAPP_MASTER_KEY` cannot be understood").help(KEYS))?,
        _ => vec![KeyPlace::Keyring(KeyPlace::USUAL.into())],
    };
    let store = SqliteStore::open(&home)?;
    Ok(SealedVault::new(Arc::new(store), Keys { places, home }))
}

/// What is written for a master key.
pub(crate) const KEYS: &str = "give 32 bytes in base64 (`openssl rand -base64 32`), `file:PATH` or `keyring:NAME`";

/// The secret of that name in the environment of this process.
pub(crate) fn of_environment(name: &str) -> Option<Secret> {
    std::env::var(variable(name)).ok().map(Secret::new)
}

/// 256 bits, as hexadecimal digits.
fn chance() -> String {
    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
}

/// The variable that holds a secret.
fn variable(secret: &str) -> String {
    let spelled: String = secret
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("SYNCAPP_SECRET_{spelled}")
}
