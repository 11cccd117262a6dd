//! PostgreSQL, read and written by binary COPY.
//!
//! Reading is one REPEATABLE READ snapshot, exported where several connections share it. Writing is one transaction a
//! load: rows, swap and checkpoint. Between two PostgreSQL ends values travel as the server's own bytes.

#[cfg(feature = "fuzz")]
pub mod bench;
mod builder;
mod cancel;
mod catalog;
mod checkpoint;
mod client;
mod clients;
mod commit;
mod declare;
mod decode;
mod destination;
mod digest;
mod encode;
mod entries;
mod errors;
mod framing;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod guard;
mod history;
mod horizon;
mod journal;
mod lattice;
mod load;
mod losses;
mod matching;
mod merge;
mod numeric;
mod parked;
mod passing;
mod refusals;
mod rejects;
mod remove;
mod rights;
mod source;
mod spell;
mod sql;
mod statement;
mod stored;
mod swap;
mod target;
mod ties;
mod tls;
mod types;
mod undo;
mod user_sql;
mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use syncapp_connector::{Connector, Context, Destination, Manifest, Source, Step, TypeTable, step};
use syncapp_model::{Error, Result, Side};

use crate::server::{self, Config, Dialect, TlsMode, Valid};

pub(crate) const DIALECT: Dialect = Dialect {
    schemes: &["postgres", "postgresql"],
    port: 5432,
    tls: (
        "sslmode",
        &[
            ("disable", TlsMode::Disable),
            ("allow", TlsMode::Prefer),
            ("prefer", TlsMode::Prefer),
            ("require", TlsMode::Require),
            ("verify-ca", TlsMode::VerifyCa),
            ("verify-full", TlsMode::VerifyFull),
        ],
    ),
};

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

    fn types(&self) -> Vec<TypeTable> {
        vec![lattice::table()]
    }

    fn address(&self, address: &str) -> Option<serde_json::Value> {
        DIALECT.takes(address).then(|| json!({ "url": address }))
    }

    fn staying(&self) -> &'static [&'static str] {
        server::STAYING
    }

    fn validate(&self, raw: Config, context: &Context) -> Result<Valid, Vec<Error>> {
        server::validate(raw, context, &DIALECT)
    }

    async fn check(&self, valid: &Valid, side: Side) -> Result<()> {
        let valid = Arc::new(valid.clone());
        let log_in = async {
            let client = client::Client::connect(&valid, side).await?;
            client.granted(client.run("select 1")).await?;
            Ok(client)
        };
        let client = step(Step::LogIn, log_in).await?;
        step(Step::Rights, rights::any(&client, side)).await
    }

    fn source(&self, valid: Arc<Valid>) -> Option<Box<dyn Source>> {
        Some(Box::new(source::PostgresSource::new(valid)))
    }

    fn destination(&self, valid: Arc<Valid>) -> Option<Box<dyn Destination>> {
        Some(Box::new(destination::PostgresDestination::new(valid)))
    }
}
