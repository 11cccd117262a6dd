//! The headless agent: the control plane's roles in one process, over one store.
//!
//! ```text
//!   api        ─ routes of `crates/api`
//!   scheduler  ─ ticks ∥ relay ∥ sweep ∥ forget
//!   worker     ─ claims ─► engine
//! ```
//!
//! Invariants:
//! - It waits for a store that is away, and ends only for what waiting cannot mend.
//! - A role keeps nothing that the store does not keep: the process may be killed at any moment, and run any number of times.
//! - The first signal to stop lets streams end for a while and gives the others back; the second ends the process at once.

mod begin;
mod credentials;
mod files;
mod front;
mod inspector;
pub(crate) mod key;
mod monitoring;
mod notify;
mod oidc;
mod pushed;
mod requests;
mod runner;
pub(crate) mod settings;
mod stores;
mod time;
pub(crate) mod token;
mod usage;
mod vault;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use syncapp_api::{Api, ConnectorView, Front, Hooks, Jobs, SHORTEST_KEEP, Token, router};
use syncapp_broker::{Rabbit, RabbitConfig, Redis, RedisConfig};
use syncapp_connector::{AnyConnector, Context, Network};
use syncapp_connectors::connectors;
use syncapp_control::access::{Accounts, GroupRole, LoginLimits, Remembered, SignOn};
use syncapp_control::{
    Cache, Channel, Control, InProcessQueue, JsonCalendar, MemoryCache, Queue, Signal, Store, Vault, Worker,
};
use syncapp_model::{Code, Error, Result, Secret};
use syncapp_telemetry::Telemetry;
use tokio::net::TcpListener;

use crate::output;
use crate::secrets::Secrets;
use crate::variables::Usable;
use credentials::Argon2Credentials;
use files::Files;
use inspector::EngineInspector;
use notify::People;
use oidc::{Oidc, OidcSettings};
use pushed::Allowed;
use runner::EngineRunner;
use settings::{Role, Settings};
use stores::Kept;
pub(crate) use stores::{stores, vault_of};
use time::{SystemClock, SystemRandom};

/// Runs the roles until `stop` is raised and all that was begun is at rest.
pub(crate) async fn serve(settings: Settings, telemetry: &Telemetry, stop: Signal) -> Result<()> {
    let agent = Agent::open(settings).await?;
    let asked = monitoring::listen(agent.settings.telemetry.listen).await?;
    let told = monitoring::tell(telemetry, asked, &agent.control, &agent.begun);
    tokio::select! {
        ended = agent.live(telemetry, &stop) => ended,
        problem = told => Err(problem),
    }
}

/// An agent that is composed, and does nothing yet.
pub(crate) struct Agent {
    settings: Settings,
    kept: Kept,
    /// Whether what it keeps may be used.
    begun: Signal,
    control: Control,
    cache: Arc<dyn Cache>,
    vault: Arc<dyn Vault>,
    allowed: Allowed,
    files: Arc<Files>,
    people: People,
    accounts: Accounts,
    hooks: Option<Hooks>,
}

/// What an agent keeps, and what it is known by.
struct Keeping {
    kept: Kept,
    vault: Arc<dyn Vault>,
    token: Token,
}

impl Agent {
    async fn open(settings: Settings) -> Result<Self> {
        fits_together(&settings)?;
        remembers_hooks(&settings)?;
        make_folders(&settings)?;
        let token = Token::new(&token::of(&settings)?)?;
        let kept = Kept::by(&settings)?;
        let vault: Arc<dyn Vault> = Arc::new(vault::of(&settings, kept.store.clone()).await?);
        let network = Network::guarded(settings.network.clone());
        let base = settings.files.first().cloned().unwrap_or_default();
        let allowed = Allowed {
            usable: Usable::Listed(settings.variables.clone()),
            secrets: Secrets::of_agent(vault.clone(), settings.secrets_dir.clone()),
            context: Context::within(base, settings.files.clone()).through(network),
            environment: settings.environment.clone(),
            pools: settings.queue.is_none().then(|| settings.pools.clone()),
        };
        let keeping = Keeping { kept, vault, token };
        Self::over(settings, keeping, allowed)
    }

