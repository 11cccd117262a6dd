//! What an agent keeps: one store, as its roles, its accounts and its vault see it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use syncapp_control::Store;
use syncapp_control::access::{AccessStore, AuditLog};
use syncapp_model::Result;
use syncapp_store::{PostgresStore, SqliteStore};
use syncapp_vault::SealedVault;

use super::settings::Settings;
use super::{key, vault};

/// The store.
pub(super) struct Kept {
    /// As work sees it.
    pub(super) store: Arc<dyn Store>,
    /// As accounts see it.
    pub(super) access: Arc<dyn AccessStore>,
    /// The server where it is, which may be away.
    server: Option<Arc<dyn Server>>,
}

/// A server that keeps a store.
#[async_trait]
trait Server: Send + Sync {
    /// Its tables are those of this program from now on.
    async fn ready(&self) -> Result<()>;
}

#[async_trait]
impl Server for PostgresStore {
    async fn ready(&self) -> Result<()> {
        self.migrate().await
    }
}

impl Kept {
    /// Of an agent with these settings. A server is not asked anything yet.
    pub(super) fn by(settings: &Settings) -> Result<Self> {
        let Some(url) = &settings.database else {
            return Self::in_folder(&settings.home);
        };
        let store = Arc::new(PostgresStore::at(url.reveal())?);
        Ok(Self {
            store: store.clone(),
            access: store.clone(),
            server: Some(store),
        })
    }

    /// In a folder of this machine.
    pub(super) fn in_folder(home: &Path) -> Result<Self> {
        let store = Arc::new(SqliteStore::open(home)?);
        Ok(Self {
            store: store.clone(),
            access: store,
            server: None,
        })
    }

    /// It may be used from now on.
    pub(super) async fn ready(&self) -> Result<()> {
        match &self.server {
            Some(server) => server.ready().await,
            None => Ok(()),
        }
    }
}

/// The store, as work and as accounts see it, for a command.
pub(crate) async fn stores(settings: &Settings) -> Result<(Arc<dyn Store>, Arc<dyn AccessStore>)> {
    let kept = Kept::by(settings)?;
    kept.ready().await?;
    Ok((kept.store, kept.access))
}

/// The audit log of an agent with these settings, for a command.
pub(crate) async fn log_of(settings: &Settings) -> Result<AuditLog> {
    let (_, store) = stores(settings).await?;
    let key = key::of(settings)?;
    Ok(AuditLog { store, key })
}

/// The vault of an agent with these settings, for a command.
pub(crate) async fn vault_of(settings: &Settings) -> Result<SealedVault> {
    let (store, _) = stores(settings).await?;
    vault::of(settings, store).await
}
