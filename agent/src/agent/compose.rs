//! An agent is put together from its settings, or from a desktop's.

use std::sync::Arc;

use syncapp_api::{Hooks, SHORTEST_KEEP, Token};
use syncapp_broker::{Rabbit, RabbitConfig, Redis, RedisConfig};
use syncapp_connector::{Context, Network};
use syncapp_control::access::{Accounts, AuditKey, AuditLog, GroupRole, LoginLimits, Remembered, SignOn};
use syncapp_control::{Cache, Control, InProcessQueue, MemoryCache, Queue, Signal, Store, Vault};
use syncapp_model::{Code, Error, Result};

use super::credentials::Argon2Credentials;
use super::files::Files;
use super::notify::People;
use super::oidc::{Oidc, OidcSettings};
use super::pushed::Allowed;
use super::settings::Settings;
use super::stores::Kept;
use super::time::{SystemClock, SystemRandom};
use super::{Agent, key, name, token, vault};
use crate::secrets::Secrets;
use crate::variables::Usable;

/// What an agent keeps, and what it is known by.
struct Keeping {
    kept: Kept,
    vault: Arc<dyn Vault>,
    token: Token,
    /// What seals the audit log.
    key: AuditKey,
}

impl Keeping {
    fn log(&self) -> AuditLog {
        AuditLog {
            store: self.kept.access.clone(),
            key: self.key.clone(),
        }
    }

    /// The secrets of pushed files.
    fn secrets(&self, settings: &Settings) -> Secrets {
        let folder = settings.secrets_dir.clone();
        Secrets::of_agent(self.vault.clone(), folder, &settings.own_secrets, self.log())
    }
}

/// By what agents hear of each other.
struct Wires {
    queue: Arc<dyn Queue>,
    cache: Arc<dyn Cache>,
    clock: Arc<SystemClock>,
}

impl Wires {
    /// Of an agent that is the only one.
    fn within_process() -> Self {
        let clock = Arc::new(SystemClock::new());
        Self {
            queue: Arc::new(InProcessQueue::default()),
            cache: Arc::new(MemoryCache::new(clock.clone())),
            clock,
        }
    }

    /// As settings say. No server is asked anything yet.
    fn by(settings: &Settings) -> Result<Self> {
        let mut wires = Self::within_process();
        if let Some(url) = &settings.queue {
            wires.queue = Arc::new(Rabbit::new(&RabbitConfig {
                url: url.clone(),
                ca_file: settings.queue_ca.clone(),
                name: format!("syncapp {}", name()),
            })?);
        }
        if let Some(url) = &settings.cache {
            wires.cache = Arc::new(Redis::new(&RedisConfig {
                url: url.clone(),
                ca_file: settings.cache_ca.clone(),
                prefix: settings.cache_prefix.clone(),
            })?);
        }
        Ok(wires)
    }
}

impl Agent {
    pub(super) async fn open(settings: Settings) -> Result<Self> {
        fits_together(&settings)?;
        remembers_hooks(&settings)?;
        make_folders(&settings)?;
        let token = Token::new(&token::of(&settings)?)?;
        let kept = Kept::by(&settings)?;
        let vault: Arc<dyn Vault> = Arc::new(vault::of(&settings, kept.store.clone()).await?);
        let key = key::of(&settings)?;
        let keeping = Keeping {
            kept,
            vault,
            token,
            key,
        };
        let network = Network::guarded(settings.network.clone());
        let base = settings.files.first().cloned().unwrap_or_default();
        let allowed = Allowed {
            usable: Usable::Listed(settings.variables.clone()),
            secrets: keeping.secrets(&settings),
            context: Context::within(base, settings.files.clone()).through(network),
            environment: settings.environment.clone(),
            pools: settings.queue.is_none().then(|| settings.pools.clone()),
        };
        let wires = Wires::by(&settings)?;
        Self::over(settings, keeping, wires, allowed)
    }

