//! What somebody prefers, and what the program is.

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, State};

use super::Answer;
use crate::preferences::Preferred;
use crate::shell::Shell;
use crate::updates;

/// What is preferred, with what is only told.
#[derive(Serialize, Deserialize)]
pub(crate) struct Shown {
    /// The folder of data.
    #[serde(skip_deserializing)]
    data: String,
    #[serde(flatten)]
    preferred: Preferred,
}

/// What the program is.
#[derive(Serialize)]
pub(crate) struct About {
    version: &'static str,
    updates: &'static str,
}

#[tauri::command]
pub(crate) fn preferences(shell: State<'_, Shell>) -> Shown {
    Shown {
        data: shell.folder.display().to_string(),
        preferred: shell.preferences.now(),
    }
}

#[tauri::command(async)]
pub(crate) fn set_preferences(shell: State<'_, Shell>, preferences: Shown) -> Answer<()> {
    shell.preferences.set(preferences.preferred)?;
    shell.agents.forget_connections();
    Ok(())
}

#[tauri::command]
pub(crate) fn about(app: AppHandle) -> About {
    About {
        version: env!("CARGO_PKG_VERSION"),
        updates: if updates::are_on(&app) { "on" } else { "off" },
    }
}
