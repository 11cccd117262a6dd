//! PostgreSQL: each place is a database, its role owns one schema in it and nothing else, and each door has connections of its
//! own.

mod faults;
mod migrations;
mod plans;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use syncapp_control::Store;
use syncapp_control::access::AccessStore;
use syncapp_control::testkit::{AccessPlace, AccessRig, StorePlace, StoreRig};
use syncapp_store::PostgresStore;
use syncapp_tests::server::postgres::{Database, Postgres};

struct Server;

struct Schema(Database);

impl Schema {
    async fn open(&self) -> PostgresStore {
        PostgresStore::open(&self.0.writer.url()).await.unwrap()
    }
}

async fn fresh() -> Schema {
    Schema(Postgres::shared().await.database().await)
}

#[async_trait]
impl StoreRig for Server {
    async fn fresh(&self) -> Box<dyn StorePlace> {
        Box::new(fresh().await)
    }
}

#[async_trait]
impl StorePlace for Schema {
    async fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.open().await)
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

syncapp_control::store_conformance!(Server);

#[async_trait]
impl AccessRig for Server {
    async fn fresh(&self) -> Box<dyn AccessPlace> {
        Box::new(fresh().await)
    }
}

#[async_trait]
impl AccessPlace for Schema {
    async fn access(&self) -> Arc<dyn AccessStore> {
        Arc::new(self.open().await)
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn forge(&self, sql: &str) {
        self.0.run(&format!("set search_path = landing; {sql}")).await;
    }
}

syncapp_control::access_conformance!(Server);