    /// The agent in front of which its only user sits: its files are that user's own, and may name whatever is on this machine.
    pub(crate) fn of_desk(settings: Settings, vault: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Vault>) -> Result<Self> {
        make_folders(&settings)?;
        let kept = Kept::by(&settings)?;
        let vault = vault(kept.store.clone());
        let allowed = Allowed {
            usable: Usable::Desk,
            secrets: Secrets::of_agent(vault.clone(), None),
            context: Context::at(&settings.home),
            environment: None,
            pools: Some(settings.pools.clone()),
        };
        let keeping = Keeping {
            kept,
            vault,
            // Nobody has it: whoever sits here shows nothing.
            token: Token::new(&token::drawn())?,
        };
        Self::over(settings, keeping, allowed)
    }

    fn over(settings: Settings, keeping: Keeping, allowed: Allowed) -> Result<Self> {
        let Keeping { kept, vault, token } = keeping;
        let key = key::of(&settings)?;
        let hooks = settings.hooks.as_ref().map(Hooks::new).transpose()?;
        let queue: Arc<dyn Queue> = match &settings.queue {
            Some(url) => Arc::new(Rabbit::new(&RabbitConfig {
                url: url.clone(),
                ca_file: settings.queue_ca.clone(),
                name: format!("syncapp {}", name()),
            })?),
            None => Arc::new(InProcessQueue::default()),
        };
        let clock = Arc::new(SystemClock::new());
        let cache: Arc<dyn Cache> = match &settings.cache {
            Some(url) => Arc::new(Redis::new(&RedisConfig {
                url: url.clone(),
                ca_file: settings.cache_ca.clone(),
                prefix: settings.cache_prefix.clone(),
            })?),
            None => Arc::new(MemoryCache::new(clock.clone())),
        };
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

    /// All it does, from when its store is there.
    async fn live(&self, telemetry: &Telemetry, stop: &Signal) -> Result<()> {
        let begin = async || {
            self.kept.ready().await?;
            self.set_going().await?;
            self.invite().await
        };
        let Some(invitation) = begin::patiently(begin, begin::waits(), stop).await? else {
            return Ok(());
        };
        self.begun.raise();
        let listener = self.listen(invitation.as_ref()).await?;
        let roles = [
            self.answer(listener, stop).boxed(),
            self.keep_time(telemetry, stop).boxed(),
            self.work(stop).boxed(),
        ];
        join_all(roles).await.into_iter().collect()
    }

    /// The queue in memory was lost with the process before: what waits for a worker gets its hints again.
    pub(crate) async fn set_going(&self) -> Result<()> {
        if self.settings.queue.is_some() {
            return Ok(());
        }
        let Control { store, policy, .. } = &self.control;
        while store.rouse(Duration::ZERO, policy.batch).await? == policy.batch {}
        Ok(())
    }

    fn answers(&self) -> bool {
        self.settings.roles.contains(&Role::Api)
    }

    /// A secret for the first admin, where it is this process that will be asked by it.
    async fn invite(&self) -> Result<Option<Secret>> {
        if self.answers() {
            self.accounts.invite().await
        } else {
            Ok(None)
        }
    }

    async fn listen(&self, invitation: Option<&Secret>) -> Result<Option<TcpListener>> {
        if !self.answers() {
            return Ok(None);
        }
        let taken = |problem: std::io::Error| {
            Error::new(
                Code::InvalidValue,
                format!("the agent cannot answer at {}", self.settings.listen),
            )
            .help("give another address by `listen`")
            .driver(problem)
        };
        let listener = TcpListener::bind(self.settings.listen).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        if let Some(invitation) = invitation {
            output::line(&format!(
                "there is no user yet; whoever shows this once, within a day, makes the first admin: {}",
                invitation.reveal()
            ));
        }
        output::line(&format!("listening on http://{address}"));
        Ok(Some(listener))
    }

    /// What its interface answers with. `front` is what browsers are given beside it.
    pub(crate) fn api(&self, front: Front) -> Api {
        let inspector = Arc::new(EngineInspector {
            files: self.files.clone(),
        });
        Api {
            control: self.control.clone(),
            cache: self.cache.clone(),
            calendar: Arc::new(JsonCalendar),
            vault: self.vault.clone(),
            compiler: Arc::new(self.allowed.clone()),
            jobs: Jobs::new(inspector, self.cache.clone()),
            hooks: self.hooks.clone(),
            connectors: listed(),
            accounts: self.accounts.clone(),
            callers: self.settings.access.callers.clone(),
            requests_per_minute: self.settings.requests_per_minute,
            front,
        }
    }

    async fn answer(&self, listener: Option<TcpListener>, stop: &Signal) -> Result<()> {
        let Some(listener) = listener else { return Ok(()) };
        let routes = router(self.api(front::built()));
        let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
        let answering = axum::serve(listener, routes).into_future();
        // Whoever still watches a run is left at once.
        tokio::select! {
            ended = answering => ended.map_err(|problem| Error::internal("the agent answers no more").driver(problem)),
            () = stop.raised() => Ok(()),
        }
    }

    /// Keeps the times and looks after what got stuck, if that is its part.
    pub(crate) async fn keep_time(&self, telemetry: &Telemetry, stop: &Signal) -> Result<()> {
        if self.settings.roles.contains(&Role::Scheduler) {
            tokio::join!(
                self.control.tick_until(&JsonCalendar, stop),
                self.control.relay_until(stop),
                self.control.sweep_until(stop),
                self.control.forget_until(self.settings.keep, stop),
                self.watch(telemetry, stop),
                self.tell(stop),
            );
        }
        Ok(())
    }

    /// Tells those who want to know how runs end.
    async fn tell(&self, stop: &Signal) {
        let notifications = &self.settings.notifications;
        let channels: Vec<Channel> = notifications.iter().map(|one| one.channel.clone()).collect();
        self.control.notify_until(&channels, &self.people, stop).await;
    }

    /// Reads the fleet's figures, if anybody hears of them.
    async fn watch(&self, telemetry: &Telemetry, stop: &Signal) {
        if telemetry.measures() {
            self.control.watch_figures_until(&self.settings.pools, stop).await;
        }
    }

    /// Carries out runs, if that is its part; returns when it has come to rest.
    pub(crate) async fn work(&self, stop: &Signal) -> Result<()> {
        if self.settings.roles.contains(&Role::Worker) {
            let worker = Worker {
                control: self.control.clone(),
                runner: Arc::new(EngineRunner::new(
                    self.files.clone(),
                    self.cache.clone(),
                    self.control.clone(),
                )),
                name: name(),
                pools: self.settings.pools.clone(),
                slots: self.settings.slots,
            };
            // It is there until it has come to rest.
            let rested = Signal::new();
            let working = async {
                worker.run(stop).await;
                rested.raise();
            };
            tokio::join!(working, worker.say_so_until(&rested));
        }
        Ok(())
    }
}

/// The connectors as they are told.
fn listed() -> Arc<[ConnectorView]> {
    let view = |connector: Box<dyn AnyConnector>| {
        let manifest = connector.manifest();
        ConnectorView {
            id: manifest.id.to_owned(),
            title: manifest.title.to_owned(),
            source: manifest.source,
            destination: manifest.destination,
            form: connector.schema().to_value(),
        }
    };
    connectors().into_iter().map(view).collect()
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

/// What this worker is called, for people.
pub(crate) fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match host.trim() {
        "" => format!("worker-{}", std::process::id()),
        host => format!("{host}-{}", std::process::id()),
    }
}
