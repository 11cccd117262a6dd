//! A desktop's own agent: the control plane's roles and the interface over one folder, for whoever sits in front of it.
//!
//! ```text
//!   shell ─► Desk::ask ─► routes of `crates/api`, as the local user
//!            Desk::work ─► ticks ∥ relay ∥ sweep ∥ forget ∥ worker
//! ```
//!
//! Invariants:
//! - Nothing listens: who asks sits in this process, and is the local user, who may everything.
//! - What is kept is in the folder, but for secrets: they are where the shell's own [`Vault`] keeps them.
//! - A kill at any moment loses nothing; whoever opens the folder next goes on with what was begun.

use std::path::Path;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use syncapp_api::{Front, Local};
use syncapp_control::{SealedSecrets, Signal, Vault};
use syncapp_model::Result;
use syncapp_telemetry::Telemetry;

use crate::agent::Agent;
use crate::agent::settings::Settings;

/// A desktop's own agent.
pub struct Desk {
    agent: Agent,
    local: Local,
}

impl Desk {
    /// Opens the agent of a folder, and makes it where there is none. Relative paths of its files begin in the folder.
    /// `environment` holds in those files that have it. `vault` is given what the folder's store keeps sealed, should it want to keep
    /// secrets there.
    pub fn open(
        folder: &Path,
        environment: Option<String>,
        vault: impl FnOnce(Arc<dyn SealedSecrets>) -> Arc<dyn Vault>,
    ) -> Result<Self> {
        let agent = Agent::of_desk(Settings::of_desk(folder, environment)?, |store| vault(store))?;
        let local = Local::new(agent.api(Front::new(Vec::new())));
        Ok(Self { agent, local })
    }

    /// Answers a request of whoever sits in front of it.
    pub async fn ask(&self, request: Request) -> Response {
        self.local.ask(request).await
    }

    /// Keeps the times and carries out runs, those first that were begun before. After `stop` what runs may land for a moment and is
    /// given back else; it returns when all is at rest.
    pub async fn work(&self, telemetry: &Telemetry, stop: &Signal) -> Result<()> {
        self.agent.set_going().await?;
        let (kept, worked) = tokio::join!(self.agent.keep_time(telemetry, stop), self.agent.work(stop));
        kept.and(worked)
    }
}
