//! The conformance kit over SQLite files, and what only SQLite has.

use std::sync::Arc;

use async_trait::async_trait;
use syncapp_connector::testkit::{Abilities, Odd, Rig, System};
use syncapp_connector::{Connector, Context, Destination, Source};
use tempfile::TempDir;

use super::{Config, Sqlite, Valid};

struct Files;

struct File {
    folder: TempDir,
}

impl File {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn valid(&self) -> Arc<Valid> {
        let context = Context {
            base: self.folder.path().to_owned(),
        };
        Arc::new(Sqlite.validate(Config { path: "kit.db".into() }, &context).unwrap())
    }
}

#[async_trait]
impl Rig for Files {
    async fn fresh(&self) -> Box<dyn System> {
        Box::new(File::new())
    }

    fn abilities(&self) -> Abilities {
        let mut abilities = Abilities::all();
        abilities
            .odd
            .retain(|odd| !matches!(odd, Odd::FloatNan | Odd::Float32Nan));
        abilities
    }
}

impl System for File {
    fn source(&self) -> Box<dyn Source> {
        // A source has to be there; the kit reads before it writes.
        rusqlite::Connection::open(&self.valid().path).unwrap();
        Sqlite.source(self.valid()).unwrap()
    }

    fn destination(&self) -> Box<dyn Destination> {
        Sqlite.destination(self.valid()).unwrap()
    }
}

syncapp_connector::conformance!(Files);
