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
mod chance;
mod compose;
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
use syncapp_api::{Api, ConnectorView, Front, Hooks, Jobs, router};
use syncapp_connector::AnyConnector;
use syncapp_connectors::connectors;
use syncapp_control::access::Accounts;
use syncapp_control::{Cache, Channel, Control, JsonCalendar, Signal, Vault, Worker};
use syncapp_model::{Code, Error, Result, Secret};
use syncapp_telemetry::Telemetry;
use tokio::net::TcpListener;

use crate::output;
use files::Files;
use inspector::EngineInspector;
use notify::People;
use pushed::Allowed;
use runner::EngineRunner;
use settings::{Role, Settings};
use stores::Kept;
pub(crate) use stores::{log_of, stores, vault_of};

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

impl Agent {
    /// All it does, from when its store is there.
    async fn live(&self, telemetry: &Telemetry, stop: &Signal) -> Result<()> {
        let begin = async || {
            self.kept.ready().await?;
            self.set_going().await?;
            self.invite().await
        };
        let Some(invitation) = begin::patiently(begin, begin::waits(self.control.random.as_ref()), stop).await? else {
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
                    self.settings.abreast,
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

/// What this worker is called, for people.
pub(crate) fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match host.trim() {
        "" => format!("worker-{}", std::process::id()),
        host => format!("{host}-{}", std::process::id()),
    }
}