    /// The agent in front of which its only user sits: its files are that user's own, and may name whatever is on this machine.
    /// It needs no server, so that a desktop's program holds no client of one.
    pub(crate) fn of_desk(settings: Settings, vault: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Vault>) -> Result<Self> {
        make_folders(&settings)?;
        let kept = Kept::in_folder(&settings.home)?;
        let vault = vault(kept.store.clone());
        let keeping = Keeping {
            kept,
            vault,
            // Nobody has it: whoever sits here shows nothing.
            token: Token::new(&token::drawn())?,
            key: key::of(&settings)?,
        };
        let allowed = Allowed {
            usable: Usable::Desk,
            secrets: keeping.secrets(&settings),
            context: Context::at(&settings.home),
            environment: settings.environment.clone(),
            pools: Some(settings.pools.clone()),
        };
        Self::over(settings, keeping, Wires::within_process(), allowed)
    }

    fn over(settings: Settings, keeping: Keeping, wires: Wires, allowed: Allowed) -> Result<Self> {
        let Keeping {
            kept,
            vault,
            token,
            key,
        } = keeping;
        let hooks = settings.hooks.as_ref().map(Hooks::new).transpose()?;
        let Wires { queue, cache, clock } = wires;
        let network = allowed.context.network();
        let people = People::new(&settings.notifications, network)?;
        let sign_on = settings.access.oidc.clone();
        // Agents that share a database and no cache cannot tell each other what was taken away.
        let is_told = settings.cache.is_some() || settings.database.is_none();
        let accounts = Accounts {
            store: kept.access.clone(),
            credentials: Arc::new(Argon2Credentials::new()?),
            limits: LoginLimits {
                shared: cache.clone(),
                own: Arc::new(MemoryCache::new(clock.clone())),
            },
            remembered: is_told.then(|| Remembered {
                cache: cache.clone(),
                clock: clock.clone(),
            }),
            key,
            agent: token.digest(),
            sessions: settings.access.sessions,
            sign_on: sign_on.map(|said| sign_on_at(said, network)).transpose()?,
        };
        Ok(Self {
            accounts,
            people,
            hooks,
            cache,
            files: Arc::new(Files::new(allowed.clone())),
            allowed,
            vault,
            begun: Signal::new(),
            control: Control {
                store: kept.store.clone(),
                queue,
                clock,
                random: Arc::new(SystemRandom),
                policy: settings.policy.clone(),
            },
            kept,
            settings,
        })
    }
}

/// A webhook is known again by the run that it has started.
fn remembers_hooks(settings: &Settings) -> Result<()> {
    if settings.hooks.is_none() || settings.keep >= SHORTEST_KEEP {
        return Ok(());
    }
    let error = Error::new(
        Code::Conflict,
        "runs are forgotten before a webhook's signature is too old",
    );
    Err(error.help("give a `keep` of 10m or more, or leave `hooks` out"))
}

fn sign_on_at((provider, roles): (OidcSettings, Vec<GroupRole>), network: &Network) -> Result<SignOn> {
    Ok(SignOn {
        provider: Arc::new(Oidc::new(provider, network)?),
        roles,
    })
}

/// Without a broker hints stay in this process, so that all of the work has to be done here; with one the store is shared.
fn fits_together(settings: &Settings) -> Result<()> {
    match (&settings.queue, &settings.database) {
        (None, _) if settings.roles.len() < 3 => {
            let why = "an agent with a part of the roles needs a queue between them";
            Err(Error::new(Code::Conflict, why).help("give a `queue` and a `database`, or leave `roles` out"))
        }
        (Some(_), None) => {
            let why = "a queue is for agents that share a database";
            Err(Error::new(Code::Conflict, why).help("give a `database`, or leave `queue` out"))
        }
        _ => Ok(()),
    }
}

/// Its own folder, and the one that relative paths of pushed files begin in, are there from the start, for its user only.
fn make_folders(settings: &Settings) -> Result<()> {
    for folder in [Some(&settings.home), settings.files.first()].into_iter().flatten() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|problem| {
            Error::new(Code::UnreadableFile, "a folder of the agent cannot be made")
                .file(folder.display())
                .help("make it, or name another one by `home` and `files`")
                .driver(problem)
        })?;
    }
    Ok(())
}
