//! What commands use: the desktop's own agent, those that are stored, and the bodies that pages read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use syncapp::desk::Desk;
use syncapp_model::{Error, Result};

use crate::agents::Agents;
use crate::bodies::Bodies;
use crate::first;
use crate::preferences::Preferences;
use crate::secrets::Secrets;

/// All of it.
pub(crate) struct Shell {
    pub(crate) folder: PathBuf,
    pub(crate) desk: Arc<Desk>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) agents: Agents,
    pub(crate) bodies: Bodies,
    pub(crate) preferences: Preferences,
}

impl Shell {
    /// Opens the folder of data; at the very first start the quick start is put into it.
    pub(crate) async fn open(folder: &Path, preferences: Preferences) -> Result<Self> {
        let kept = OnceLock::new();
        let desk = Desk::open(folder, preferences.now().environment(), |sealed| {
            kept.get_or_init(|| Arc::new(Secrets::new(folder, sealed))).clone()
        })?;
        let secrets = kept
            .into_inner()
            .ok_or_else(|| Error::internal("nobody asked for a vault"))?;
        first::fill(&desk, folder).await?;
        Ok(Self {
            agents: Agents::new(folder, secrets.clone()),
            desk: Arc::new(desk),
            secrets,
            bodies: Bodies::default(),
            preferences,
            folder: folder.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
