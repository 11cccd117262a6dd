//! The conformance kit over SQLite files, and what only SQLite has.

mod opening;
mod reading;
mod writing;

use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use syncapp_connector::testkit::{Abilities, Flow, Odd, Rig, System, Table};
use syncapp_connector::{Connector, Context, Destination, Source};
use syncapp_model::StreamSpec;
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

    /// A flow of the kit over a file that this SQL has made, and a connection to it.
    fn flow(sql: &str) -> (Flow, Connection) {
        let file = Self::new();
        let connection = Connection::open(file.valid().path.clone()).unwrap();
        connection.execute_batch(sql).unwrap();
        (Flow { system: Box::new(file) }, connection)
    }

    fn valid(&self) -> Arc<Valid> {
        let context = Context::at(self.folder.path());
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
        Connection::open(&self.valid().path).unwrap();
        Sqlite.source(self.valid()).unwrap()
    }

    fn destination(&self) -> Box<dyn Destination> {
        Sqlite.destination(self.valid()).unwrap()
    }
}

/// A table of the kit by the columns behind `id`.
fn table(name: &str, columns: &[(&str, &str)]) -> Table {
    let columns: Vec<_> = columns.iter().map(|(name, ty)| (*name, ty.parse().unwrap())).collect();
    Table::new(name, &columns)
}

fn types(spec: &StreamSpec) -> Vec<String> {
    spec.columns
        .iter()
        .map(|column| format!("{} {}", column.name, column.ty))
        .collect()
}

fn counted(connection: &Connection, sql: &str) -> i64 {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

syncapp_connector::conformance!(Files);
