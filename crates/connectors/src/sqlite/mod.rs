//! SQLite: one file, read in one transaction and written in one transaction.
//!
//! Invariants:
//! - A value is stored in a form that SQLite's type affinity cannot change; a value that has no such form, or that does
//!   not fit what its column declares, is an error that names column and row.
//! - The file is never locked for longer than a commit: rows are staged in a private temporary database that SQLite
//!   removes with the connection, so that a kill leaves nothing behind.
//! - All work on a connection is done on blocking threads; batches travel over channels two deep.
//! - The user's journal mode is kept.
//!
//! Where to look: `types` says what declared types mean, `text`, `decimal` and `list` how values are spelled, `catalog`
//! what the file holds, `snapshot` how it is read, `target` what a load will change, `stage`, `merge` and `commit` how
//! it lands, and `checkpoint` what is remembered.
//!
//! A view is held while its snapshot lives: where the file is in a rollback journal mode, a commit to the *same* file
//! waits for that and then fails with a lock time-out. Drop the snapshot before the commit.

#[cfg(feature = "fuzz")]
pub mod bench;
mod catalog;
mod checkpoint;
mod commit;
mod config;
mod connect;
mod destination;
mod entries;
mod error;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod guard;
mod history;
mod infer;
mod journal;
mod lattice;
mod load;
mod merge;
mod order;
mod rebuild;
mod refusals;
mod rejects;
mod remove;
mod snapshot;
mod source;
mod sql;
mod stage;
mod target;
#[cfg(test)]
mod tests;
mod ties;
mod types;
mod undo;
mod user_sql;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use syncapp_connector::{Connector, Context, Destination, Manifest, Source, TypeTable};
use syncapp_model::{Code, Error, Result, Side};

pub use config::{Config, Valid};

/// The connector of SQLite files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sqlite;

/// Endings of file names that are taken for SQLite's.
const ENDINGS: [&str; 3] = [".db", ".sqlite", ".sqlite3"];

#[async_trait]
impl Connector for Sqlite {
    type Config = Config;
    type Valid = Valid;
    const ID: &'static str = "sqlite";

    fn manifest(&self) -> Manifest {
        Manifest {
            id: Self::ID,
            title: "SQLite",
            source: true,
            destination: true,
        }
    }

    fn types(&self) -> Vec<TypeTable> {
        vec![lattice::table()]
    }

    fn address(&self, address: &str) -> Option<serde_json::Value> {
        let path = match address.strip_prefix("sqlite://") {
            Some(path) => percent_encoding::percent_decode_str(path)
                .decode_utf8()
                .ok()?
                .into_owned(),
            None if address.contains("://") => return None,
            None => {
                let lower = address.to_ascii_lowercase();
                ENDINGS
                    .iter()
                    .any(|ending| lower.ends_with(ending))
                    .then(|| address.to_owned())?
            }
        };
        Some(json!({ "path": path }))
    }

    fn validate(&self, raw: Config, context: &Context) -> Result<Valid, Vec<Error>> {
        if raw.path.is_empty() {
            let error = Error::new(Code::InvalidValue, "`path` is empty").help("give the path of an SQLite file");
            return Err(vec![error]);
        }
        let path = context.resolve("path", raw.path).map_err(|problem| vec![problem])?;
        Ok(Valid { path })
    }

    async fn check(&self, valid: &Valid, side: Side) -> Result<()> {
        let path = valid.path.clone();
        connect::blocking(move || connect::check(&path, side)).await
    }

    fn source(&self, valid: Arc<Valid>) -> Option<Box<dyn Source>> {
        Some(Box::new(source::SqliteSource::new(valid)))
    }

    fn destination(&self, valid: Arc<Valid>) -> Option<Box<dyn Destination>> {
        Some(Box::new(destination::SqliteDestination::new(valid)))
    }
}
