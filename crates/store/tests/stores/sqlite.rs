//! SQLite: each place is a folder, each door a connection of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use syncapp_control::Store;
use syncapp_control::testkit::{StorePlace, StoreRig};
use syncapp_store::SqliteStore;
use tempfile::TempDir;

struct Files;

struct Folder(TempDir);

#[async_trait]
impl StoreRig for Files {
    async fn fresh(&self) -> Box<dyn StorePlace> {
        Box::new(Folder(tempfile::tempdir().unwrap()))
    }
}

#[async_trait]
impl StorePlace for Folder {
    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.0.path()).unwrap())
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

syncapp_control::store_conformance!(Files);
