//! MySQL and MariaDB, read by the binary protocol and written by `LOAD DATA LOCAL`.
//!
//! Reading is one consistent snapshot on one connection. Writing is one transaction, or a swap of tables that the next
//! claim ends where it was cut off. Between two such ends values travel as the server spells them.

#[cfg(feature = "fuzz")]
pub mod bench;
mod catalog;
mod checkpoint;
mod client;
mod commit;
mod declare;
mod decode;
mod destination;
mod digest;
mod encode;
mod entries;
mod errors;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod grants;
mod guard;
mod history;
mod horizon;
mod intent;
mod journal;
mod lattice;
mod load;
mod losses;
mod merge;
mod overheard;
mod recover;
mod refusals;
mod rejects;
mod remove;
mod rights;
mod route;
mod source;
mod sql;
mod statement;
mod swap;
mod target;
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

const DIALECT: Dialect = Dialect {
    schemes: &["mysql", "mariadb"],
    port: 3306,
    tls: (
        "ssl-mode",
        &[
            ("disabled", TlsMode::Disable),
            ("preferred", TlsMode::Prefer),
            ("required", TlsMode::Require),
            ("verify_ca", TlsMode::VerifyCa),
            ("verify_identity", TlsMode::VerifyFull),
        ],
    ),
};

/// MySQL and MariaDB.
#[derive(Debug, Clone, Copy)]
pub struct Mysql;

#[async_trait]
impl Connector for Mysql {
    type Config = Config;
    type Valid = Valid;
    const ID: &'static str = types::SYSTEM;

    fn manifest(&self) -> Manifest {
        Manifest {
            id: Self::ID,
            title: "MySQL",
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
        let mut client = step(Step::LogIn, client::Client::connect(&valid, side)).await?;
        step(Step::Rights, rights::any(&mut client, side)).await
    }

    fn source(&self, valid: Arc<Valid>) -> Option<Box<dyn Source>> {
        Some(Box::new(source::MysqlSource { valid }))
    }

    fn destination(&self, valid: Arc<Valid>) -> Option<Box<dyn Destination>> {
        Some(Box::new(destination::MysqlDestination::new(valid)))
    }
}
