//! What an agent keeps: one store, as its roles, its accounts and its vault see it.

use std::sync::Arc;

use syncapp_control::Store;
use syncapp_control::access::AccessStore;
use syncapp_model::Result;
use syncapp_store::{PostgresStore, SqliteStore};
use syncapp_vault::SealedVault;

use super::settings::Settings;
use super::vault;

/// The store, as work and as accounts see it.
pub(crate) async fn stores(settings: &Settings) -> Result<(Arc<dyn Store>, Arc<dyn AccessStore>)> {
    Ok(match &settings.database {
        Some(url) => {
            let store = PostgresStore::open(url.reveal()).await?;
            (Arc::new(store.clone()), Arc::new(store))
        }
        None => {
            let store = SqliteStore::open(&settings.home)?;
            (Arc::new(store.clone()), Arc::new(store))
        }
    })
}

/// The vault of an agent with these settings, for a command.
pub(crate) async fn vault_of(settings: &Settings) -> Result<SealedVault> {
    let (store, _) = stores(settings).await?;
    vault::of(settings, store).await
}
