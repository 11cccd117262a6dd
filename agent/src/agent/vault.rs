//! The agent's vault: which master keys it has, and which it may not do without.

use std::sync::Arc;

use syncapp_control::Store;
use syncapp_model::{Code, Error, Result};
use syncapp_vault::{KeyPlace, Keys, SealedVault};

use super::settings::Settings;

/// The vault of an agent with these settings, over its store. What the operator has given is read now: an agent does not start
/// with a master key that is none, nor without one where others can reach it. Where nobody can, and nothing is said, the system's
/// keyring is asked for it when it is needed first.
pub(super) async fn of(settings: &Settings, store: Arc<dyn Store>) -> Result<SealedVault> {
    let is_given = !settings.master_key.is_empty();
    if !is_given && settings.is_reachable() {
        let error = Error::new(Code::MissingKey, "an agent that others can reach has no master key");
        return Err(error.help(
            "set SYNCAPP_MASTER_KEY to the output of `openssl rand -base64 32`, the same for all agents of one database, and keep \
             it: without it no secret opens",
        ));
    }
    let places = if is_given {
        settings.master_key.clone()
    } else {
        vec![KeyPlace::Keyring(KeyPlace::USUAL.into())]
    };
    let home = settings.home.clone();
    let vault = SealedVault::new(store, Keys { places, home });
    if is_given {
        vault.check().await?;
    }
    Ok(vault)
}
