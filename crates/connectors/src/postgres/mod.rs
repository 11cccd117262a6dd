//! PostgreSQL, read and written by binary COPY.
//!
//! Reading is one REPEATABLE READ snapshot, exported where several connections share it. Writing is one transaction a
//! load: rows, swap and checkpoint. Between two PostgreSQL ends values travel as the server's own bytes.

mod builder;
mod catalog;
mod checkpoint;
mod client;
mod config;
mod declare;
mod decode;
mod destination;
mod encode;
mod history;
mod horizon;
mod load;
mod merge;
mod numeric;
mod rejects;
mod rights;
mod source;
mod sql;
mod statement;
mod swap;
mod target;
mod ties;
mod tls;
mod types;
mod user_sql;
mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use syncapp_connector::{Connector, Context, Destination, Manifest, Source};
use syncapp_model::{Error, Result, Side};

pub use config::{Config, TlsConfig, TlsMode, Valid};

/// PostgreSQL.
#[derive(Debug, Clone, Copy)]
pub struct Postgres;

#[async_trait]
impl Connector for Postgres {
    type Config = Config;
    type Valid = Valid;
    const ID: &'static str = types::SYSTEM;

    fn manifest(&self) -> Manifest {
        Manifest {
            id: Self::ID,
            title: "PostgreSQL",
            source: true,
            destination: true,
        }
    }

    fn address(&self, address: &str) -> Option<serde_json::Value> {
        let ours = address.starts_with("postgres://") || address.starts_with("postgresql://");
        ours.then(|| json!({ "url": address }))
    }

    fn validate(&self, raw: Config, context: &Context) -> Result<Valid, Vec<Error>> {
        config::validate(raw, context)
    }

    async fn check(&self, valid: &Valid, side: Side) -> Result<()> {
        let client = client::Client::connect(&Arc::new(valid.clone()), side).await?;
        client.run("select 1").await
    }

    fn source(&self, valid: Arc<Valid>) -> Option<Box<dyn Source>> {
        Some(Box::new(source::PostgresSource { valid }))
    }

    fn destination(&self, valid: Arc<Valid>) -> Option<Box<dyn Destination>> {
        Some(Box::new(destination::PostgresDestination::new(valid)))
    }
}
